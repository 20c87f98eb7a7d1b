"""A model judged by labelled pictures, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from app.inference.inquiry import Desk, Inquiry
from segcore.classes import ClassTable
from segcore.errors import RequestError, SegcoreError
from segcore.images import read_image
from segcore.labels import LabelMap
from segcore.progress import CancelToken, Progress, ProgressCallback, Ticker

if TYPE_CHECKING:
    from app.inference.requests import ModelSpec
    from segcore.evaluation import Report
    from segcore.formats.contract import LabelledSet

_MOST_NAMED = 8


@dataclass(frozen=True, eq=False)
class EvaluationInquiry(Inquiry):
    """Predicts every picture of a set and compares; the answer is a `segcore.evaluation.Report`.

    Classes are matched by name. What cannot be read is left out, and stands in the notes.
    """

    kind: ClassVar[str] = "study"
    model: ModelSpec
    labelled: LabelledSet
    source: str

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return f"Evaluating {len(self.labelled.pictures):,} pictures"

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        progress: ProgressCallback,
        _partial: Callable[[Any], None],
    ) -> Report:
        """The report.

        Raises:
            SegcoreError: the model cannot be used, or not one picture could be judged.
            Cancelled: it was called off.
        """
        from segcore.evaluation import Evaluation, ids_into

        predictor = desk.predictor(self.model)
        classes = self.labelled.classes
        ids, extra, missing = ids_into(predictor.classes, classes)
        if len(missing) == len(classes.living):
            raise RequestError(
                f"The model {predictor.name} knows none of the classes of these labels "
                f"({_named(missing)}): rename classes, or use a model that was trained for them."
            )
        evaluation = Evaluation(classes, calibrated=True)
        ticker = Ticker(len(self.labelled.pictures))
        notes = _notes(extra, missing)
        left_out: list[str] = []

        def between(_tiles: Progress) -> None:
            progress(Progress(0, 0))

        for picture in self.labelled.pictures:
            cancel.raise_if_cancelled()
            try:
                if picture.image is None:
                    raise RequestError(
                        f"There is no picture for the labels of {picture.name}: open the pictures, "
                        "or lay them beside the labels."
                    )
                truth = picture.labels()
                found = predictor.predict(
                    read_image(picture.image), cancel=cancel, progress=between
                )
                evaluation.add(
                    picture.name, truth, _in(classes, ids[found.labels]), found.confidence
                )
            except SegcoreError as error:
                left_out.append(str(error))
            progress(ticker.tick(picture.name))
        if left_out and not len(evaluation):
            raise RequestError(left_out[0])
        notes += [f"{len(left_out)} pictures were left out; {left_out[0]}"] if left_out else []
        settings = {
            "model": predictor.name,
            "sha256": predictor.sha256,
            "device": predictor.device,
            "precision": predictor.precision,
            "protocol": self.model.protocol.in_words(),
            "labels": self.source,
        }
        return evaluation.report(settings, notes)


def _in(classes: ClassTable, ids: npt.NDArray[np.uint16]) -> LabelMap:
    """Ids in the width of a class table."""
    return ids if classes.dtype is np.uint16 else ids.astype(np.uint8)


def _notes(extra: list[str], missing: list[str]) -> list[str]:
    """What classes that one side alone has come to."""
    notes = []
    if missing:
        notes.append(f"The model does not know {_named(missing)}: their IoU is 0 where they are.")
    if extra:
        notes.append(f"The labels do not have {_named(extra)}: such pixels count as wrong.")
    return notes


def _named(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
