"""A picture of where two sides differ: what agrees is dim, what differs has either's colour."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassTable
from segcore.comparison.counts import check_sizes
from segcore.labels import LabelMap
from segcore.opencv import cv2
from segcore.render import class_colours, outlines

Picture = npt.NDArray[np.uint8]

_DIM = 0.55
_TINT = 0.7
_GREY = 150
_GAP = 8
_UNLABELLED = (255, 255, 255)


def differing(a: LabelMap, b: LabelMap, ignore: int, *, unlabelled_counts: bool = False) -> Any:
    """(H, W) bool: pixels on which the two differ.

    Raises:
        RequestError: the maps differ in size.
    """
    check_sizes(a, b)
    differ = np.asarray(a != b)
    if not unlabelled_counts:
        differ &= (a != ignore) & (b != ignore)
    return differ


def draw_differences(
    image: Picture | None,
    a: LabelMap,
    b: LabelMap,
    classes: ClassTable,
    *,
    unlabelled_counts: bool = False,
) -> Picture:
    """(H, 2W + 8, 3) uint8 RGB: on the left what A says where they differ, on the right what B.

    What agrees is the picture itself, dim and grey; each region that differs has an outline.

    Args:
        image: (H, W, 3) uint8 RGB; None for an even grey.

    Raises:
        RequestError: sizes differ.
    """
    differ = differing(a, b, classes.ignore, unlabelled_counts=unlabelled_counts)
    if image is None:
        image = np.full((*a.shape, 3), _GREY, np.uint8)
    check_sizes(cast("LabelMap", image[:, :, 0]), a)
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    ground = (grey * _DIM).astype(np.uint8)
    lines = outlines(differ.view(np.uint8)) & differ
    height = a.shape[0]
    halves = []
    for labels in (a, b):
        drawn = ground.copy()
        drawn[differ] = _tinted(image, labels, classes)[differ]
        drawn[lines] = 255
        halves.append(drawn)
    gap = np.full((height, _GAP, 3), 255, np.uint8)
    return np.concatenate([halves[0], gap, halves[1]], axis=1)


def _tinted(image: Picture, labels: LabelMap, classes: ClassTable) -> Picture:
    """The picture under what a side says of all of it."""
    colours = class_colours(labels, classes)
    colours[labels == classes.ignore] = _UNLABELLED
    return cast("Picture", cv2.addWeighted(image, 1 - _TINT, colours, _TINT, 0))
