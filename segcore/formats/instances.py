"""The instances of a label map: its connected components, every class at once.

Labels here are semantic. Where a format wants instances, each 8-connected component of a class is
one: pixels that touch at a corner belong together, as OpenCV's contours have it, so that a thin
slanted pole stays one thing and one polygon.

Nothing here makes a mask per instance. A label map is cut into runs of one id along its lines, runs
that touch are joined, and an instance is a list of runs: 12 megapixels with thousands of instances
take no more memory than their outlines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Instances:
    """The components of a label map that are not ignore, in order of their first pixel.

    Attributes:
        shape: (lines, places) of the array that was cut: (H, W), or (W, H) of a transposed map.
        classes: (n,) class id of each instance.
        starts: (runs,) first flat position of each run, instance by instance, ascending in each.
        lengths: (runs,) its pixels; a run never goes past the end of its line.
        bounds: (n + 1,) the runs of instance i are `bounds[i]` to `bounds[i + 1]`.
    """

    shape: tuple[int, int]
    classes: Ints
    starts: Ints
    lengths: Ints
    bounds: Ints

    def __len__(self) -> int:
        return len(self.classes)

    def runs(self, index: int) -> tuple[Ints, Ints]:
        """Flat starts and lengths of the runs of an instance."""
        span = slice(self.bounds[index], self.bounds[index + 1])
        return self.starts[span], self.lengths[span]

    @cached_property
    def areas(self) -> Ints:
        """(n,) pixels of each instance."""
        return _reduced(np.add, self.lengths, self.bounds)

    @cached_property
    def boxes(self) -> Ints:
        """(n, 4) first line, first place, last line + 1, last place + 1 of each instance."""
        lines, places = np.divmod(self.starts, max(self.shape[1], 1))
        return np.stack(
            [
                _reduced(np.minimum, lines, self.bounds),
                _reduced(np.minimum, places, self.bounds),
                _reduced(np.maximum, lines, self.bounds) + 1,
                _reduced(np.maximum, places + self.lengths, self.bounds),
            ],
            axis=1,
        )

    def mask(self, index: int) -> npt.NDArray[np.bool_]:
        """The instance inside its box, bool, in the axes of `shape`."""
        starts, lengths = self.runs(index)
        top, left, bottom, right = (int(edge) for edge in self.boxes[index])
        begins = (starts // self.shape[1] - top) * (right - left) + starts % self.shape[1] - left
        return filled(begins, lengths, (bottom - top, right - left))

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))


def instances_of(labels: npt.NDArray[Any], ignore: int) -> Instances:
    """The 8-connected components of every class of a label map.

    Args:
        labels: (H, W) class ids; transposed where runs along columns are wanted.
        ignore: the id that is in no instance.
    """
    shape = (int(labels.shape[0]), int(labels.shape[1]))
    starts, lengths = line_runs(labels)
    values = labels[starts // max(shape[1], 1), starts % max(shape[1], 1)].astype(np.int64)
    upper, lower = _touching(starts, lengths, values, shape[1])
    wanted = values[upper] != ignore
    roots = _roots(len(starts), upper[wanted], lower[wanted])
    kept = np.flatnonzero(values != ignore)
    # The root of a component is its first run, so sorting by root sorts by first pixel.
    order = kept[np.argsort(roots[kept], kind="stable")]
    first = np.flatnonzero(np.diff(roots[order], prepend=-1))
    return Instances(
        shape=shape,
        classes=values[order[first]],
        starts=starts[order],
        lengths=lengths[order],
        bounds=np.append(first, len(order)),
    )


def line_runs(labels: npt.NDArray[Any]) -> tuple[Ints, Ints]:
    """Runs of one id along the lines of a (lines, places) array: flat starts and lengths."""
    lines, places = labels.shape
    changes = np.empty((lines, places), np.bool_)
    changes[:, :1] = True
    np.not_equal(labels[:, 1:], labels[:, :-1], out=changes[:, 1:])
    starts = np.flatnonzero(changes)
    return starts, np.diff(starts, append=lines * places)


def filled(starts: Ints, lengths: Ints, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """(lines, places) bool with the given runs set; they may go on into the next line."""
    changes = np.zeros(shape[0] * shape[1] + 1, np.int8)
    changes[starts] += 1
    changes[starts + lengths] -= 1
    return np.cumsum(changes[:-1], dtype=np.int8).astype(np.bool_).reshape(shape)


def _touching(starts: Ints, lengths: Ints, values: Ints, places: int) -> tuple[Ints, Ints]:
    """Pairs of runs of one id that touch, at a side or a corner, across two neighbouring lines.

    The runs of a line cover it whole, so those above a run are found by their place alone.
    """
    lower = np.flatnonzero(starts >= places)
    above = starts[lower] - places
    line_begin = above - above % max(places, 1)
    reach_left = np.maximum(above - 1, line_begin)
    reach_right = np.minimum(above + lengths[lower], line_begin + places - 1)
    first = np.searchsorted(starts, reach_left, "right") - 1
    last = np.searchsorted(starts, reach_right, "right") - 1
    counts = last - first + 1
    lower = np.repeat(lower, counts)
    offsets = np.arange(len(lower)) - np.repeat(np.cumsum(counts) - counts, counts)
    upper = np.repeat(first, counts) + offsets
    alike = values[upper] == values[lower]
    return upper[alike], lower[alike]


def _roots(count: int, upper: Ints, lower: Ints) -> Ints:
    """For each of `count` runs the first run that it is connected with.

    Roots are hooked onto smaller ones and paths are halved, for all pairs at once, until nothing
    moves: a handful of rounds for label maps, a dozen for spirals.
    """
    parents = np.arange(count)
    while len(upper):
        left, right = parents[upper], parents[lower]
        apart = left != right
        if not apart.any():
            break
        upper, lower, left, right = upper[apart], lower[apart], left[apart], right[apart]
        np.minimum.at(parents, np.maximum(left, right), np.minimum(left, right))
        while True:
            grandparents = parents[parents]
            if np.array_equal(grandparents, parents):
                break
            parents = grandparents
    return parents


def _reduced(function: np.ufunc, values: Ints, bounds: Ints) -> Ints:
    if len(bounds) < 2:
        return np.zeros(0, np.int64)
    result: Ints = function.reduceat(values, bounds[:-1])
    return result
