"""JPEG pictures whose data end too early, found without decoding them twice."""

from __future__ import annotations

import io
import re

import numpy as np
from PIL import JpegImagePlugin

_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = b"\xff\xd9"
_SEQUENTIAL_FRAMES = (0xC0, 0xC1)
_OTHER_FRAMES = (0xC2, 0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
# The decoder looks up to eight bytes ahead. In this pattern the usual codes are long and end no
# block, so that it does not stand in for more than a few missing samples.
_PADDING = b"\xb6" * 8


class TruncatedJpegError(OSError):
    """The compressed data end before the picture does."""


def load_jpeg(data: bytes) -> JpegImagePlugin.JpegImageFile:
    """Pillow's picture of a JPEG file, loaded.

    libjpeg paints what is missing grey and goes on, if only the end marker is there, and Pillow
    does not hear of it. So the end marker is taken away: a whole picture needs no more data, and a
    picture that ends too early makes Pillow complain of truncation. Progressive pictures, whose
    decoder waits for the marker, are decoded as they are.

    Raises:
        TruncatedJpegError: the data end too early.
        OSError, SyntaxError, ValueError: it is no JPEG that Pillow reads.
    """
    end = _end_of_only_scan(data)
    if end is None:
        return _loaded(data)
    try:
        return _loaded(data[:end] + _PADDING)
    except OSError:
        picture = _loaded(data)  # raises where it is cut even with its marker
        if _depends_on_what_follows(picture, data, end):
            raise TruncatedJpegError("its data end before the picture does") from None
        return picture


def _loaded(data: bytes) -> JpegImagePlugin.JpegImageFile:
    picture = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    picture.load()
    return picture


def _depends_on_what_follows(picture: JpegImagePlugin.JpegImageFile, data: bytes, end: int) -> bool:
    """Whether other bytes after the data change the picture: then it took them for its own."""
    other = _loaded(data[:end] + b"\x55" * 4096 + _END_OF_IMAGE)
    return not np.array_equal(np.asarray(picture), np.asarray(other))


def _end_of_only_scan(data: bytes) -> int | None:
    """Where the compressed data end, in a sequential picture of one scan with its end marker."""
    position = 2
    sequential = False
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        sequential = sequential or marker in _SEQUENTIAL_FRAMES
        if marker in _OTHER_FRAMES:
            return None
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if marker == _START_OF_SCAN:
            found = _MARKER.search(data, position)
            whole = sequential and found is not None and found.group() == _END_OF_IMAGE
            return found.start() if found is not None and whole else None
    return None
