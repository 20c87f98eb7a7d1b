"""Regions as polygons and polygons as regions, by the rules of the programs that draw them.

Three rules are in use, and they differ in the pixels along an outline:

- **OpenCV** (`fillPoly`, what Ultralytics trains on): vertices are pixels; the outline itself and
  what lies inside by the even-odd rule are filled. `pixel_ring` makes polygons for this rule that
  give every pixel back, holes too.
- **COCO** (pycocotools, also what CVAT's masks are made with): vertices are corners between
  pixels, rings of one object are united.
- **Pillow** (labelme): see `labelme.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segcore.formats.painting import NOTHING, Region, region_of_columns
from segcore.formats.rle import RunLengthError, coco_runs
from segcore.opencv import cv2

Points = npt.NDArray[np.float64]
"""(n, 2) x, y in pixels of the picture."""

_Ring = npt.NDArray[np.int64]


def pixel_ring(mask: npt.NDArray[np.bool_]) -> _Ring:
    """One closed polygon, (n, 2) x and y, whose `fillPoly` is the mask, pixel for pixel.

    A hole is reached by a bridge: from the hole's leftmost pixel along its row to the outline on
    the left, there and back over pixels of the region, so that the even-odd rule leaves the hole
    out and the bridge draws nothing new. Ultralytics' own converter joins parts in this way.

    Args:
        mask: (h, w) bool, one 8-connected component.
    """
    pixels = mask.view(np.uint8) if mask.flags.c_contiguous else mask.astype(np.uint8)
    # OpenCV looks for whose hole each is pair by pair; as a bare list it takes no time.
    contours, _ = cv2.findContours(pixels, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    if len(contours) == 1:  # without holes OpenCV's own corners are enough
        return contours[0].reshape(-1, 2).astype(np.int64)
    contours, _ = cv2.findContours(pixels, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    rings = [contour.reshape(-1, 2).astype(np.int64) for contour in contours]
    # The outline goes round the other way than all holes, which makes its area negative.
    outer = int(np.argmin([cv2.contourArea(contour, oriented=True) for contour in contours]))
    return _corners(_bridged(mask, rings, outer))


def _bridged(mask: npt.NDArray[np.bool_], rings: list[_Ring], outer: int) -> _Ring:
    """The outer ring with all holes hung into it, or into holes that hang in it."""
    width = mask.shape[1]
    holes = np.array([number for number in range(len(rings)) if number != outer])
    begins = np.array([int(rings[number][:, 0].argmin()) for number in holes])
    left, row = np.stack([rings[number][begin] for number, begin in zip(holes, begins)], axis=1)
    # Gaps are 4-connected where the region is 8-connected; a hole lies right of its leftmost pixel.
    gaps = cv2.connectedComponents((~mask).astype(np.uint8), connectivity=4)[1]
    ring_of_gap = np.full(int(gaps.max()) + 1, outer)
    ring_of_gap[gaps[row, left + 1]] = holes
    reached = np.array([_reached(mask[y], x) for x, y in zip(left, row)])
    hosts = np.where(reached > 0, ring_of_gap[gaps[row, np.maximum(reached - 1, 0)]], outer)
    places = _places(rings, hosts, row * width + reached, width)
    # A hole hangs in a ring that reaches farther left, so from the right each is done in time.
    hung: dict[int, list[tuple[int, _Ring]]] = {}
    for index in np.argsort(-left, kind="stable"):
        number = int(holes[index])
        ring = _with_hung(rings[number], hung.pop(number, []), int(begins[index]))
        hung.setdefault(int(hosts[index]), []).append((int(places[index]), ring))
    return _with_hung(rings[outer], hung.pop(outer, []), 0)


def _reached(row: npt.NDArray[np.bool_], x: int) -> int:
    """The leftmost pixel of the run of the region that `x` is in."""
    gaps = np.flatnonzero(~row[:x])
    return int(gaps[-1]) + 1 if len(gaps) else 0


def _places(rings: list[_Ring], hosts: _Ring, pixels: _Ring, width: int) -> npt.NDArray[np.int64]:
    """For each hole the vertex of its host that lies on the given pixel (y * width + x)."""
    places = np.zeros(len(hosts), np.int64)
    by_host = np.argsort(hosts, kind="stable")
    for asked in np.split(by_host, np.flatnonzero(np.diff(hosts[by_host])) + 1):
        ring = rings[hosts[asked[0]]]
        keys = ring[:, 1] * width + ring[:, 0]
        order = np.argsort(keys, kind="stable")
        places[asked] = order[np.searchsorted(keys[order], pixels[asked])]
    return places


def _with_hung(ring: _Ring, hung: list[tuple[int, _Ring]], begin: int) -> _Ring:
    """A ring as a walk from vertex `begin` back to it, with detours at the given vertices."""
    pieces: list[_Ring] = []
    last = 0
    walk = np.concatenate([ring[begin:], ring[: begin + 1]])
    for at, detour in sorted(hung, key=lambda item: (item[0] - begin) % len(ring)):
        stop = (at - begin) % len(ring)
        pieces += [walk[last : stop + 1], detour]
        last = stop
    return np.concatenate([*pieces, walk[last:]])


def _corners(walk: _Ring) -> _Ring:
    """A closed walk without the vertices that lie on a straight piece of it."""
    steps = np.sign(np.roll(walk, -1, axis=0) - walk)
    walk = walk[steps.any(axis=1)] if steps.any() else walk[:1]
    leaving = np.roll(walk, -1, axis=0) - walk
    leaving = np.sign(leaving)
    turns = (leaving != np.roll(leaving, 1, axis=0)).any(axis=1)
    return walk[turns] if turns.any() else walk[:1]


def fill_pixels(points: npt.ArrayLike, height: int, width: int) -> Region:
    """The region of a polygon as Ultralytics rasterises it: truncated vertices, `fillPoly`."""
    vertices = np.asarray(points).astype(np.int64)
    if len(vertices) == 0:
        return NOTHING
    left, top = np.clip(vertices.min(axis=0), 0, (width - 1, height - 1))
    right, bottom = np.clip(vertices.max(axis=0), 0, (width - 1, height - 1))
    crop = np.zeros((int(bottom - top) + 1, int(right - left) + 1), np.uint8)
    cv2.fillPoly(crop, [(vertices - (left, top)).astype(np.int32)], color=1)
    return Region(int(top), int(left), crop.astype(np.bool_))


def check_corners(points: npt.ArrayLike, height: int, width: int) -> None:
    """Refuse corners that would make a program draw for ever.

    Raises:
        RunLengthError: one is no number, or many pictures away from this one.
    """
    reach = 16 * max(height, width) + 4096
    if not np.all(np.abs(np.asarray(points, np.float64)) <= reach):  # False for what is no number
        raise RunLengthError("a corner is no number or lies far outside the picture")


def fill_corners(rings: Sequence[Points], height: int, width: int) -> Region:
    """The region of an object's rings as pycocotools rasterises and unites them.

    Raises:
        RunLengthError: a corner is no number or lies far outside.
    """
    from pycocotools import mask as coco_mask

    for ring in rings:
        check_corners(ring, height, width)
    flat = [ring.ravel().tolist() for ring in rings if len(ring) >= 3]
    if not flat:
        return NOTHING
    packed = coco_mask.merge(coco_mask.frPyObjects(flat, height, width))
    return region_of_columns(*coco_runs(packed["counts"].decode("ascii"), height * width), height)


def turned_box(
    center: tuple[float, float], half: tuple[float, float], degrees: float = 0.0
) -> Points:
    """The four corners of a box, turned clockwise about its centre (y points down)."""
    angle = np.deg2rad(degrees)
    across = np.array([np.cos(angle), np.sin(angle)]) * half[0]
    down = np.array([-np.sin(angle), np.cos(angle)]) * half[1]
    middle = np.asarray(center, np.float64)
    corners = [-across - down, across - down, across + down, down - across]
    return middle + np.array(corners)


def ellipse(
    center: tuple[float, float], half: tuple[float, float], degrees: float = 0.0, corners: int = 256
) -> Points:
    """An ellipse as a polygon of so many corners, turned clockwise about its centre."""
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    box = turned_box((0.0, 0.0), half, degrees)
    across, down = (box[1] - box[0]) / 2, (box[3] - box[0]) / 2
    around = np.cos(angles)[:, None] * across + np.sin(angles)[:, None] * down
    outline: Points = np.asarray(center, np.float64) + around
    return outline
