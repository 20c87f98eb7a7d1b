"""From clicks to a region: what belongs to it, what does not, out of features, logits and edges.

Everything that does not depend on the clicks is worked out once for a part of the picture, its
`ClickGround`; a click is then answered in milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcore.assist.affinity import Cell, CellGrid, Floats, affinity
from segcore.assist.evidence import Evidence
from segcore.assist.upsampling import spread
from segcore.assist.windows import window_around
from segcore.edits.selection import Mask, Selection
from segcore.errors import RequestError
from segcore.geometry import Box, Point, Size, cell_of_point
from segcore.opencv import cv2

Image = npt.NDArray[np.uint8]

CELL = 4
"""Pixels a side of a cell where there is no model whose grid would say."""
MOST_CELLS = 256
"""Cells a side that are looked at around a click."""
GUIDE_REACH = 4
"""Pixels within which the picture's edges pull a boundary, where cells are 4 pixels wide."""
GUIDE_EVENNESS = 60.0
"""Variance of brightness below which there is no edge to pull it."""
ROOM = 3
"""Cells around a region in which its boundary may be pulled."""
TILE = 96
"""Pixels a side of the pieces of a boundary that are pulled one by one."""
MOST_GUIDED = 2_500_000
"""Pixels of such pieces, with what lies around each, whose boundary is still pulled."""


