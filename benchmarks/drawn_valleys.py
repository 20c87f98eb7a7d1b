"""Drawn valleys from above with exact labels: a domain that no bundled model has seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from segcore.opencv import cv2

NAMES = ("meadow", "acre", "river", "roof", "track")
SIZE = (192, 256)
_MEADOW, _ACRE, _RIVER, _ROOF, _TRACK = range(5)


def valley(seed: int, size: tuple[int, int] = SIZE) -> tuple[Any, Any]:
    """Picture (H, W, 3) uint8 RGB and labels (H, W) uint8 of `NAMES`."""
    rng = np.random.default_rng([seed, 77])
    height, width = size
    labels = np.full(size, _MEADOW, np.uint8)
    picture = np.zeros((height, width, 3), np.float32)
    picture[:] = (96, 132, 70)
    picture += _clouds(rng, size, 24)[..., None] * (26, 22, 16)
    for _ in range(int(rng.integers(3, 6))):
        _draw_acre(rng, picture, labels)
    _draw_way(rng, picture, labels, _RIVER, colour=(58, 92, 116), wide=int(rng.integers(16, 30)))
    _draw_way(rng, picture, labels, _TRACK, colour=(168, 154, 128), wide=int(rng.integers(6, 10)))
    for _ in range(int(rng.integers(3, 8))):
        _draw_roof(rng, picture, labels)
    picture += rng.normal(0, 7, picture.shape)
    picture *= rng.uniform(0.8, 1.15)
    return np.clip(picture, 0, 255).astype(np.uint8), labels


def _clouds(rng: np.random.Generator, size: tuple[int, int], cell: int) -> Any:
    coarse = rng.normal(0, 1, (size[0] // cell + 2, size[1] // cell + 2)).astype(np.float32)
    return cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)


def _draw_acre(rng: np.random.Generator, picture: Any, labels: Any) -> None:
    """A four-sided field with furrows, ripe or green."""
    height, width = labels.shape
    middle = rng.uniform((0, 0), (width, height))
    turns = np.sort(rng.uniform(0, 0.7, 4) + np.arange(4)) * np.pi / 2
    reach = rng.uniform(45, 85, (4, 1))
    corners = middle + reach * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    mask = _filled(labels.shape, corners)
    rows, columns = np.mgrid[:height, :width]
    angle = rng.uniform(0, np.pi)
    furrows = np.sin((rows * np.sin(angle) + columns * np.cos(angle)) * (2 * np.pi / 7))
    colour = np.array([(176, 150, 84), (126, 140, 62), (140, 108, 76)][int(rng.integers(3))])
    picture[mask] = (colour + 16 * furrows[..., None])[mask]
    labels[mask] = _ACRE


def _draw_way(
    rng: np.random.Generator,
    picture: Any,
    labels: Any,
    class_id: int,
    *,
    colour: tuple[int, int, int],
    wide: int,
) -> None:
    """A winding band from one side to another."""
    height, width = labels.shape
    along = np.linspace(-20, 1.0 * max(height, width) + 20, 60)
    sway = rng.uniform(15, 40) * np.sin(along / rng.uniform(30, 60) + rng.uniform(0, 6))
    across = rng.uniform(0.25, 0.75) + (rng.uniform(-0.4, 0.4) * along / along[-1])
    upright = rng.random() < 0.5
    side = width if upright else height
    points = np.stack([across * side + sway, along], axis=1)
    points = points if upright else points[:, ::-1]
    band = np.zeros(labels.shape, np.uint8)
    way = np.round(points).astype(np.int32)
    cv2.polylines(band, [way], isClosed=False, color=1, thickness=wide)
    mask = band > 0
    picture[mask] = colour + _clouds(rng, labels.shape, 12)[mask][:, None] * 6
    labels[mask] = class_id


def _draw_roof(rng: np.random.Generator, picture: Any, labels: Any) -> None:
    """A house: two halves of a roof, one in the sun, and its shadow on the ground."""
    height, width = labels.shape
    middle, size = rng.uniform((20, 20), (width - 20, height - 20)), rng.uniform(14, 30, 2)
    box = cv2.boxPoints((middle.tolist(), size.tolist(), float(rng.uniform(0, 90))))
    mask = _filled(labels.shape, box)
    if (labels[mask] == _RIVER).any():
        return
    picture[_filled(labels.shape, box + np.array([5, 6])) & ~mask] *= 0.55
    red = np.array([(150, 66, 52), (120, 74, 60), (96, 98, 106)][int(rng.integers(3))])
    picture[mask] = red * 0.8
    half = np.stack([box[0], box[1], (box[1] + box[2]) / 2, (box[0] + box[3]) / 2])
    picture[_filled(labels.shape, half) & mask] = red * 1.2
    labels[mask] = _ROOF


def _filled(size: tuple[int, ...], corners: Any) -> Any:
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1)
    return mask > 0
