"""Superpixels: cells of like pixels that a stroke collects.

SLIC (Achanta and others, TPAMI 2012) or Felzenszwalb and Huttenlocher's graph (IJCV 2004), by
scikit-image, in tiles of the picture that are cut when a stroke first comes to them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Literal

import numpy as np
import numpy.typing as npt

from segcore.edits.patch import bounding_box
from segcore.edits.selection import Selection
from segcore.geometry import EMPTY, Box, Point
from segcore.opencv import cv2

Image = npt.NDArray[np.uint8]
CellIds = npt.NDArray[np.int32]
Method = Literal["slic", "felzenszwalb"]

METHODS: tuple[Method, ...] = ("slic", "felzenszwalb")
TILE = 384
"""Pixels a side of what is cut into cells at a time."""
_CELLS_AROUND = 3
"""Cells to each side of a point that are cut for a rough answer."""
MOST_TILES = 64
"""Tiles that are kept; a stroke rarely comes back further than that."""

Key = tuple[int, int]


class Superpixels:
    """The cells of one picture at one size. Safe to use from several threads.

    Args:
        image: (H, W, 3) uint8 RGB.
        side: about how many pixels a cell measures across.
        compactness: of SLIC, how much square cells count against like colours.
    """

    def __init__(
        self, image: Image, side: int = 16, method: Method = "slic", compactness: float = 10.0
    ) -> None:
        self.side = max(side, 2)
        self.method = method
        self._image = image
        self._compactness = compactness
        self._tiles: OrderedDict[Key, CellIds] = OrderedDict()
        self._lock = threading.Lock()

    def collected(self, path: npt.ArrayLike, radius: int = 0, *, rough: bool = False) -> Selection:
        """The cells that a stroke touches.

        Args:
            path: (n, 2) points (x, y) of the stroke; what lies outside the picture counts as far
                as the brush reaches in.
            radius: of the brush, pixels; 0 is a line of single pixels.
            rough: cut no tiles, only a small window around the end of the stroke: to be shown at
                once.
        """
        points = np.asarray(path, np.int64).reshape(-1, 2)
        chosen = []
        for key in self._keys(_stroke_box(points, radius).clip(*self._image.shape[:2])):
            box = self._box(key)
            drawn = _drawn(box, points, radius)
            if not drawn.any():
                continue
            cells = self._kept(key) if rough else self._cut(key)
            if cells is None:
                box = _stroke_box(points[-1:], _CELLS_AROUND * self.side)
                box = box.clip(*self._image.shape[:2])
                cells = self._computed(self._image[box.slices])
                drawn = _drawn(box, points, radius)
            chosen.append((box, _touched(cells, drawn)))
        if not chosen:
            return Selection(EMPTY, np.zeros((0, 0), np.bool_))
        place = bounding_box(box for box, _ in chosen)
        region = np.zeros(place.size, np.bool_)
        for box, touched in chosen:
            region[box.moved(-place.x0, -place.y0).slices] |= touched
        return Selection(place, region).trimmed()

    def cells(self, point: Point) -> tuple[Box, CellIds]:
        """The tile around a pixel and the number of each of its pixels' cells, (h, w) from 0."""
        key = point[1] // TILE, point[0] // TILE
        return self._box(key), self._cut(key)

    def _keys(self, stroke: Box) -> list[Key]:
        if stroke.is_empty:
            return []
        rows = range(stroke.y0 // TILE, (stroke.y1 - 1) // TILE + 1)
        columns = range(stroke.x0 // TILE, (stroke.x1 - 1) // TILE + 1)
        return [(row, column) for row in rows for column in columns]

    def _box(self, key: Key) -> Box:
        corner = Box(0, 0, TILE, TILE).moved(key[1] * TILE, key[0] * TILE)
        return corner.clip(*self._image.shape[:2])

    def is_cut(self, point: Point) -> bool:
        """Whether the cells around a pixel are at hand."""
        return self._kept((point[1] // TILE, point[0] // TILE)) is not None

    def cut_around(self, point: Point) -> None:
        """Have the cells around a pixel at hand."""
        self._cut((point[1] // TILE, point[0] // TILE))

    def _kept(self, key: Key) -> CellIds | None:
        with self._lock:
            return self._tiles.get(key)

    def _cut(self, key: Key) -> CellIds:
        cells = self._kept(key)
        if cells is None:
            # Not under the lock: what others have kept already can be looked at meanwhile.
            cells = self._computed(self._image[self._box(key).slices])
        with self._lock:
            self._tiles[key] = cells
            self._tiles.move_to_end(key)
            while len(self._tiles) > MOST_TILES:
                self._tiles.popitem(last=False)
        return cells

    def _computed(self, part: Image) -> CellIds:
        from skimage.segmentation import felzenszwalb, slic

        wanted = part.shape[0] * part.shape[1] / self.side**2
        if wanted < 2:
            return np.zeros(part.shape[:2], np.int32)
        if self.method == "slic":
            found = slic(
                part,
                n_segments=round(wanted),
                compactness=self._compactness,
                max_num_iter=5,
                start_label=0,
                channel_axis=-1,
            )
        else:
            least = max(self.side**2 // 4, 2)
            found = felzenszwalb(part, scale=self.side * 4, sigma=0.8, min_size=least)
        return np.asarray(found, np.int32)


def _drawn(box: Box, points: npt.NDArray[np.int64], radius: int) -> npt.NDArray[np.uint8]:
    """(h, w) of a box, 1 under a stroke."""
    drawn = np.zeros(box.size, np.uint8)
    line = (points - (box.x0, box.y0)).astype(np.int32)
    cv2.polylines(drawn, [line], isClosed=False, color=1, thickness=1)
    if radius > 0:
        # Drawn thin and widened by distance: cv2 squares the ends of thick lines.
        thick = max(2 * radius, 1)
        cv2.polylines(drawn, [line], isClosed=False, color=1, thickness=thick)
    for x, y in (line[0].tolist(), line[-1].tolist()):
        cv2.circle(drawn, (x, y), radius, 1, thickness=-1)
    return drawn


def _touched(cells: CellIds, drawn: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """(h, w) the cells of which any pixel is drawn over."""
    wanted = np.zeros(int(cells.max()) + 1, np.bool_)
    wanted[cells[drawn > 0]] = True
    return np.asarray(wanted[cells])


def _stroke_box(points: npt.NDArray[np.int64], radius: int) -> Box:
    if len(points) == 0:
        return EMPTY
    (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return Box(x0, y0, x1 + 1, y1 + 1).grown(radius)
