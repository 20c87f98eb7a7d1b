r"""How well labels of one frame serve the next ten, with and without the model.

    python -m benchmarks.propagation FRAMES LABELS --classes FILE -m street-b0 --json street.json
    python -m benchmarks.propagation --drive --json drive.json
    python -m benchmarks.propagation --draw "Street=street.json" "Drawn drive=drive.json" \
        --figure docs/images/propagation.png

FRAMES is a folder of consecutive frames (or a video), LABELS the label maps of the same names. From
every start the true labels are carried over the next frames; at each distance the mIoU over all
starts is compared with the model alone, with the carried labels alone, and with both fused.
`--drive` takes the drawn drive that the program brings.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import segcore
from segcore import resources
from segcore.classes import ClassTable
from segcore.folders import find_images, is_video_path
from segcore.images import read_image
from segcore.inference.fusion import fused_labels
from segcore.labels import read_label_map
from segcore.metrics import confusion_matrix
from segcore.motion import Carrier, motion_between

Map = npt.NDArray[Any]
WAYS = ("model", "carried", "fused")


def main() -> int:
    """Measure, print a table, write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frames", type=Path, nargs="?")
    parser.add_argument("labels", type=Path, nargs="?")
    parser.add_argument("--classes", type=Path)
    parser.add_argument("--drive", action="store_true")
    parser.add_argument("-m", "--model", default="street-b0")
    parser.add_argument("--reach", type=int, default=10)
    parser.add_argument("--every", type=int, default=1, help="take every n-th frame as a start")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--draw", nargs="+", metavar="TITLE=JSON", help="what was measured before")
    parser.add_argument("--figure", type=Path)
    options = parser.parse_args()
    if options.draw and options.figure:
        parts = (each.partition("=") for each in options.draw)
        draw(
            {title: json.loads(Path(path).read_text()) for title, _, path in parts}, options.figure
        )
        return 0
    if options.drive:
        clip, label_paths = resources.sample_clip()
        frames, classes = frames_of(clip), resources.class_table("camvid")
    elif options.frames and options.labels and options.classes:
        frames, classes = frames_of(options.frames), ClassTable.read(options.classes)
        label_paths = sorted(options.labels.glob("*.png"))
    else:
        parser.error("name FRAMES, LABELS and --classes, or say --drive")
    truths = [read_label_map(path).labels for path in label_paths]
    if len(truths) != len(frames):
        parser.error(f"there are {len(frames)} frames and {len(truths)} label maps")
    found = measure(
        options.model, frames, truths, classes, reach=options.reach, every=options.every
    )
    print(f"{'frames away':>12} " + " ".join(f"{way:>8}" for way in WAYS))
    for distance in range(1, options.reach + 1):
        row = " ".join(f"{found[way][distance - 1]:8.1f}" for way in WAYS)
        print(f"{distance:>12} {row}")
    print(f"{'mean':>12} " + " ".join(f"{np.mean(found[way]):8.1f}" for way in WAYS))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    if options.figure:
        draw({"": found}, options.figure)
    return 0


def frames_of(path: Path) -> list[Map]:
    """All frames of a video or folder."""
    if is_video_path(path):
        with segcore.Video(path) as video:
            return list(video)
    return [read_image(place) for place in sorted(find_images(path))]


def measure(
    model: str,
    frames: Sequence[Map],
    truths: Sequence[Map],
    classes: ClassTable,
    *,
    reach: int,
    every: int,
) -> dict[str, list[float]]:
    """mIoU in per cent by way and distance 1, 2, …, over all starts that reach so far."""
    predictor = segcore.Predictor.load(model)
    ids = [classes.id_of(name) for name in predictor.classes.names]
    if None in ids:
        raise SystemExit("the model has classes that the labels do not know")
    known = [number for number in ids if number is not None]
    encoded = [predictor.encode(frame) for frame in frames]
    own = [np.asarray(known, truths[0].dtype)[predictor.predict(each).labels] for each in encoded]
    motions = [None, *(motion_between(new, old) for old, new in pairwise(frames))]
    count = len(classes)
    tables = {way: np.zeros((reach, count, count), np.int64) for way in WAYS}
    for start in range(0, len(frames) - reach, every):
        carrier = Carrier(frames[start], truths[start], ignore=classes.ignore)
        for distance in range(1, reach + 1):
            number = start + distance
            carried = carrier.step(frames[number], motions[number])
            if carried is None:
                break
            fused = fused_labels(
                predictor, encoded[number], carried.labels, carried.confidence, known
            )
            filled = np.where(carried.labels == classes.ignore, own[number], carried.labels)
            said = {"model": own[number], "carried": filled, "fused": fused.labels}
            for way, labels in said.items():
                tables[way][distance - 1] += confusion_matrix(
                    truths[number], labels, count, classes.ignore
                )
    return {way: [mean_iou(table) for table in rows] for way, rows in tables.items()}


def mean_iou(table: Map) -> float:
    """Per cent, over the classes that occur."""
    hits = np.diag(table).astype(float)
    union = table.sum(axis=0) + table.sum(axis=1) - hits
    return float(100 * np.mean(hits[union > 0] / union[union > 0]))


def draw(measured: dict[str, dict[str, list[float]]], path: Path) -> None:
    """The curves over the distance, a plot for each sequence by its title."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.2 + 4.0 * len(measured), 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    plots = figure.subplots(1, len(measured), sharey=True, squeeze=False)[0]
    names = {"model": "model alone", "carried": "carried alone", "fused": "carried and model"}
    for axes, (title, found) in zip(plots, measured.items()):
        for way, values in found.items():
            axes.plot(range(1, len(values) + 1), values, marker="o", label=names[way])
        axes.set_title(title)
        axes.set_xlabel("frames from the one that is labelled")
        axes.grid(alpha=0.3)
    plots[0].set_ylabel("mIoU in %")
    plots[0].legend()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    sys.exit(main())
