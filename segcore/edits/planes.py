"""One rectangle of ids, as small as it gets: uniform rectangles keep a single value."""

from __future__ import annotations

import sys
import zlib
from enum import IntEnum
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
