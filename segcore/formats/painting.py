"""A label map painted from regions, one over another, and how much they covered of each other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassTable
from segcore.formats.instances import Ints, filled
from segcore.labels import LabelMap, unlabelled

_PIXELS_AT_ONCE = 1 << 20


class Region(NamedTuple):
    """Pixels of a picture: a bool mask with its first row and column."""

    top: int
    left: int
    mask: npt.NDArray[np.bool_]

    @property
    def area(self) -> int:
        """How many pixels there are."""
        return int(np.count_nonzero(self.mask))

    def inside(self, height: int, width: int) -> Region:
        """What of it lies in a picture of that size."""
        top, left = max(self.top, 0), max(self.left, 0)
        rows = slice(top - self.top, max(height - self.top, 0))
        columns = slice(left - self.left, max(width - self.left, 0))
        return Region(top, left, self.mask[rows, columns])


NOTHING = Region(0, 0, np.zeros((0, 0), np.bool_))


class Painting:
    """A label map in the making; what is painted later lies above.

    Attributes:
        labels: (H, W), ignore where nothing was painted.
        covered: pixels that were painted again with another class.
    """

    def __init__(self, size: tuple[int, int], classes: ClassTable) -> None:
        self.labels: LabelMap = unlabelled(*size, classes.dtype)
        self.covered = 0
        self._ignore = classes.ignore

    def paint(self, region: Region, class_id: int) -> None:
        """Give a region to a class (or to ignore); what lies outside the picture is cut off."""
        top, left, mask = region.inside(*self.labels.shape)
        if mask.size == 0:
            return
        below = self.labels[top : top + mask.shape[0], left : left + mask.shape[1]]
        other = (below != self._ignore) & (below != class_id) & mask
        self.covered += int(np.count_nonzero(other))
        below[mask] = class_id

    def paint_runs(self, starts: Ints, lengths: Ints, class_id: int) -> None:
        """Give runs along the rows to a class; they lie in the picture, and share no pixel."""
        flat = self.labels.reshape(-1)
        ends = np.cumsum(lengths)
        first = 0
        while first < len(starts):
            done = int(ends[first - 1]) if first else 0
            last = max(int(np.searchsorted(ends, done + _PIXELS_AT_ONCE)), first + 1)
            some = lengths[first:last]
            shift = starts[first:last] - (ends[first:last] - some - done)
            pixels = np.repeat(shift, some) + np.arange(int(some.sum()))
            below = flat[pixels]
            other = (below != self._ignore) & (below != class_id)
            self.covered += int(np.count_nonzero(other))
            flat[pixels] = class_id
            first = last


def region_of_columns(starts: Ints, lengths: Ints, height: int) -> Region:
    """The region of runs along the columns of a picture; a run may go on in the next column."""
    if len(starts) == 0:
        return NOTHING
    starts, lengths = _within_lines(starts, lengths, height)
    columns, rows = np.divmod(starts, height)
    left, top = int(columns.min()), int(rows.min())
    shape = (int(columns.max()) + 1 - left, int((rows + lengths).max()) - top)
    mask = filled((columns - left) * shape[1] + rows - top, lengths, shape)
    return Region(top, left, mask.T)


def _within_lines(starts: Ints, lengths: Ints, places: int) -> tuple[Ints, Ints]:
    """The same pixels in runs of which none goes past the end of its line."""
    first, last = starts // places, (starts + lengths - 1) // places
    counts = last - first + 1
    if (counts == 1).all():
        return starts, lengths
    owners = np.repeat(np.arange(len(starts)), counts)
    lines = first[owners] + np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    begins = np.maximum(starts[owners], lines * places)
    ends = np.minimum(starts[owners] + lengths[owners], (lines + 1) * places)
    return begins, ends - begins
