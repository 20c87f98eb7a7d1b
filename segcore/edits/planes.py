"""One rectangle of ids, as small as it gets: uniform rectangles keep a single value."""

from __future__ import annotations

import sys
import zlib
from enum import IntEnum
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from segcore.opencv import cv2

IdArray = npt.NDArray[Any]

FAST_COMPRESSION = 1


class PlaneKind(IntEnum):
    """How the bytes of a packed plane are to be read; the numbers stand in journals on disk."""

    UNIFORM = 0
    DEFLATED = 1
    RAW = 2


class PackedPlane(NamedTuple):
    """A packed (h, w) rectangle of ids; `data` is little-endian."""

    kind: PlaneKind
    shape: tuple[int, int]
    dtype: str
    data: bytes

    def unpacked(self) -> IdArray:
        """The (h, w) ids, read-only.

        Raises:
            ValueError: the bytes do not make up such a rectangle.
        """
        dtype = np.dtype(self.dtype).newbyteorder("<")
        data = zlib.decompress(self.data) if self.kind == PlaneKind.DEFLATED else self.data
        values = np.frombuffer(data, dtype).astype(np.dtype(self.dtype), copy=False)
        if self.kind == PlaneKind.UNIFORM:
            return np.broadcast_to(values.reshape(()), self.shape)
        return values.reshape(self.shape)


def pack(plane: IdArray) -> PackedPlane:
    """Pack a (h, w) rectangle of uint8 or uint16 ids: one value, deflated, or raw when smaller."""
    shape = (plane.shape[0], plane.shape[1])
    little = plane.dtype.newbyteorder("<")
    if is_uniform(plane):
        single = plane[:1, :1].astype(little).tobytes()
        return PackedPlane(PlaneKind.UNIFORM, shape, plane.dtype.name, single)
    raw = np.ascontiguousarray(plane, little)
    deflated = zlib.compress(raw.data, FAST_COMPRESSION)
    if len(deflated) < raw.nbytes:
        return PackedPlane(PlaneKind.DEFLATED, shape, plane.dtype.name, deflated)
    return PackedPlane(PlaneKind.RAW, shape, plane.dtype.name, raw.tobytes())


def is_uniform(plane: IdArray) -> bool:
    """Whether a non-empty rectangle of uint8 or uint16 holds one id only."""
    if plane.strides == (0, 0):
        return True
    if plane[0, 0] != plane[-1, -1]:
        return False
    smallest, largest, _, _ = cv2.minMaxLoc(plane)
    return bool(smallest == largest)


def uniform_tiles(strip: IdArray, across: int) -> list[bool]:
    """Which tiles of a strip, `across` columns each but the last, hold one id only.

    Neighbours that look alike are read in one go.
    """
    begins = range(0, strip.shape[1], across)
    lasts = [min(begin + across, strip.shape[1]) - 1 for begin in begins]
    corners = (strip[row, columns].tolist() for row in (0, -1) for columns in (begins, lasts))
    likely = [four[0] if len(set(four)) == 1 else None for four in zip(*corners)]
    found: list[bool] = []
    for looks, alike in groupby(likely):
        count, first = len(list(alike)), len(found)
        tiles = strip[:, begins[first] : lasts[first + count - 1] + 1]
        if looks is None:
            found += [False] * count
        elif count == 1 or is_uniform(tiles):
            found += [count > 1 or is_uniform(tiles)] * count
        else:
            found += [is_uniform(tiles[:, at : at + across]) for at in begins[:count]]
    return found


def uniform(value: int, shape: tuple[int, int], dtype: npt.DTypeLike) -> IdArray:
    """A read-only (h, w) rectangle of one id that takes the memory of one pixel."""
    dtype = np.dtype(dtype)
    pixel = value.to_bytes(dtype.itemsize, sys.byteorder)
    return np.ndarray(shape, dtype, pixel, strides=(0, 0))


def compact_copy(plane: IdArray) -> IdArray:
    """A copy that shares no memory with `plane`; a uniform one takes the memory of one pixel."""
    if is_uniform(plane):
        return uniform(int(plane[0, 0]), (plane.shape[0], plane.shape[1]), plane.dtype)
    return plane.copy()
