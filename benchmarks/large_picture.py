"""Pictures too large for one piece: do tiles say what the whole says, and in how much memory.

    python benchmarks/large_picture.py --pictures FOLDER --model street-b0 --json large_picture.json
    python benchmarks/large_picture.py --side 20000 --only memory

*Agreement*: pictures, enlarged to `across` pixels, go in whole and in tiles of several sizes and
overlaps; the share of pixels with the same label. *Memory*: a picture of `side` x `side` pixels is
written as a file and given to `segformer-studio predict` in a process of its own; its peak is set
against that of a process that only reads the picture, and against the picture's own bytes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

ACROSS = 1440
TILES = (512, 1024)
OVERLAPS = (32, 128, 256)
MEBIBYTE = 1 << 20

# The import of the program is part of what any command needs, and none of the picture's.
_READ = "import app.cli.main, segcore.inference.predictor, sys, segcore\n"
_READ += "if sys.argv[1:]: segcore.read_image(sys.argv[1])"


@dataclass(frozen=True)
class Agreement:
    """Tiles against the whole, over all pictures.

    Attributes:
        tile, overlap: in pixels; `shared` is how much neighbours share at least.
        windows: of one picture.
        same_label: share of the pixels.
        worst: of the pictures.
        seconds: for tiles, over those for the whole.
    """

    tile: int
    overlap: int
    shared: int
    windows: int
    same_label: float
    worst: float
    seconds: float


@dataclass(frozen=True)
class Memory:
    """One large picture through `predict`; bytes and seconds."""

    side: int
    suffix: str
    seconds: float
    peak: int
    peak_of_reading: int
    peak_of_imports: int
    picture: int
    labels: int

    @property
    def beyond(self) -> int:
        """What it takes beside the imports, the decoded picture and its labels."""
        return self.peak - self.peak_of_imports - self.picture - self.labels


def agreements(folder: Path | None, model: str, count: int, across: int) -> list[Agreement]:
    """A row for each tile and overlap."""
    from segcore import Predictor
    from segcore.inference import protocol_of
    from segcore.inference.tiling import plan_tiles, plan_whole

    predictor = Predictor.load(model, protocol=protocol_of("whole")).labels_alone()
    seconds: dict[tuple[int, int], float] = {}
    same: dict[tuple[int, int], list[float]] = {}
    plans = {}
    whole_seconds = 0.0
    for image in _pictures(folder, count, across):
        encoded = predictor.encode(image, budget=0)
        encoded.plan = plan_whole(encoded.size, encoded.size)
        begin = time.perf_counter()
        whole = predictor.predict(encoded).labels
        whole_seconds += time.perf_counter() - begin
        for key in [(tile, overlap) for tile in TILES for overlap in OVERLAPS if overlap < tile]:
            encoded.plan = plans[key] = plan_tiles(encoded.size, key[0], overlap=key[1])
            begin = time.perf_counter()
            labels = predictor.predict(encoded).labels
            seconds[key] = seconds.get(key, 0) + time.perf_counter() - begin
            same.setdefault(key, []).append(float((labels == whole).mean()))
    return [
        Agreement(
            tile,
            overlap,
            min(
                before - after
                for axis in (plans[tile, overlap].rows, plans[tile, overlap].columns)
                for before, after in zip(axis.stops, axis.starts[1:])
            ),
            plans[tile, overlap].count,
            float(np.mean(shares)),
            min(shares),
            seconds[tile, overlap] / whole_seconds,
        )
        for (tile, overlap), shares in same.items()
    ]


def memory(folder: Path | None, model: str, side: int, suffix: str) -> Memory:
    """What one picture of `side` x `side` takes."""
    with tempfile.TemporaryDirectory(prefix="segformer-large-") as temporary:
        path = Path(temporary) / f"large{suffix}"
        _write_large(path, _pictures(folder, 1, ACROSS)[0], side)
        read = [sys.executable, "-c", _READ]
        imports, _ = _peak_of(read)
        reading, _ = _peak_of([*read, str(path)])
        out = Path(temporary) / "out"
        command = [sys.executable, "-m", "app", "predict", str(path), "-m", model, "-o", str(out)]
        peak, seconds = _peak_of([*command, "--protocol", "whole"])
        if not (out / "large.png").exists():
            raise RuntimeError("The label map was not written.")
    pixels = side * side
    return Memory(side, suffix, seconds, peak, reading, imports, 3 * pixels, pixels)


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--pictures", type=Path, help="a folder; photographs of skimage if left out"
    )
    parser.add_argument("--count", type=int, default=12, help="pictures to compare")
    parser.add_argument("--across", type=int, default=ACROSS, help="their width")
    parser.add_argument("--model", default="street-b0")
    parser.add_argument("--side", type=int, default=8000, help="of the large picture")
    parser.add_argument("--suffix", choices=(".jpg", ".png", ".tif"), default=".jpg")
    parser.add_argument("--only", choices=("agreement", "memory"))
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    rows: list[Agreement] = []
    large: list[Memory] = []
    if chosen.only != "memory":
        rows = agreements(chosen.pictures, chosen.model, chosen.count, chosen.across)
        _print_agreements(rows)
    if chosen.only != "agreement":
        large = [memory(chosen.pictures, chosen.model, chosen.side, chosen.suffix)]
        _print_memory(large)
    if chosen.json is not None:
        report = {
            "machine": {"system": platform.platform(), "cores": os.cpu_count()},
            "model": chosen.model,
            "agreement": [asdict(row) for row in rows],
            "memory": [{**asdict(row), "beyond": row.beyond} for row in large],
        }
        chosen.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0


def _pictures(folder: Path | None, count: int, across: int) -> list[Picture]:
    """Pictures evenly out of the folder, `across` pixels wide."""
    from segcore import find_images, read_image

    if folder is None:
        from skimage.data import astronaut, coffee

        found: list[Picture] = [load() for load in (astronaut, coffee)][:count]
    else:
        paths = list(find_images(folder))
        found = [read_image(path) for path in paths[:: max(1, len(paths) // count)][:count]]
    return [_enlarged(image, across) for image in found]


def _enlarged(image: Picture, across: int) -> Picture:
    height = round(image.shape[0] * across / image.shape[1])
    return np.asarray(cv2.resize(image, (across, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _write_large(path: Path, image: Picture, side: int) -> None:
    """A mosaic of a picture and its mirror images, so that it goes on everywhere."""
    pair = np.concatenate([image, image[:, ::-1]], axis=1)
    block = np.concatenate([pair, pair[::-1]], axis=0)
    times = [math.ceil(side / length) for length in block.shape[:2]]
    mosaic = np.tile(block, (*times, 1))[:side, :side]
    if not cv2.imwrite(str(path), mosaic[..., ::-1]):
        raise RuntimeError(f"{path.name} could not be written.")


def _peak_of(command: Sequence[str]) -> tuple[int, float]:
    """Peak resident bytes of a command, and its seconds.

    The command is the only child of a small process that reports it: otherwise the largest child
    so far would be reported, and a fork counts its parent's pages.
    """
    watch = (
        "import json, resource, subprocess, sys, time\n"
        "begin = time.perf_counter()\n"
        "status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode\n"
        "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
        "print(json.dumps([status, peak, time.perf_counter() - begin]))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", watch, *command], check=True, capture_output=True, text=True
    )
    status, peak, seconds = json.loads(ended.stdout)
    if status != 0:
        raise RuntimeError(ended.stderr.strip() or f"{command[0]} ended with {status}.")
    unit = 1 if sys.platform == "darwin" else 1024
    return peak * unit, seconds


def _print_agreements(rows: Sequence[Agreement]) -> None:
    print("  tile overlap  shared windows      same     worst   time")
    for row in rows:
        print(
            f"{row.tile:>6} {row.overlap:>7} {row.shared:>7} {row.windows:>7} "
            f"{100 * row.same_label:>8.3f}% {100 * row.worst:>8.3f}% {row.seconds:>5.2f}x"
        )


def _print_memory(rows: Sequence[Memory]) -> None:
    for row in rows:
        shares = ", ".join(
            f"{name} {size / MEBIBYTE:,.0f} MiB"
            for name, size in (
                ("peak", row.peak),
                ("imports", row.peak_of_imports),
                ("reading alone", row.peak_of_reading),
                ("picture", row.picture),
                ("labels", row.labels),
                ("beyond these", row.beyond),
            )
        )
        print(f"{row.side} x {row.side} {row.suffix}: {row.seconds:.0f} s; {shares}")


if __name__ == "__main__":
    sys.exit(main())
