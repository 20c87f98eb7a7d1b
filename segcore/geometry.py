"""Image pixels, model pixels and stage tokens: the only conversions between them.

Points are (x, y) in whole pixels from 0; sizes are (height, width). Pixel x covers [x, x + 1), so
its centre is x + 0.5, and in every change of size centres map to where they fall
(`align_corners=False`). All of it is done in integers: there is nothing to round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from segcore.errors import RequestError

Point = tuple[int, int]
Size = tuple[int, int]


class Box(NamedTuple):
    """A half-open rectangle in image pixels: x0 <= x < x1, y0 <= y < y1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def of_size(cls, size: Size) -> Box:
        """The box that covers an image of (height, width)."""
        return cls(0, 0, size[1], size[0])

    @property
    def width(self) -> int:
        """Pixels across, 0 when empty."""
        return max(self.x1 - self.x0, 0)

    @property
    def height(self) -> int:
        """Pixels down, 0 when empty."""
        return max(self.y1 - self.y0, 0)

    @property
    def size(self) -> Size:
        """(height, width)."""
        return self.height, self.width

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.height * self.width

    @property
    def is_empty(self) -> bool:
        """True when no pixel is inside."""
        return self.x1 <= self.x0 or self.y1 <= self.y0

    @property
    def slices(self) -> tuple[slice, slice]:
        """(rows, columns), to index an (H, W, …) array; the box must lie inside it."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def contains(self, point: Point) -> bool:
        """Whether the pixel (x, y) is inside."""
        return self.x0 <= point[0] < self.x1 and self.y0 <= point[1] < self.y1

    def covers(self, other: Box) -> bool:
        """Whether every pixel of `other` is inside."""
        return other.is_empty or self.union(other) == self

    def intersect(self, other: Box) -> Box:
        """The pixels in both; the empty box (0, 0, 0, 0) when there are none."""
        both = Box(
            max(self.x0, other.x0),
            max(self.y0, other.y0),
            min(self.x1, other.x1),
            min(self.y1, other.y1),
        )
        return EMPTY if both.is_empty else both

    def union(self, other: Box) -> Box:
        """The smallest box around both; an empty one adds nothing."""
        if self.is_empty:
            return EMPTY if other.is_empty else other
        if other.is_empty:
            return self
        return Box(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    def clip(self, height: int, width: int) -> Box:
        """The part inside an image of that size."""
        return self.intersect(Box(0, 0, width, height))

    def moved(self, dx: int, dy: int) -> Box:
        """The same box, `dx` to the right and `dy` down."""
        return Box(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def grown(self, margin: int) -> Box:
        """`margin` pixels more on each side; an empty box stays empty."""
        if self.is_empty:
            return EMPTY
        return Box(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)


EMPTY = Box(0, 0, 0, 0)


def check_point(point: Point, image_size: Size) -> None:
    """Refuse a point outside an image of (height, width).

    Raises:
        RequestError: the point is outside; its text says the largest point there is.
    """
    height, width = image_size
    if not Box(0, 0, width, height).contains(point):
        raise RequestError(
            f"The point {point[0]},{point[1]} is outside the image of {width} x {height} pixels: "
            f"choose one from 0,0 to {width - 1},{height - 1}."
        )


def cell_of_point(point: Point, image_size: Size, grid_size: Size) -> tuple[int, int]:
    """The (row, column) of a grid laid over the image in which the point's centre falls.

    Row floor((y + 0.5) · h / H) of h rows over H pixels, columns alike.

    Raises:
        RequestError: the point is outside the image.
    """
    check_point(point, image_size)
    return (
        _rescaled(point[1], image_size[0], grid_size[0]),
        _rescaled(point[0], image_size[1], grid_size[1]),
    )


def stage_grid(model_size: Size, stage: int) -> Size:
    """(rows, columns) of stage 1 to 4 of a SegFormer fed with `model_size`: H / 4, / 8, / 16, / 32.

    Odd sizes round up, stage by stage, as the padded convolutions of patch merging do.

    Raises:
        RequestError: there is no such stage.
    """
    if stage not in (1, 2, 3, 4):
        raise RequestError(f"There is no stage {stage}: choose 1, 2, 3 or 4.")
    stride = 2 ** (stage + 1)
    return -(-model_size[0] // stride), -(-model_size[1] // stride)


@dataclass(frozen=True)
class WindowGeometry:
    """One piece of an image that goes through the model by itself.

    Attributes:
        box: the image pixels that the window sees.
        model_size: (height, width) that they are resized to and fed at.
        core: the part of `box` that this window answers for; the cores of all windows of an image
            tile it without overlap.
    """

    box: Box
    model_size: Size
    core: Box

    @classmethod
    def whole(cls, image_size: Size, model_size: Size | None = None) -> WindowGeometry:
        """One window over the whole image, at its own size unless told."""
        box = Box.of_size(image_size)
        return cls(box, model_size or image_size, box)

    def to_model(self, point: Point) -> Point:
        """The model pixel (x, y) that holds the centre of an image pixel of the box.

        Raises:
            RequestError: the point is outside the box.
        """
        row, column = self._cell(point, self.model_size)
        return column, row

    def to_image(self, point: Point) -> Point:
        """The image pixel (x, y) that holds the centre of a model pixel.

        Raises:
            RequestError: the point is outside the model's input.
        """
        row, column = cell_of_point(point, self.model_size, self.box.size)
        return self.box.x0 + column, self.box.y0 + row

    def stage_cell(self, point: Point, stage: int, grid: Size | None = None) -> tuple[int, int]:
        """The (row, column) of a stage's token grid in which an image pixel of the box falls.

        `grid` is the stage's (rows, columns); left out, it is `stage_grid(model_size, stage)`.

        Raises:
            RequestError: the point is outside the box, or there is no such stage.
        """
        return self._cell(point, grid or stage_grid(self.model_size, stage))

    def cell_box(self, cell: tuple[int, int], grid: Size) -> Box:
        """The image pixels that fall in a (row, column) of a grid over the window."""
        rows = _source_range(cell[0], self.box.height, grid[0])
        columns = _source_range(cell[1], self.box.width, grid[1])
        return Box(columns[0], rows[0], columns[1], rows[1]).moved(self.box.x0, self.box.y0)

    def _cell(self, point: Point, grid: Size) -> tuple[int, int]:
        if not self.box.contains(point):
            raise RequestError(
                f"The point {point[0]},{point[1]} is outside the window {tuple(self.box)}: "
                "choose one inside it."
            )
        inside = (point[0] - self.box.x0, point[1] - self.box.y0)
        return cell_of_point(inside, self.box.size, grid)


def _rescaled(index: int, length: int, cells: int) -> int:
    """floor((index + 0.5) · cells / length), exactly."""
    return (2 * index + 1) * cells // (2 * length)


def _source_range(cell: int, length: int, cells: int) -> tuple[int, int]:
    """First and last-plus-one index whose `_rescaled` is `cell`; equal when there is none."""

    def first(of: int) -> int:
        # smallest i with (2 i + 1) · cells >= 2 · length · of
        return max(-(-(2 * length * of - cells) // (2 * cells)), 0)

    return first(cell), min(first(cell + 1), length)
