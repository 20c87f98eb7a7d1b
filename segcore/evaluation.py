"""Predictions judged by labels, picture by picture: scores, the worst first, and what to keep.

The figures are those of `metrics` and `calibration`; here they are kept apart for each picture and
written as JSON and CSV. Neither torch nor a window is needed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.calibration import Calibration, Confidence
from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.labels import LabelMap
from segcore.metrics import Agreement, Counts, Scores, Shares
from segcore.score_files import beside, number_or_none, write_csv, write_json

_PICTURE_COLUMNS = ("picture", "miou", "pixel_accuracy", "boundary_f", "wrong_pixels", "pixels")
_CLASS_COLUMNS = ("id", "name", "iou", "accuracy", "boundary_f", "pixels")


@dataclass(frozen=True)
class PictureScore:
    """How well one picture was predicted.

    Attributes:
        name: of the picture.
        miou: mean IoU over the classes that its truth or prediction has; NaN without truth.
        pixel_accuracy: share of the pixels with a truth that are right; NaN where there are none.
        boundary_f: mean over the classes with a boundary; NaN when none has one.
        wrong, pixels: number of wrong pixels, and of pixels with a truth.
    """

    name: str
    miou: float
    pixel_accuracy: float
    boundary_f: float
    wrong: int
    pixels: int


@dataclass(frozen=True, eq=False)
class Report:
    """What an evaluation has found.

    Attributes:
        classes: of the truth.
        scores: IoU and accuracy over all pictures.
        boundary_f, boundary_f_per_class: as `metrics.Agreement` has them.
        confusion: (n, n) int64, rows the truth, without pixels that were given no class.
        calibration: None where there was no confidence.
        pictures: worst first: by mIoU, then by accuracy; those without truth are last.
        settings: what the figures depend on besides the labels.
        notes: what a person should know, a sentence each.
    """

    classes: ClassTable
    scores: Scores
    boundary_f: float
    boundary_f_per_class: Shares
    confusion: Counts
    calibration: Calibration | None
    pictures: Sequence[PictureScore]
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON; what no pixel tells is null."""
        scores = self.scores
        return {
            "miou": number_or_none(scores.miou),
            "pixel_accuracy": number_or_none(scores.pixel_accuracy),
            "boundary_f": number_or_none(self.boundary_f),
            "classes": [dict(zip(_CLASS_COLUMNS, row)) for row in self._class_rows()],
            "confusion": self.confusion.tolist(),
            "mean_accuracy": number_or_none(scores.mean_accuracy),
            "frequency_weighted_iou": number_or_none(scores.frequency_weighted_iou),
            "calibration": None if self.calibration is None else self.calibration.to_json(),
            "pictures": [dict(zip(_PICTURE_COLUMNS, row)) for row in self._picture_rows()],
            **({"settings": dict(self.settings)} if self.settings else {}),
            **({"notes": list(self.notes)} if self.notes else {}),
        }

    def write_json(self, path: Path) -> None:
        """Write `to_json`; ImageError when the file cannot be written."""
        write_json(path, self.to_json())

    def write_csv(self, path: Path) -> None:
        """Write a row for each picture, worst first, and beside it `<stem>-classes.csv`.

        Raises:
            ImageError: a file cannot be written.
        """
        write_csv(path, _PICTURE_COLUMNS, self._picture_rows())
        write_csv(beside(path, "classes"), _CLASS_COLUMNS, self._class_rows())

    def _class_rows(self) -> list[tuple[Any, ...]]:
        scores = self.scores
        return [
            (
                info.id,
                info.name,
                number_or_none(iou),
                number_or_none(accuracy),
                number_or_none(edge),
                int(pixels),
            )
            for info, iou, accuracy, edge, pixels in zip(
                self.classes, scores.iou, scores.accuracy, self.boundary_f_per_class, scores.pixels
            )
        ]

    def _picture_rows(self) -> list[tuple[Any, ...]]:
        return [
            (
                each.name,
                number_or_none(each.miou),
                number_or_none(each.pixel_accuracy),
                number_or_none(each.boundary_f),
                each.wrong,
                each.pixels,
            )
            for each in self.pictures
        ]


class Evaluation:
    """Judges predictions one after the other.

    Args:
        classes: of the truth; its ignore does not count.
        boundaries: also measure boundaries, which takes longer than all the rest.
        calibrated: also compare confidence with what came true.
    """

    def __init__(
        self, classes: ClassTable, *, boundaries: bool = True, calibrated: bool = False
    ) -> None:
        self.classes = classes
        self._agreement = Agreement(len(classes), classes.ignore, boundaries=boundaries)
        self._calibration = Calibration() if calibrated else None
        self._pictures: list[PictureScore] = []

    def __len__(self) -> int:
        return len(self._pictures)

    def add(
        self,
        name: str,
        truth: LabelMap,
        prediction: LabelMap,
        confidence: Confidence | None = None,
    ) -> PictureScore:
        """Judge one picture.

        Args:
            name: of the picture.
            truth: (H, W) ids of the class table; ignore does not count.
            prediction: (H, W) ids of the same table; an id of no class is wrong.
            confidence: (H, W) probability of the predicted class, where calibration is wanted.

        Raises:
            RequestError: sizes differ, the truth holds an id of no class, or confidence is missing.
        """
        judged = Calibration()
        if self._calibration is not None:
            if confidence is None or confidence.shape != truth.shape:
                raise RequestError(f"There is no confidence for {name}: predict it with one.")
            if prediction.shape == truth.shape:
                known = truth != self.classes.ignore
                judged.add(confidence[known], (prediction == truth)[known])
        agreed = self._agreement.add(truth, prediction)
        if self._calibration is not None:
            self._calibration.join(judged)
        scores, pixels = agreed.scores, int(agreed.counts.sum())
        wrong = pixels - int(np.trace(agreed.counts))
        score = PictureScore(
            name, scores.miou, scores.pixel_accuracy, agreed.boundary_f, wrong, pixels
        )
        self._pictures.append(score)
        return score

    def report(
        self, settings: Mapping[str, Any] | None = None, notes: Sequence[str] = ()
    ) -> Report:
        """What was found so far."""
        agreement = self._agreement
        return Report(
            self.classes,
            agreement.scores,
            agreement.boundary_f,
            agreement.boundary_f_per_class,
            agreement.confusion,
            self._calibration,
            sorted(self._pictures, key=_badness),
            settings or {},
            tuple(notes),
        )


def ids_into(
    given: ClassTable, wanted: ClassTable
) -> tuple[npt.NDArray[np.uint16], list[str], list[str]]:
    """For each id of one table the id of the class of that name in another, which judges it.

    Returns:
        An array over all ids of `given` and its ignore, which leads to ignore where `wanted` has no
        such class; names that `given` alone has; names that `wanted` alone has.
    """
    ids = np.full(given.ignore + 1, wanted.ignore, np.uint16)
    for info in given.living:
        found = wanted.id_of(info.name)
        if found is not None:
            ids[info.id] = found
    extra = [info.name for info in given.living if wanted.id_of(info.name) is None]
    missing = [info.name for info in wanted.living if given.id_of(info.name) is None]
    return ids, extra, missing


def _badness(score: PictureScore) -> tuple[bool, float, float]:
    unknown = math.isnan(score.miou)
    return unknown, 0.0 if unknown else score.miou, 0.0 if unknown else score.pixel_accuracy
