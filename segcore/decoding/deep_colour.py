"""Colours of 16 bits, of which Pillow would cut the lower half off."""

from __future__ import annotations

import struct

import numpy as np

from segcore.decoding.formats import PNG_SIGNATURE
from segcore.decoding.pixels import RGB, rgb_of_samples
from segcore.opencv import cv2

_PICTURE_CHUNKS = (b"IHDR", b"PLTE", b"IDAT", b"IEND")


def rgb_of_deep_file(data: bytes) -> RGB:
    """(H, W, 3) uint8 RGB, as it lies in a whole PNG or TIFF file with 16 bits a colour.

    By OpenCV. The file should have been decoded by Pillow before, so that OpenCV finds nothing to
    print on stderr.

    Raises:
        ValueError: it cannot be read.
    """
    samples = cv2.imdecode(np.frombuffer(_without_remarks(data), np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None:
        raise ValueError("its 16-bit samples cannot be read")
    return rgb_of_samples(samples[..., 2::-1] if samples.ndim == 3 else samples)


def _without_remarks(data: bytes) -> bytes:
    """A PNG with the chunks alone that make the picture; libpng remarks on others on stderr."""
    if not data.startswith(PNG_SIGNATURE):
        return data
    kept = [PNG_SIGNATURE]
    position = len(PNG_SIGNATURE)
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind in _PICTURE_CHUNKS:
            kept.append(data[position : position + length + 12])
        position += length + 12
    return b"".join(kept)
