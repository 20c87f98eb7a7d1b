"""Local refinement: the model looks again at a part of the picture, enlarged.

Small things are below the grid of a model that sees the whole picture. A window around the box goes
in at a larger scale, and its logits are blended with those that the model had in context: half and
half in the box, and less towards its border, so that no seam shows.
"""

from __future__ import annotations

import math

import numpy as np

from segcore.assist.evidence import Evidence, Floats
from segcore.assist.model_evidence import evidence_in
from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.progress import CancelToken

ZOOM = 2.0
CONTEXT = 0.5
"""How much of the box's sides the window shows around it."""
LEAST_CONTEXT = 64
"""Pixels of the picture around the box that the window shows at least."""
LARGEST_SIDE = 1024
"""Of the enlarged window, model pixels; a larger box is enlarged less."""
SHARE = 0.5
"""Of the enlarged view in the blend, away from the border."""
RAMP = 0.12
"""The part of the box's shorter side over which its share rises from 0."""


def refined(
    predictor: Predictor,
    encoded: EncodedImage,
    box: Box,
    *,
    zoom: float = ZOOM,
    share: float = SHARE,
    cancel: CancelToken | None = None,
) -> Evidence:
    """The evidence of a box, with logits on a grid `zoom` times as fine; it has no features.

    `Evidence.labels(box)` are the refined labels.

    Args:
        box: image pixels.
        zoom: how much the window is enlarged against the scale at which the picture went in.
        share: of the enlarged view in the blend, 0 to 1.

    Raises:
        RequestError: the box has no pixel in the picture, or zoom or share make no sense.
        Cancelled: it was called off.
    """
    place = box.clip(*encoded.size)
    if place.is_empty:
        raise RequestError(f"The box {tuple(box)} is outside the picture: draw it on the picture.")
    if zoom < 1 or not 0 <= share <= 1:
        raise RequestError(
            f"A zoom of {zoom} with a share of {share} makes no sense: choose a zoom from 1 on and "
            "a share from 0 to 1."
        )
    context = evidence_in(predictor, encoded, place, features=False, cancel=cancel)
    margin = max(LEAST_CONTEXT, round(CONTEXT * max(place.size)))
    window = place.grown(margin).clip(*encoded.size)
    part = np.ascontiguousarray(encoded.image[window.slices])
    size = _enlarged(encoded, window, zoom)
    close = predictor.encode(part, size=size, budget=0)
    if cancel is not None:
        cancel.raise_if_cancelled()
    inner = place.moved(-window.x0, -window.y0)
    seen = evidence_in(predictor, close, inner, features=False, cancel=cancel)
    weight = np.float32(share) * _ramp(seen.grid, place)
    wide = _resampled(context, seen.grid)
    logits = wide + (seen.logits - wide) * weight
    nothing = np.empty((0, 0, *seen.grid), np.float32)
    return Evidence(place, np.ascontiguousarray(logits, np.float32), nothing)


def _enlarged(encoded: EncodedImage, window: Box, zoom: float) -> tuple[int, int]:
    """(height, width) in model pixels at which a window goes in."""
    canvas = encoded.plan.canvas
    scales = canvas[0] / encoded.size[0] * zoom, canvas[1] / encoded.size[1] * zoom
    sides = window.height * scales[0], window.width * scales[1]
    less = min(1.0, LARGEST_SIDE / max(sides))
    height, width = (max(32, math.ceil(side * less / 32) * 32) for side in sides)
    return height, width


def _resampled(evidence: Evidence, grid: tuple[int, int]) -> Floats:
    """The logits of evidence on another grid over the same box."""
    whole = Box(0, 0, grid[1], grid[0])
    coarse = Evidence(whole, evidence.logits, evidence.features)
    return coarse.upsampled(coarse.logits, whole)


def _ramp(grid: tuple[int, int], place: Box) -> Floats:
    """(h, w) from 0 at the border of the box to 1 inside it."""
    reach = max(RAMP * min(place.size), 1.0)
    down, along = (
        np.minimum(np.arange(cells) + 0.5, cells - np.arange(cells) - 0.5) * pixels / cells
        for cells, pixels in zip(grid, place.size)
    )
    away = np.minimum(down[:, None], along[None])
    return np.asarray(np.clip(away / reach, 0, 1), np.float32)
