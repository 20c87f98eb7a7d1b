"""What the model would have said with a bias per class and another temperature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from segcore.assist.evidence import Evidence, Floats
from segcore.assist.upsampling import spread
from segcore.edits.planes import IdArray
from segcore.edits.selection import Mask, Relabelling
from segcore.errors import RequestError
from segcore.geometry import Box

ROUGH_FROM = 2_000_000
"""Pixels from which on a rough answer has no more detail than the model's grid."""
COLDEST, HOTTEST = 0.05, 20.0


@dataclass(frozen=True)
class LogitSettings:
    """Where the sliders stand.

    Attributes:
        bias: what is added to the logit of each class, in the model's order; none is all 0.
        temperature: what logits are divided by before the softmax; above 1 the model is less sure.
        least_confidence: pixels whose winner has less of the softmax than this stay as they are.
    """

    bias: tuple[float, ...] = field(default=())
    temperature: float = 1.0
    least_confidence: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            RequestError: a temperature or confidence out of range, or a bias that is no number.
        """
        if not COLDEST <= self.temperature <= HOTTEST:
            raise RequestError(
                f"A temperature of {self.temperature} makes no sense: choose {COLDEST} to {HOTTEST}"
                "."
            )
        if not 0 <= self.least_confidence <= 1:
            raise RequestError(
                f"A confidence of {self.least_confidence} makes no sense: choose 0 to 1."
            )
        if not all(np.isfinite(self.bias)):
            raise RequestError("A bias is not a number: choose numbers.")

    @property
    def neutral(self) -> bool:
        """Whether the model's own labels come out."""
        return not any(self.bias) and self.least_confidence == 0


def slid_labels(
    evidence: Evidence,
    place: Box,
    settings: LogitSettings,
    ids: Sequence[int] | IdArray,
    ignore: int,
    *,
    rough: bool = False,
) -> Relabelling:
    """The labels of a part of the picture under these settings.

    A bias added before logits are upsampled is the same as one added after, so that no more than
    the grid is changed. The temperature alone changes no winner; with `least_confidence` it decides
    where there is one.

    Args:
        evidence: of the model, over at least `place`.
        ids: (C,) what the model's classes are called in the label map; `ignore` for those that have
            no place there.
        ignore: the id of unlabelled pixels; what would become it is left alone.
        rough: how sure the model is, is worked out on its own grid, in half the time; of a place of
            more than `ROUGH_FROM` pixels also what it says.

    Raises:
        RequestError: the place is outside the evidence, or there are not as many ids or biases as
            classes.
    """
    table = id_table(ids, len(evidence.logits), ignore)
    bias = np.asarray(settings.bias, np.float32) if settings.bias else None
    if rough and place.area > ROUGH_FROM:
        labels, region = _of_cells(evidence, place, bias, settings, table)
    elif settings.least_confidence > 0 and rough:
        labels = table[evidence.labels(place, bias)]
        sure = evidence.certainty(bias, settings.temperature)
        inside = place.moved(-evidence.box.x0, -evidence.box.y0)
        region = spread(sure, inside, evidence.box.size) >= settings.least_confidence
        region &= labels != ignore
    elif settings.least_confidence > 0:
        found, confidence = evidence.labels_and_confidence(place, bias, settings.temperature)
        labels = table[found]
        region = (labels != ignore) & (confidence >= np.float16(settings.least_confidence))
    else:
        labels = table[evidence.labels(place, bias)]
        region = labels != ignore
    return Relabelling(place, region, labels)


def _of_cells(
    evidence: Evidence,
    place: Box,
    bias: Floats | None,
    settings: LogitSettings,
    table: IdArray,
) -> tuple[IdArray, Mask]:
    """The id at each pixel of a place, that of the cell it lies in; and where it is one and sure
    enough.
    """
    height, width = evidence.grid
    cells = table[evidence.winners(bias)]
    kept = cells != np.iinfo(table.dtype).max
    if settings.least_confidence > 0:
        kept &= evidence.certainty(bias, settings.temperature) >= settings.least_confidence
    rows = (np.arange(place.y0, place.y1) - evidence.box.y0) * height // evidence.box.height
    columns = (np.arange(place.x0, place.x1) - evidence.box.x0) * width // evidence.box.width
    labels, region = (each[:, columns][rows] for each in (cells, kept))
    return labels, region


def id_table(ids: Sequence[int] | IdArray, classes: int, ignore: int) -> IdArray:
    """(C,) ids in the dtype whose largest value is `ignore`.

    Raises:
        RequestError: there are not as many ids as classes.
    """
    table: IdArray = np.asarray(ids, np.uint8 if ignore == 255 else np.uint16)
    if table.shape != (classes,):
        raise RequestError(
            f"{table.size} ids do not go with the model's {classes} classes: give one for each."
        )
    return table


def odds_of(evidence: Evidence, class_id: int, place: Box) -> Floats:
    """(h, w) from 0 to 1: how likely the model holds one of its classes at each pixel."""
    share = evidence.upsampled(evidence.probabilities[class_id], place)
    return np.asarray(share, np.float32)
