"""A hand that clicks: regions of true labels, and where it would click next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from segcore.images import find_images, read_image
from segcore.labels import read_label_map
from segcore.opencv import cv2
from segcore.resources import sample_paths

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[Any]
Point = tuple[int, int]

IGNORE = 255
LARGEST_SIDE = 800
"""Of pictures that are looked at; of larger ones the middle."""
LEAST_SHARE = 1 / 900
"""Of the picture: regions that a person would rather click than brush are no smaller."""


class Pair(NamedTuple):
    """A picture with its true labels."""

    name: str
    image: npt.NDArray[np.uint8]
    labels: Labels


def pairs(data: Path, split: str, every: int = 1) -> Iterator[Pair]:
    """Pictures of a data set laid out as `images/<split>` and `labels/<split>`."""
    for picture in list(find_images(data / "images" / split))[::every]:
        labels = read_label_map(data / "labels" / split / f"{picture.stem}.png").labels
        yield _middle(Pair(picture.stem, read_image(picture), labels))


def drawn_pairs() -> Iterator[Pair]:
    """The drawn streets that come with the program."""
    for picture, labels in sample_paths():
        yield _middle(Pair(picture.stem, read_image(picture), read_label_map(labels).labels))


def regions(labels: Labels, rng: np.random.Generator, most: int) -> list[Mask]:
    """Connected regions of one class, some of them where there are many."""
    least = max(200, int(labels.size * LEAST_SHARE))
    found = []
    for class_id in np.unique(labels[labels != IGNORE]):
        _, pieces, stats, _ = cv2.connectedComponentsWithStats(
            (labels == class_id).astype(np.uint8), connectivity=8
        )
        large = np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= least) + 1
        found += [pieces == number for number in large]
    return [found[i] for i in rng.permutation(len(found))[:most]]


def middle(mask: Mask) -> Point:
    """The pixel of a mask that is farthest from its boundary."""
    y, x = np.unravel_index(int(_depth(mask).argmax()), mask.shape)
    return int(x), int(y)


def somewhere(mask: Mask, rng: np.random.Generator) -> Point:
    """A pixel well inside a mask."""
    depth = _depth(mask)
    rows, columns = np.nonzero(depth >= min(depth.max() * 0.5, 8))
    chosen = rng.integers(len(rows))
    return int(columns[chosen]), int(rows[chosen])


def next_click(wanted: Mask, found: Mask, valid: Mask) -> tuple[bool, Point] | None:
    """Where the largest mistake is: (whether it is missing, its middle); None without any."""
    missing = _largest(wanted & ~found & valid)
    surplus = _largest(found & ~wanted & valid)
    if missing is None and surplus is None:
        return None
    if surplus is None or (missing is not None and missing.sum() >= surplus.sum()):
        assert missing is not None
        return True, middle(missing)
    return False, middle(surplus)


def overlap(one: Mask, other: Mask, valid: Mask) -> float:
    """Intersection over union where the truth is known."""
    union = ((one | other) & valid).sum()
    return float((one & other & valid).sum() / union) if union else 1.0


def _largest(mask: Mask) -> Mask | None:
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    if count < 2:
        return None
    return np.asarray(pieces == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()))


def _depth(mask: Mask) -> npt.NDArray[np.float32]:
    framed = np.pad(mask.astype(np.uint8), 1)
    return np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1], np.float32)


def _middle(pair: Pair) -> Pair:
    height, width = pair.labels.shape
    top, left = max((height - LARGEST_SIDE) // 2, 0), max((width - LARGEST_SIDE) // 2, 0)
    where = slice(top, top + LARGEST_SIDE), slice(left, left + LARGEST_SIDE)
    return Pair(
        pair.name,
        np.ascontiguousarray(pair.image[where]),
        np.ascontiguousarray(pair.labels[where]),
    )
