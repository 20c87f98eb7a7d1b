"""What the street model gets right: mIoU and accuracy on real frames and on the drawn samples.

    python benchmarks/street_miou.py --model street-b0 --data ../shared/data/street --json out.json

`--data` is a folder with `images/<split>`, `labels/<split>` and `classes.json`; without it only the
samples are judged, which a model of other classes has no part in. The picture goes in as the
model's preprocessing says, and pixels whose truth is ignore do not count. `--expect 48.4` ends with
status 1 where the mIoU on the real frames is further than 0.2 points from it.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segcore.classes import ClassTable
from segcore.errors import RequestError, SegcoreError
from segcore.images import find_images, read_image
from segcore.inference import Predictor
from segcore.labels import read_label_map
from segcore.metrics import Agreement
from segcore.resources import root, sample_paths

TOLERANCE = 0.2

Pair = tuple[Path, Path]


@dataclass(frozen=True)
class Judged:
    """How one set of pictures came out."""

    what: str
    classes: ClassTable
    agreement: Agreement
    pictures: int
    seconds: float

    def figures(self) -> dict[str, Any]:
        """Shares from 0 to 1, null where a class has no pixel."""
        scores = self.agreement.scores
        return {
            "what": self.what,
            "pictures": self.pictures,
            "seconds": round(self.seconds, 1),
            "miou": _or_null(scores.miou),
            "pixel_accuracy": _or_null(scores.pixel_accuracy),
            "boundary_f": _or_null(self.agreement.boundary_f),
            "classes": [
                {
                    "id": info.id,
                    "name": info.name,
                    "iou": _or_null(iou),
                    "accuracy": _or_null(found),
                }
                for info, iou, found in zip(self.classes, scores.iou, scores.accuracy)
            ],
        }


def judge(what: str, pairs: Sequence[Pair], classes: ClassTable, predictor: Predictor) -> Judged:
    """Predict every picture and compare it with its label map.

    Raises:
        RequestError: the model has other classes than the label maps.
    """
    if predictor.classes.names != classes.names:
        raise RequestError(f"{predictor.name} has other classes than {what}: name another model.")
    agreement = Agreement(len(classes), classes.ignore)
    began = time.perf_counter()
    for picture, labels in pairs:
        prediction = predictor.predict(read_image(picture))
        agreement.add(read_label_map(labels).labels, prediction.labels)
    return Judged(what, classes, agreement, len(pairs), time.perf_counter() - began)


def pairs_of(data: Path, split: str) -> list[Pair]:
    """The pictures of a split, each with its label map."""
    pictures = find_images(data / "images" / split)
    return [(picture, data / "labels" / split / f"{picture.stem}.png") for picture in pictures]


def show(judged: Judged) -> None:
    """A table on stdout, in per cent."""
    figures = judged.figures()
    print(f"\n{judged.what}: {judged.pictures} pictures, {judged.seconds:.1f} s")
    print(f"{'class':<14}{'IoU':>8}{'accuracy':>10}")
    for row in figures["classes"]:
        print(f"{row['name']:<14}{_percent(row['iou']):>8}{_percent(row['accuracy']):>10}")
    for name in ("miou", "pixel_accuracy", "boundary_f"):
        print(f"{name:<14}{_percent(figures[name]):>8}")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _or_null(share: float) -> float | None:
    return None if math.isnan(share) else float(share)


def main() -> int:
    """Judge what there is; status 1 where the expected figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="street-b0", help="MODEL as on the command line")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/street"))
    parser.add_argument("--split", default="test")
    parser.add_argument("--numerics", default="fast", choices=("fast", "exact"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--expect", type=float, help="mIoU in per cent on the real frames")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    chosen = parser.parse_args()
    predictor = Predictor.load(chosen.model, device=chosen.device, numerics=chosen.numerics)
    results: list[Judged] = []
    real: Judged | None = None
    if chosen.data.is_dir():
        classes = ClassTable.read(chosen.data / "classes.json")
        pairs = pairs_of(chosen.data, chosen.split)
        real = judge(f"{chosen.data.name}/{chosen.split}", pairs, classes, predictor)
        results.append(real)
    else:
        sys.stderr.write(f"{chosen.data} is not here: only the samples are judged.\n")
    sample_classes = ClassTable.read(root() / "samples" / "classes.json")
    if predictor.classes.names == sample_classes.names:
        results.append(judge("samples", sample_paths(), sample_classes, predictor))
    for judged in results:
        show(judged)
    if chosen.json is not None:
        report = {
            "model": predictor.name,
            "sha256": predictor.sha256,
            "device": predictor.device,
            "precision": predictor.precision,
            "numerics": chosen.numerics,
            "sets": [judged.figures() for judged in results],
        }
        chosen.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if chosen.expect is None:
        return 0
    return int(real is None or not _near(real.agreement.scores.miou, chosen.expect))


def _near(miou: float, percent: float) -> bool:
    return abs(100 * miou - percent) <= TOLERANCE


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SegcoreError as error:
        sys.exit(str(error))
