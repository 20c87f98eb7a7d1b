"""GrabCut in a box: what stands out in it from its surroundings.

Rother, Kolmogorov and Blake, "GrabCut", SIGGRAPH 2004, as OpenCV has it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from segcore.edits.selection import Mask, Selection
from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.opencv import cv2

Image = npt.NDArray[np.uint8]

MOST_PIXELS = 60_000
"""That GrabCut works on; larger boxes are made smaller for it, their edges cut at full size."""
ROUNDS = 3
ROUGH_PIXELS, ROUGH_ROUNDS = 20_000, 2
"""The same of a rough answer."""
SURE = 0.9
"""The share of a class from which on a pixel is taken to be it, and as background below 1 - it."""
_SURROUNDINGS = 0.25
"""How much of the box's sides is looked at around it, to learn the background."""
_BAND = 4
"""Pixels of the small picture around its cut in which the cut is made anew at full size."""
LARGEST = 16_000_000
"""Pixels of a box that is still cut."""
_SAMPLES = 4
"""Pixels along each side that a pixel of a much smaller picture is the mean of."""
_MOST_BAND_PIXELS = 250_000
"""Of a picture at full size whose edge is still cut anew."""


def grab_cut(
    image: Image,
    box: Box,
    prior: npt.NDArray[np.float32] | None = None,
    *,
    rough: bool = False,
) -> Selection:
    """What stands out in a box; may be empty.

    Args:
        image: (H, W, 3) uint8 RGB.
        box: image pixels; nothing outside is selected.
        prior: (box height, box width) float32 from 0 to 1, how likely each pixel is what is
            wanted, as a model sees it; without it everything in the box may be.
        rough: of a much smaller picture, its edges not cut anew: to be shown at once.

    Raises:
        RequestError: the box has no pixel in the image or more than `LARGEST`, or the prior is not
            of its size.
    """
    size = image.shape[0], image.shape[1]
    inside = box.clip(*size)
    if inside.is_empty:
        raise RequestError(f"The box {tuple(box)} is outside the image: draw it on the picture.")
    if inside.area > LARGEST:
        raise RequestError(
            f"The box has {inside.area / 1e6:,.0f} megapixels, and GrabCut takes up to "
            f"{LARGEST / 1e6:.0f}: draw a smaller one."
        )
    if prior is not None:
        if prior.shape != box.size:
            raise RequestError(
                f"The prior has shape {prior.shape}, the box {box.size}: they have to agree."
            )
        prior = prior[inside.moved(-box.x0, -box.y0).slices]
    margin = max(8, round(_SURROUNDINGS * max(inside.size)))
    around = inside.grown(margin).clip(*size)
    part = image[around.slices]
    states = np.full(around.size, cv2.GC_BGD, np.uint8)
    within = inside.moved(-around.x0, -around.y0)
    states[within.slices] = _hopes(inside.size, prior)
    if around == inside:
        _give_up_border(states)
    region = (_cut_roughly if rough else _cut)(part, states)[within.slices]
    return Selection(inside, np.ascontiguousarray(region)).trimmed()


def _hopes(size: tuple[int, int], prior: npt.NDArray[np.float32] | None) -> npt.NDArray[np.uint8]:
    states = np.full(size, cv2.GC_PR_FGD, np.uint8)
    if prior is None or not (prior > 0.5).any():
        return states
    states[prior < 0.5] = cv2.GC_PR_BGD
    states[prior < 1 - SURE] = cv2.GC_BGD if (prior > SURE).any() else cv2.GC_PR_BGD
    states[prior > SURE] = cv2.GC_PR_FGD
    return states


def _give_up_border(states: npt.NDArray[np.uint8]) -> None:
    """A box over the whole picture: its border has to stand for the background."""
    for line in (states[0], states[-1], states[:, 0], states[:, -1]):
        line[line == cv2.GC_PR_FGD] = cv2.GC_PR_BGD


def _cut(part: Image, states: npt.NDArray[np.uint8]) -> Mask:
    """(h, w) what is foreground: of a smaller picture first, its edge then at full size."""
    pixels = part.shape[0] * part.shape[1]
    if pixels <= MOST_PIXELS:
        return _cut_once(part, states, ROUNDS)
    scale = math.sqrt(MOST_PIXELS / pixels)
    large = _cut_small(part, states, scale, ROUNDS)
    if pixels > _MOST_BAND_PIXELS or not large.any() or large.all():
        return np.asarray(large)
    reach = max(round(_BAND / scale), 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    eights = large.view(np.uint8)
    again = np.where(large, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    again[cv2.erode(eights, kernel) > 0] = cv2.GC_FGD
    again[cv2.dilate(eights, kernel) == 0] = cv2.GC_BGD
    again[states == cv2.GC_BGD] = cv2.GC_BGD
    return _cut_once(part, again, 1)


def _cut_roughly(part: Image, states: npt.NDArray[np.uint8]) -> Mask:
    pixels = part.shape[0] * part.shape[1]
    scale = min(math.sqrt(ROUGH_PIXELS / pixels), 1.0)
    return _cut_small(part, states, scale, ROUGH_ROUNDS)


def _cut_small(part: Image, states: npt.NDArray[np.uint8], scale: float, rounds: int) -> Mask:
    """(h, w) what is foreground in the picture made smaller."""
    small = (max(round(part.shape[1] * scale), 1), max(round(part.shape[0] * scale), 1))
    step = max(int(1 / (scale * _SAMPLES)), 1)
    found = _cut_once(
        np.asarray(cv2.resize(part[::step, ::step], small, interpolation=cv2.INTER_AREA), np.uint8),
        np.asarray(cv2.resize(states, small, interpolation=cv2.INTER_NEAREST), np.uint8),
        rounds,
    )
    size = part.shape[1], part.shape[0]
    share = cv2.resize(found.astype(np.uint8) * 255, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray((np.asarray(share) > 127) & (states != cv2.GC_BGD))


def _cut_once(part: Image, states: npt.NDArray[np.uint8], rounds: int) -> Mask:
    hoped = (states == cv2.GC_PR_FGD) | (states == cv2.GC_FGD)
    # It learns a colour model of either side: both need some pixels.
    if hoped.all() or not hoped.any():
        return np.asarray(hoped)
    states = states.copy()
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    nowhere = (0, 0, 1, 1)  # the mask says where
    blue_first = np.ascontiguousarray(part[..., ::-1])
    cv2.grabCut(blue_first, states, nowhere, *models, rounds, cv2.GC_INIT_WITH_MASK)
    return np.asarray((states == cv2.GC_FGD) | (states == cv2.GC_PR_FGD))
