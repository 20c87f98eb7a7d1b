"""What smoothing of logits along the motion does to mIoU and to flicker, by weight of the past.

    python -m benchmarks.smoothing FRAMES LABELS --classes FILE [-m street-b0] [--json out.json]
    python -m benchmarks.smoothing --drive

FRAMES is a folder of consecutive frames (or a video), LABELS the label maps of the same names.
`--drive` takes the drawn drive that the program brings. Flicker is the mean share of pixels that
flip from one frame to the next; that of the true labels is printed too.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import segcore
from benchmarks.propagation import frames_of, mean_iou
from segcore import resources
from segcore.batch.smoothed import SmoothedPredictor
from segcore.classes import ClassTable
from segcore.labels import LabelMap, read_label_map
from segcore.metrics import confusion_matrix
from segcore.motion import Motion, flicker, motion_between

WEIGHTS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9)


def main() -> int:
    """Measure, print a table, write JSON where it is wanted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frames", type=Path, nargs="?")
    parser.add_argument("labels", type=Path, nargs="?")
    parser.add_argument("--classes", type=Path)
    parser.add_argument("--drive", action="store_true")
    parser.add_argument("-m", "--model", default="street-b0")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.drive:
        clip, label_paths = resources.sample_clip()
        frames, classes = frames_of(clip), resources.class_table("camvid")
    elif options.frames and options.labels and options.classes:
        frames, classes = frames_of(options.frames), ClassTable.read(options.classes)
        label_paths = sorted(options.labels.glob("*.png"))
    else:
        parser.error("name FRAMES, LABELS and --classes, or say --drive")
    truths = [read_label_map(path).labels for path in label_paths]
    motions = [motion_between(new, old) for old, new in pairwise(frames)]
    predictor = segcore.Predictor.load(options.model).labels_alone()
    ids = [classes.id_of(name) for name in predictor.classes.names]
    if None in ids:
        parser.error("the model has classes that the labels do not know")
    own = np.array(ids, truths[0].dtype)
    found: dict[str, Any] = {"true": {"flips": flips(truths, motions, classes)}}
    print(f"{'weight':>8} {'mIoU':>8} {'flips':>8}  in per cent")
    print(f"{'truth':>8} {'':>8} {found['true']['flips']:8.2f}")
    for weight in WEIGHTS:
        smoothed = SmoothedPredictor(predictor, weight)
        said: list[LabelMap] = [own[smoothed.predict(frame).labels] for frame in frames]
        table = sum(
            confusion_matrix(truth, labels, len(classes), classes.ignore)
            for truth, labels in zip(truths, said)
        )
        row = {"miou": mean_iou(table), "flips": flips(said, motions, classes)}
        found[f"{weight:g}"] = row
        print(f"{weight:>8} {row['miou']:8.2f} {row['flips']:8.2f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    return 0


def flips(labels: list[LabelMap], motions: list[Motion], classes: ClassTable) -> float:
    """Per cent of the pixels that flip from a frame to the next, on average."""
    shares = [
        flicker(new, old, motion, ignore=classes.ignore).share
        for (old, new), motion in zip(pairwise(labels), motions)
    ]
    return 100 * float(np.mean(shares))


if __name__ == "__main__":
    sys.exit(main())
