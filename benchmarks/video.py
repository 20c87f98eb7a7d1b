"""The whole way of a clip (decoding, model, label maps) against the model's own rate; memory.

    python benchmarks/video.py CLIP [-m street-b0] [--frames 60] [--rounds 3] [--json out.json]
    python benchmarks/video.py --long 10000 [--json memory.json]

The rate is measured in rounds that alternate: frames in memory through the predictor alone, then
the same frames from the file to label maps on the disk. `--long` predicts a generated clip of so
many small frames and notes the memory of the process on the way.
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


def main() -> int:
    """Measure, print a table, write JSON where it is wanted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path, nargs="?")
    parser.add_argument("-m", "--model", default="street-b0")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.long:
        found = memory_over(options.model, options.long)
    elif options.clip:
        found = rates(options.model, options.clip, options.frames, options.rounds)
    else:
        parser.error("name a CLIP, or say --long")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    return 0


def rates(model: str, clip: Path, count: int, rounds: int) -> dict[str, Any]:
    """Frames a second of the model alone and of the whole way, by round."""
    predictor = segcore.Predictor.load(model).labels_alone()
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.mp4"
        with segcore.Video(clip) as video:
            frames = [video[number] for number in range(min(count, len(video)))]
        write(part, frames)
        with segcore.Video(part) as video:
            frames = list(video)
        for frame in frames[:2]:
            predictor.predict(frame)
        found: dict[str, Any] = {"frames": len(frames), "model": [], "whole": []}
        for turn in range(rounds):
            begin = time.perf_counter()
            for frame in frames:
                predictor.predict(frame)
            found["model"].append(len(frames) / (time.perf_counter() - begin))
            begin = time.perf_counter()
            predict_folder(predictor, [part], Path(folder) / f"out{turn}")
            found["whole"].append(len(frames) / (time.perf_counter() - begin))
    ratios = [whole / alone for whole, alone in zip(found["whole"], found["model"])]
    found["ratio"] = float(np.median(ratios))
    sys.stdout.write(f"{'round':>6} {'model/s':>9} {'whole/s':>9} {'ratio':>7}\n")
    for turn, ratio in enumerate(ratios):
        alone, whole = found["model"][turn], found["whole"][turn]
        sys.stdout.write(f"{turn + 1:>6} {alone:9.2f} {whole:9.2f} {ratio:7.3f}\n")
    sys.stdout.write(f"median ratio {found['ratio']:.3f}\n")
    return found


def memory_over(model: str, count: int) -> dict[str, Any]:
    """Resident memory in MiB every hundredth of the way through a generated clip."""
    predictor = segcore.Predictor.load(model).labels_alone()
    noise = np.random.default_rng(0).integers(0, 255, (64, 96 + 256, 3)).astype(np.uint8)
    found: dict[str, Any] = {"frames": [], "mib": []}
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "long.mp4"
        write(clip, (noise[:, number % 256 : number % 256 + 96] for number in range(count)))

        def note(progress: Progress) -> None:
            if progress.done % max(count // 100, 1) == 0:
                found["frames"].append(progress.done)
                found["mib"].append(resident())

        predict_folder(predictor, [clip], Path(folder) / "out", progress=note)
    for done, size in list(zip(found["frames"], found["mib"]))[::10]:
        sys.stdout.write(f"{done:>8} frames {size:8.1f} MiB\n")
    sys.stdout.write(f"from a tenth of the way to the end: {growth(found['mib']):+.1f} MiB\n")
    return found


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