@dataclass(frozen=True, eq=False)
class ClickGround:
    """A part of a picture, made ready for clicks.

    Attributes:
        box: the image pixels in which regions are found.
        cells: what its cells are compared by.
        brightness: (h, w) uint8 of the box at full size.
    """

    box: Box
    cells: CellGrid
    brightness: npt.NDArray[np.uint8]

    @classmethod
    def with_model(cls, image: Image, evidence: Evidence) -> ClickGround:
        """From what a model knows of a part of the (H, W, 3) uint8 image."""
        return cls._made(
            image, evidence.box, evidence.grid, evidence.features, evidence.probabilities
        )

    @classmethod
    def without_model(cls, image: Image, point: Point) -> ClickGround:
        """From colours alone, around a pixel.

        Raises:
            RequestError: the point is outside the image.
        """
        box = window_around(point, MOST_CELLS * CELL, (image.shape[0], image.shape[1]))
        grid = -(-box.height // CELL), -(-box.width // CELL)
        features, probabilities = np.empty((0, 0, *grid)), np.empty((0, *grid))
        return cls._made(
            image, box, grid, features.astype(np.float32), probabilities.astype(np.float32)
        )

    @classmethod
    def _made(
        cls,
        image: Image,
        box: Box,
        grid: tuple[int, int],
        features: Floats,
        probabilities: Floats,
    ) -> ClickGround:
        part = np.ascontiguousarray(image[box.slices])
        lab = cv2.cvtColor(part, cv2.COLOR_RGB2LAB)
        size = grid[1], grid[0]
        colours = cv2.resize(lab.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        colours = np.asarray(colours, np.float32).reshape(*grid, 3)
        cells = CellGrid.of(colours, features, probabilities)
        return cls(box, cells, np.ascontiguousarray(lab[..., 0], np.uint8))

    def cell(self, point: Point) -> Cell:
        """The (row, column) of the cell of an image pixel inside the box."""
        inside = (point[0] - self.box.x0, point[1] - self.box.y0)
        return cell_of_point(inside, self.box.size, self.cells.size)


def click_region(
    ground: ClickGround, right: Sequence[Point], wrong: Sequence[Point] = ()
) -> Selection:
    """The region that some clicks mean.

    It holds every pixel that was clicked as right and none that was clicked as wrong, and each of
    its pieces was clicked.

    Args:
        right, wrong: image pixels (x, y) that belong to it and that do not, in any order; those
            outside the ground's box are left out.

    Raises:
        RequestError: no pixel that belongs to it is inside the box.
    """
    right = [point for point in right if ground.box.contains(point)]
    wrong = [point for point in wrong if ground.box.contains(point)]
    if not right:
        raise RequestError("No click lies where the tool has looked: click on the picture there.")
    odds = affinity(
        ground.cells,
        [ground.cell(point) for point in right],
        [ground.cell(point) for point in wrong],
    )
    odds = np.tanh(odds)
    place = _place_of_pieces(odds, [ground.cell(point) for point in right], ground.box.size)
    fine = _at_full_size(odds, place, ground)
    region = place.moved(ground.box.x0, ground.box.y0)
    return Selection(
        region,
        _clicked_pieces(
            fine,
            [(x - region.x0, y - region.y0) for x, y in right],
            [(x - region.x0, y - region.y0) for x, y in wrong if region.contains((x, y))],
        ),
    ).trimmed()


def _place_of_pieces(odds: Floats, cells: Sequence[Cell], size: tuple[int, int]) -> Box:
    """The pixels, of a part of `size`, around all pieces that were clicked, with some room."""
    pieces = _clicked_pieces(odds > 0, [(column, row) for row, column in cells], [])
    left, top, width, height = cv2.boundingRect(pieces.view(np.uint8))
    down, along = size[0] / odds.shape[0], size[1] / odds.shape[1]
    around = Box(
        math.floor((left - ROOM) * along),
        math.floor((top - ROOM) * down),
        math.ceil((left + width + ROOM) * along),
        math.ceil((top + height + ROOM) * down),
    )
    return around.clip(*size)


def _at_full_size(odds: Floats, place: Box, ground: ClickGround) -> Mask:
    """Where the odds of cells are above 0 at the pixels of a place in the ground, their boundary
    pulled to the picture's edges (He and others, "Guided image filtering", ECCV 2010).

    Only pieces of the place through which the boundary runs are looked at so closely.
    """
    reach = max(round(GUIDE_REACH / (odds.shape[1] / ground.box.width) / CELL), 1)
    positive = (odds > 0).view(np.uint8)
    found = np.empty(place.size, np.bool_)
    crossed = []
    for tile in _tiles(place):
        around = tile.grown(2 * reach).intersect(place)
        cells = positive[_cells_under(around, odds.shape, ground.box.size).slices]
        count = cv2.countNonZero(cells)
        if 0 < count < cells.size:
            crossed.append((tile, around))
        else:
            found[tile.moved(-place.x0, -place.y0).slices] = count > 0
    pulls = sum(around.area for _, around in crossed) <= MOST_GUIDED
    for tile, around in crossed:
        seen = around if pulls else tile
        values = spread(odds, seen, ground.box.size)
        if pulls:
            values = _guided_filter(ground.brightness[seen.slices], values, reach)
        own = values[tile.moved(-seen.x0, -seen.y0).slices]
        np.greater(own, 0, out=found[tile.moved(-place.x0, -place.y0).slices])
    return found


def _tiles(place: Box) -> Iterator[Box]:
    for y in range(place.y0, place.y1, TILE):
        for x in range(place.x0, place.x1, TILE):
            yield Box(x, y, x + TILE, y + TILE).intersect(place)


def _cells_under(place: Box, grid: Size, size: Size) -> Box:
    """The cells of a grid over (H, W) pixels from which the pixels of a place are interpolated."""
    down, along = grid[0] / size[0], grid[1] / size[1]
    return Box(
        math.floor((place.x0 + 0.5) * along - 0.5),
        math.floor((place.y0 + 0.5) * down - 0.5),
        math.floor((place.x1 - 0.5) * along - 0.5) + 2,
        math.floor((place.y1 - 0.5) * down - 0.5) + 2,
    ).clip(*grid)


def _guided_filter(brightness: npt.NDArray[np.uint8], values: Floats, reach: int) -> Floats:
    guide = brightness.astype(np.float32)
    kernel = (2 * reach + 1, 2 * reach + 1)

    def mean(of: Floats) -> Floats:
        return np.asarray(cv2.boxFilter(of, -1, kernel, borderType=cv2.BORDER_REFLECT))

    mean_guide, mean_values = mean(guide), mean(values)
    variance = mean(np.square(guide)) - np.square(mean_guide)
    together = mean(np.multiply(guide, values)) - mean_guide * mean_values
    slope = together / (variance + np.float32(GUIDE_EVENNESS))
    level = mean_values - slope * mean_guide
    return mean(slope) * guide + mean(level)


def _clicked_pieces(region: Mask, right: Sequence[Point], wrong: Sequence[Point]) -> Mask:
    """The pieces of a region that hold a right click, and those clicks' own pixels."""
    region = region.copy()
    for x, y in wrong:
        region[y, x] = False
    for x, y in right:
        region[y, x] = True
    painted = region.view(np.uint8)
    for x, y in right:
        if painted[y, x] == 1:
            cv2.floodFill(painted, None, (x, y), 2)
    return np.asarray(painted == 2)
