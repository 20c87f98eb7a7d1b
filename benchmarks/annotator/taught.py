"""A picture labelled by a classifier that a few scribbles taught, as the Teach tab does it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.annotator.hand import longest_way
from benchmarks.annotator.sheet import Labels, Mask, Sheet
from benchmarks.annotator.studio import Studio
from segcore.assist.scribble_features import scribbled, taught_labels
from segcore.assist.scribbles import Samples, Scribble, TaughtClassifier
from segcore.geometry import Box

STROKES_OF_A_CLASS = 2
LEAST_SHARE = 0.005
"""Of the picture: a class with less is left to the other tools."""
_LOOKED_AT = 64


class Taught(NamedTuple):
    """Labels that scribbles brought.

    Attributes:
        labels: (H, W) ids; ignore everywhere where there were too few classes to teach.
        strokes: how many scribbles it took.
    """

    labels: Labels
    strokes: int


def taught(studio: Studio, truth: Labels) -> Taught:
    """Scribble along the axes of the largest regions of each class, and apply what was learned."""
    nothing = np.full_like(truth, np.iinfo(truth.dtype).max)
    strokes = _strokes(truth, nothing)
    if len({stroke.class_id for stroke in strokes}) < 2:
        return Taught(nothing, 0)
    model = studio.model
    predictor = model.predictor(model.info.spec)
    encoded = model.encoded(model.info.spec, studio.image)
    samples = Samples.together([scribbled(predictor, encoded, each) for each in strokes])
    found = TaughtClassifier.fitted(
        samples, studio.classes, model=predictor.name, model_sha256=predictor.sha256
    )
    labels: npt.NDArray[Any] = taught_labels(predictor, encoded, found, Box.of_size(encoded.size))
    return Taught(labels.astype(truth.dtype), len(strokes))


def _strokes(truth: Labels, nothing: Labels) -> list[Scribble]:
    sheet = Sheet(truth, nothing, np.zeros(truth.shape, np.uint8))
    drawn: dict[int, int] = {}
    strokes = []
    for wrong in sheet.largest(_LOOKED_AT):  # of an empty picture: every region, largest first
        enough = (truth == wrong.class_id).sum() >= LEAST_SHARE * truth.size
        if enough and drawn.get(wrong.class_id, 0) < STROKES_OF_A_CLASS:
            drawn[wrong.class_id] = drawn.get(wrong.class_id, 0) + 1
            strokes.append(Scribble(_along(wrong.mask), wrong.class_id))
    return strokes


def _along(mask: Mask) -> tuple[tuple[int, int], ...]:
    """The axis of a region as a thin stroke."""
    return tuple((int(x), int(y)) for x, y in longest_way(mask))
