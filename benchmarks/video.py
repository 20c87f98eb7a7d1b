"""The whole way of a clip (decoding, model, label maps) against the model's own rate; memory.

    python benchmarks/video.py CLIP [-m street-b0] [--frames 60] [--rounds 3] [--json out.json]
    python benchmarks/video.py --long 10000 [--json memory.json] [--figure memory.png]

The rate is measured in rounds, by turns: frames in memory through the predictor alone, and the same
frames from the file to label maps on the disk. `--long` predicts a generated clip of so many small
frames and notes the memory of the process on the way.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import av
import numpy as np

import segcore
from segcore.batch import predict_folder
from segcore.progress import Progress

LONG_SIZE = (128, 96)
"""Width and height of the frames of `--long`."""


def main() -> int:
    """Measure, print a table, write JSON where it is wanted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path, nargs="?")
    parser.add_argument("-m", "--model", default="street-b0")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", type=int, default=0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--figure", type=Path, help="draw what --long found")
    options = parser.parse_args()
    if options.long:
        found = memory_over(options.model, options.long)
    elif options.clip:
        found = rates(options.model, options.clip, options.frames, options.rounds)
    else:
        parser.error("name a CLIP, or say --long")
    if options.figure and options.long:
        draw(found, options.figure)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    return 0


def rates(model: str, clip: Path, count: int, rounds: int) -> dict[str, Any]:
    """By round: frames a second of the model alone and of the whole way, CPU seconds a frame."""
    predictor = segcore.Predictor.load(model).labels_alone()
    found: dict[str, Any] = {"frames": count}
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.mp4"
        with segcore.Video(clip) as video:
            write(part, [video[number] for number in range(min(count, len(video)))])
        with segcore.Video(part) as video:
            frames = list(video)
        targets = (Path(folder) / f"out{turn}" for turn in range(rounds))

        def model_alone() -> None:
            for frame in frames:
                predictor.predict(frame)

        def whole_way() -> None:
            predict_folder(predictor, [part], next(targets))

        for frame in frames[:2]:
            predictor.predict(frame)
        ways = {"model": model_alone, "whole": whole_way}
        for turn in range(rounds):
            order = [*ways.items()][:: 1 if turn % 2 else -1]  # what is second is warm: in turns
            for name, way in order:
                wall, cpu = time.perf_counter(), time.process_time()
                way()
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                found.setdefault(name, []).append(len(frames) / wall)
                found.setdefault(f"{name}_cpu", []).append(cpu / len(frames))
    ratios = [whole / alone for whole, alone in zip(found["whole"], found["model"])]
    found["ratio"] = float(np.median(ratios))
    words = ("round", "model/s", "whole/s", "ratio", "model CPU s", "whole CPU s")
    sys.stdout.write("".join(f"{word:>13}" for word in words) + "\n")
    for turn, ratio in enumerate(ratios):
        row = [found[key][turn] for key in ("model", "whole")]
        cpu = [found[key][turn] for key in ("model_cpu", "whole_cpu")]
        cells = "".join(f"{value:13.3f}" for value in (*row, ratio, *cpu))
        sys.stdout.write(f"{turn + 1:>13}{cells}\n")
    least, most = np.percentile(ratios, (25, 75))
    all_in_all = sum(1 / rate for rate in found["model"]) / sum(1 / r for r in found["whole"])
    found["over_all"] = all_in_all
    cost = np.median(found["whole_cpu"]) / np.median(found["model_cpu"])
    sys.stdout.write(f"median ratio {found['ratio']:.3f} (quartiles {least:.3f} to {most:.3f})\n")
    sys.stdout.write(f"all rounds together {all_in_all:.3f}\n")
    sys.stdout.write(f"CPU of the whole way by that of the model: {cost:.3f}\n")
    return found


def memory_over(model: str, count: int) -> dict[str, Any]:
    """Resident memory in MiB every hundredth of the way through a generated clip."""
    predictor = segcore.Predictor.load(model).labels_alone()
    width, height = LONG_SIZE
    noise = np.random.default_rng(0).integers(0, 255, (height, 2 * width, 3)).astype(np.uint8)
    found: dict[str, Any] = {"frames": [], "mib": []}
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "long.mp4"
        write(clip, (noise[:, number % width :][:, :width] for number in range(count)))

        def note(progress: Progress) -> None:
            if progress.done % max(count // 100, 1) == 0:
                found["frames"].append(progress.done)
                found["mib"].append(resident())

        predict_folder(predictor, [clip], Path(folder) / "out", progress=note)
    for done, size in list(zip(found["frames"], found["mib"]))[::10]:
        sys.stdout.write(f"{done:>8} frames {size:8.1f} MiB\n")
    sys.stdout.write(f"from a tenth of the way to the end: {growth(found['mib']):+.1f} MiB\n")
    return found


def draw(found: dict[str, Any], path: Path) -> None:
    """Memory over frames."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 2.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot(found["frames"], found["mib"])
    axes.set_ylim(0, max(found["mib"]) * 1.25)
    axes.set_xlim(0, found["frames"][-1])
    axes.set_xlabel("frames done")
    axes.set_ylabel("memory of the process, MiB")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def growth(sizes: list[float]) -> float:
    """How much more there is at the end than after a tenth."""
    return sizes[-1] - sizes[len(sizes) // 10]


def write(path: Path, frames: Any) -> None:
    """A clip of these frames in H.264."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "20", "preset": "veryfast"})
        for number, frame in enumerate(frames):
            if number == 0:
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            out.mux(stream.encode(picture))
        out.mux(stream.encode())


def resident() -> float:
    """MiB of memory that the process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


if __name__ == "__main__":
    sys.exit(main())
