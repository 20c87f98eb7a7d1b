"""Very many regions at once: a label map of noise has a million of one pixel.

Region by region each costs a tenth of a millisecond, which is minutes for such a map. Where no two
regions share a pixel, in which order they are painted is no matter, and arrays do it in a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassTable
from segcore.formats.instances import Instances, Ints
from segcore.formats.rle import RunLengthError

_BITS = 5
_MOST_CHARACTERS = 8


def painted_apart(
    runs: tuple[Ints, Ints], class_ids: Ints, size: int, classes: ClassTable
) -> npt.NDArray[Any] | None:
    """(size,) ids of runs (starts, lengths) over flat positions, in the dtype of the classes and
    with ignore elsewhere; None where two runs overlap."""
    starts, lengths = runs
    order = np.argsort(starts, kind="stable")
    starts, lengths, class_ids = starts[order], lengths[order], class_ids[order]
    ends = np.append(0, starts + lengths)
    gaps = np.append(starts, size) - ends
    if (gaps < 0).any():
        return None
    values = np.full(2 * len(starts) + 1, classes.ignore, classes.dtype)
    values[1::2] = class_ids
    counts = np.empty(len(values), np.int64)
    counts[::2], counts[1::2] = gaps, lengths
    return np.repeat(values, counts)


def coco_texts_of_all(found: Instances, size: int) -> list[str]:
    """What `rle.coco_text` says of each instance; runs along the columns of `size` pixels."""
    if len(found) == 0:
        return []
    owners = np.repeat(np.arange(len(found)), np.diff(found.bounds))
    counts, owners = _counts_of_all(found.starts, found.lengths, owners, size)
    values = counts.copy()
    later = np.flatnonzero(_turns(owners) > 2)
    values[later] -= counts[later - 2]
    widths = np.ones(len(values), np.int64)
    for characters in range(1, _MOST_CHARACTERS):
        reach = 1 << (_BITS * characters - 1)
        widths += (values >= reach) | (values < -reach)
    ends = np.cumsum(widths)
    rows = np.repeat(np.arange(len(values)), widths)
    places = np.arange(len(rows)) - (ends - widths)[rows]
    more = places < widths[rows] - 1
    text = ((values[rows] >> (_BITS * places)) & 0x1F | np.where(more, 0x20, 0)) + 48
    whole = text.astype(np.uint8).tobytes().decode("ascii")
    cuts = [0, *ends[np.flatnonzero(np.diff(owners, append=-1))].tolist()]
    return [whole[begin:end] for begin, end in pairwise(cuts)]


def _counts_of_all(starts: Ints, lengths: Ints, owners: Ints, size: int) -> tuple[Ints, Ints]:
    """`rle.counts_of` for the runs of each owner, and whose each count is."""
    ends = starts + lengths
    apart = (owners[1:] != owners[:-1]) | (starts[1:] != ends[:-1])
    begins, lasts = np.append(True, apart), np.append(apart, True)
    edges = np.stack([starts[begins], ends[lasts]], axis=1).ravel()
    of_edges, everybody = np.repeat(owners[begins], 2), np.arange(int(owners[-1]) + 1)
    all_owners = np.concatenate([of_edges, everybody])
    order = np.argsort(all_owners, kind="stable")  # the end of the picture comes last for each
    all_edges = np.concatenate([edges, np.full(len(everybody), size)])[order]
    all_owners = all_owners[order]
    counts = np.diff(all_edges, prepend=0)
    first = np.flatnonzero(np.diff(all_owners, prepend=-1))
    counts[first] = all_edges[first]
    kept = (counts > 0) | (_turns(all_owners) == 0)
    return counts[kept], all_owners[kept]


def coco_runs_of_all(texts: Sequence[str], size: int) -> tuple[Ints, Ints, Ints]:
    """Starts, lengths and the number of its text for each run of COCO's compressed RLEs.

    Raises:
        RunLengthError: one is not right; `rle.coco_runs` says what is wrong with it.
    """
    try:
        characters = np.frombuffer("".join(texts).encode("ascii"), np.uint8).astype(np.int64) - 48
    except UnicodeEncodeError as error:
        raise RunLengthError("counts hold characters that RLE does not have") from error
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    last = np.cumsum(sizes) - 1
    more = (characters & 0x20) != 0
    if (sizes == 0).any() or (characters < 0).any() or (characters > 63).any() or more[last].any():
        raise RunLengthError("counts are empty, damaged or cut short")
    ends = np.flatnonzero(~more)
    begins = np.append(0, ends[:-1] + 1)
    widths = ends - begins + 1
    if widths.max() > _MOST_CHARACTERS:
        raise RunLengthError("a count is larger than any picture")
    places = np.arange(len(characters)) - np.repeat(begins, widths)
    values = np.add.reduceat((characters & 0x1F) << (_BITS * places), begins)
    values -= ((characters[ends] & 0x10) != 0).astype(np.int64) << (_BITS * widths)
    owners = np.repeat(np.arange(len(texts)), sizes)[ends]
    return runs_of_all(_undone(values, owners), owners, np.full(len(texts), size))


def runs_of_all(counts: Ints, owners: Ints, sizes: Ints) -> tuple[Ints, Ints, Ints]:
    """Starts, lengths and owners of the runs of 1, from counts of 0 and 1 in turn of many regions.

    Args:
        counts: of all regions, one after the other.
        owners: (counts,) ascending: whose they are; each of the regions has some.
        sizes: (regions,) what the counts of each have to sum to.

    Raises:
        RunLengthError: a count is negative, or some do not sum to their size.
    """
    edges, turns = _summed(counts, owners), _turns(owners)
    final = np.flatnonzero(np.diff(owners, append=-1))
    if (counts < 0).any() or len(final) != len(sizes) or (edges[final] != sizes).any():
        raise RunLengthError("counts are negative or do not sum to the pixels that there are")
    filled = (turns % 2 == 1) & (counts > 0)
    return (edges - counts)[filled], counts[filled], owners[filled]


def _undone(values: Ints, owners: Ints) -> Ints:
    """Counts of differences: from the third on each is given against the one two before."""
    turns = _turns(owners)
    chains = 3 * owners + np.where(turns == 0, 0, 1 + turns % 2)
    order = np.argsort(chains, kind="stable")
    counts = np.empty(len(values), np.int64)
    counts[order] = _summed(values[order], chains[order])
    return counts


def _turns(owners: Ints) -> Ints:
    """The number of each entry among those of its owner, from 0."""
    begins = np.flatnonzero(np.diff(owners, prepend=-1))
    return np.arange(len(owners)) - np.repeat(begins, np.diff(begins, append=len(owners)))


def _summed(values: Ints, owners: Ints) -> Ints:
    """Sums of the values of each owner so far."""
    sums = np.cumsum(values)
    begins = np.flatnonzero(np.diff(owners, prepend=-1))
    before = (sums - values)[begins]
    result: Ints = sums - np.repeat(before, np.diff(begins, append=len(owners)))
    return result
