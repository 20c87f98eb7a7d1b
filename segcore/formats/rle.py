"""Run lengths as other programs write them, to and from runs of pixels.

Three programs, three encodings of one thing:

- **COCO**: counts of 0 and 1 in turn, beginning with 0, along the columns of the whole picture;
  packed into text (5 bits a character, each count from the third on as the difference to the one
  two before).
- **CVAT**: the same counts as a list of numbers, along the rows of a box.
- **Label Studio**: a stream of bits with the values of all four channels of the whole picture,
  along the rows (the rle-pack of thi.ng), as a list of bytes.

A region is `starts` and `lengths` of runs over flat positions, ascending and apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segcore.formats.instances import Ints


class RunLengthError(ValueError):
    """Run lengths that describe no region of the picture; its text completes a sentence."""


def counts_of(starts: Ints, lengths: Ints, size: int) -> Ints:
    """Counts of 0 and 1 in turn, beginning with 0, over `size` positions."""
    ends = starts + lengths
    apart = np.flatnonzero(starts[1:] != ends[:-1]) + 1  # runs of two lines may be one here
    starts, ends = starts[np.append(0, apart)], ends[np.append(apart - 1, len(ends) - 1)]
    edges = np.stack([starts, ends], axis=1).ravel()
    counts = np.diff(edges, prepend=0, append=size)
    return counts if counts[-1] else counts[:-1]


def runs_of(counts: npt.ArrayLike, size: int) -> tuple[Ints, Ints]:
    """Starts and lengths of the runs of 1, from counts of 0 and 1 in turn.

    Raises:
        RunLengthError: a count is negative, or they do not sum to `size`.
    """
    numbers = np.asarray(counts)
    if numbers.ndim != 1 or (len(numbers) and numbers.dtype.kind not in "iu"):
        raise RunLengthError("its counts are no list of whole numbers")
    numbers = numbers.astype(np.int64)
    if len(numbers) and (numbers.min() < 0 or numbers.max() > size):
        raise RunLengthError("one of its counts is negative or larger than the picture")
    edges = np.cumsum(numbers)
    total = int(edges[-1]) if len(edges) else 0
    if total != size:
        raise RunLengthError(f"its counts sum to {total:,} where there are {size:,} pixels")
    lengths = numbers[1::2]
    filled = lengths > 0
    return (edges[1::2] - lengths)[filled], lengths[filled]


def coco_text(starts: Ints, lengths: Ints, height: int, width: int) -> str:
    """What stands under `counts` in COCO's compressed RLE; runs along the columns."""
    from pycocotools import mask as coco_mask

    counts = counts_of(starts, lengths, height * width)
    packed = coco_mask.frPyObjects(
        {"counts": counts.tolist(), "size": [height, width]}, height, width
    )
    text: bytes = packed["counts"]
    return text.decode("ascii")


def coco_runs(text: str, size: int) -> tuple[Ints, Ints]:
    """Runs along the columns of COCO's compressed RLE.

    pycocotools would make a picture of every instance; the text alone says as much.

    Raises:
        RunLengthError: it is none, or not of a picture of `size` pixels.
    """
    try:
        characters = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64) - 48
    except UnicodeEncodeError as error:
        raise RunLengthError("its counts hold characters that RLE does not have") from error
    if len(characters) == 0:
        return runs_of([], size)
    if characters.min() < 0 or characters.max() > 63 or characters[-1] & 0x20:
        raise RunLengthError("its counts are damaged or cut short")
    ends = np.flatnonzero((characters & 0x20) == 0)
    begins = np.append(0, ends[:-1] + 1)
    places = np.arange(len(characters)) - np.repeat(begins, ends - begins + 1)
    if places.max() > 7:  # 8 characters hold 40 bits
        raise RunLengthError("one of its counts is larger than any picture")
    values = np.add.reduceat((characters & 0x1F) << (5 * places), begins)
    negative = (characters[ends] & 0x10) != 0
    values -= negative.astype(np.int64) << (5 * (ends - begins + 1))
    values[2::2] = np.cumsum(values[2::2])
    values[1::2] = np.cumsum(values[1::2])
    return runs_of(values, size)


_CHUNK_BITS = (3, 4, 8, 16)
"""Bits that the four kinds of chunk have for their length, as Label Studio writes them."""

_LONGEST_CHUNK = 1 << _CHUNK_BITS[-1]


def label_studio_bytes(starts: Ints, lengths: Ints, size: int) -> list[int]:
    """Label Studio's brush RLE of a region: its pixels are 255 in all four channels.

    Args:
        starts: along the rows.
        lengths: likewise.
        size: pixels of the picture, under 2^30.
    """
    counts = counts_of(starts, lengths, size) * 4
    values = np.where(np.arange(len(counts)) % 2, 255, 0)
    counts, values = counts[counts > 0], values[counts > 0]
    # a run longer than a chunk holds goes into several: full ones, then the rest
    pieces = -(-counts // _LONGEST_CHUNK)
    chunk_values = np.repeat(values, pieces)
    chunk_lengths = np.full(len(chunk_values), _LONGEST_CHUNK)
    chunk_lengths[np.cumsum(pieces) - 1] = counts - (pieces - 1) * _LONGEST_CHUNK
    kinds = np.searchsorted([1 << bits for bits in _CHUNK_BITS], chunk_lengths)
    length_bits = np.array(_CHUNK_BITS)[kinds]
    codes = (((4 | kinds) << length_bits | (chunk_lengths - 1)) << 8) | chunk_values
    head = [size * 4, 8 - 1, *(bits - 1 for bits in _CHUNK_BITS)]
    stream = _bits(
        np.concatenate([np.array(head), codes]),
        np.concatenate([np.array([32, 5, 4, 4, 4, 4]), length_bits + 11]),
    )
    return np.packbits(stream).tolist()


def _bits(codes: Ints, widths: Ints) -> npt.NDArray[np.uint8]:
    """Each code in so many bits, the highest first, one after another."""
    ends = np.cumsum(widths)
    owners = np.repeat(np.arange(len(codes)), widths)
    shifts = ends[owners] - 1 - np.arange(int(ends[-1]) if len(ends) else 0)
    result: npt.NDArray[np.uint8] = (codes[owners] >> shifts & 1).astype(np.uint8)
    return result


def label_studio_mask(data: Sequence[int] | bytes, size: int) -> npt.NDArray[np.bool_]:
    """(size,) bool: the pixels of `label_studio_runs`; raises as that does."""
    mask = np.zeros(size, np.bool_)
    for start, length in zip(*(each.tolist() for each in label_studio_runs(data, size))):
        mask[start : start + length] = True
    return mask


def label_studio_runs(data: Sequence[int] | bytes, size: int) -> tuple[Ints, Ints]:
    """Starts and lengths of the pixels that a brush RLE covers, those with any opacity, in order.

    Raises:
        RunLengthError: it is none, or not of a picture of `size` pixels.
    """
    reader = _BitReader(data)
    count = reader.take(32)
    if count != size * 4:
        raise RunLengthError(f"it is of {count // 4:,} pixels where there are {size:,}")
    word = reader.take(5) + 1
    length_bits = [reader.take(4) + 1 for _ in range(4)]
    starts: list[int] = []
    lengths: list[int] = []

    def add(first: int, end: int) -> None:
        """The pixels whose opacity, the last of four values, is from `first` to before `end`."""
        begin, length = first // 4, end // 4 - first // 4
        if length > 0 and starts and starts[-1] + lengths[-1] == begin:
            lengths[-1] += length
        elif length > 0:
            starts.append(begin)
            lengths.append(length)

    place = 0
    while place < count:
        repeated, chunk = reader.chunk(length_bits)
        end = place + chunk
        if end > count:
            raise RunLengthError("one of its runs goes past the end of the picture")
        if repeated:
            if reader.take(word):
                add(place, end)
        else:
            for offset in np.flatnonzero(reader.words(chunk, word)).tolist():
                if (place + offset) % 4 == 3:
                    add(place + offset, place + offset + 1)
        place = end
    return np.array(starts, np.int64), np.array(lengths, np.int64)


class _BitReader:
    """Numbers of any width out of bytes, the highest bit first."""

    def __init__(self, data: Sequence[int] | bytes) -> None:
        try:
            self._data = bytes(data)
        except (TypeError, ValueError) as error:
            raise RunLengthError("it is no list of bytes") from error
        self._bits = len(self._data) * 8
        self._place = 0

    def take(self, width: int) -> int:
        """The next number of `width` bits."""
        begin, end = self._place, self._place + width
        if end > self._bits:
            self._check(end)
        self._place, last = end, (end + 7) >> 3
        number = int.from_bytes(self._data[begin >> 3 : last], "big")
        return number >> (last * 8 - end) & ((1 << width) - 1)

    def chunk(self, length_bits: Sequence[int]) -> tuple[bool, int]:
        """How the next chunk begins: whether one value is repeated, and how many values it has."""
        head = self.take(3)
        return head > 3, self.take(length_bits[head & 3]) + 1

    def words(self, count: int, width: int) -> npt.NDArray[np.uint32]:
        """The next `count` numbers of `width` bits, at most 32."""
        begin, self._place = self._place, self._place + count * width
        self._check(self._place)
        held = np.frombuffer(self._data, np.uint8)[begin // 8 : (self._place + 7) // 8]
        bits = np.unpackbits(held)[begin % 8 :][: count * width].reshape(count, width)
        weights = 1 << np.arange(width - 1, -1, -1, dtype=np.uint64)
        numbers: npt.NDArray[np.uint32] = (bits * weights).sum(axis=1).astype(np.uint32)
        return numbers

    def _check(self, end: int) -> None:
        if end > self._bits:
            raise RunLengthError("it is cut short")
