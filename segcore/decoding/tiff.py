"""TIFF pictures: by Pillow where a sample has 8 bits at most, else by whoever keeps all bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, ImageFile

from segcore.decoding.deep_colour import rgb_of_deep_file
from segcore.decoding.formats import TIFF, orientation, raw_size
from segcore.decoding.pixels import RGB, rgb_of_picture, rgb_of_samples, upright

CheckPixels = Callable[[int, int], None]
"""Called with height and width before anything is decoded; raises where they are too large."""

_BITS = int(ExifTags.Base.BitsPerSample)
_TURN = int(ExifTags.Base.Orientation)


def read_tiff(stream: IO[bytes], check: CheckPixels) -> RGB:
    """(H, W, 3) uint8 RGB of the first page, upright.

    Raises:
        OSError, SyntaxError, ValueError and what else damage brings about.
    """
    try:
        picture = TIFF.open(stream)
    except (OSError, SyntaxError):  # floats in colour, signed, more than four channels, …
        height, width, _ = tiff_size(stream)
        check(height, width)
        return _tiff_samples(stream)
    with picture:
        check(*raw_size(picture))
        bits = max(picture.tag_v2.get(_BITS, (1,)))  # type: ignore[attr-defined]
        if bits <= 8:
            picture.load()
            return upright(rgb_of_picture(picture), orientation(picture))
        try:
            return _tiff_samples(stream)
        except ValueError:  # compressed in a way that tifffile alone does not know
            stream.seek(0)
            return _compressed_tiff(picture, stream)


def _compressed_tiff(picture: ImageFile.ImageFile, stream: IO[bytes]) -> RGB:
    turn = int(picture.tag_v2.get(_TURN, 1))  # type: ignore[attr-defined]
    picture.load()
    if len(picture.getbands()) > 1:
        stream.seek(0)
        return upright(rgb_of_deep_file(stream.read()), turn)
    return upright(rgb_of_picture(picture), orientation(picture))


def _tiff_samples(stream: IO[bytes]) -> RGB:
    """The first page through tifffile; ValueError where it lacks the codec."""
    import tifffile

    stream.seek(0)
    with tifffile.TiffFile(stream) as file:
        page: Any = file.pages.first
        samples: npt.NDArray[Any] = page.asarray()
        if page.axes.startswith("S"):  # planes one after the other
            samples = np.moveaxis(samples, 0, -1)
        while samples.ndim > 3:
            samples = samples[0]
        image = rgb_of_samples(samples)
        white_is_zero = page.photometric == tifffile.PHOTOMETRIC.MINISWHITE
        tag = page.tags.get(_TURN)
    return upright(255 - image if white_is_zero else image, int(tag.value) if tag else 1)


def tiff_size(stream: IO[bytes]) -> tuple[int, int, bool]:
    """(height, width, whether they change places when upright), through tifffile."""
    import tifffile

    stream.seek(0)
    try:
        with tifffile.TiffFile(stream) as file:
            page: Any = file.pages.first
            tag = page.tags.get(_TURN)
            return page.imagelength, page.imagewidth, bool(tag) and int(tag.value) >= 5
    except (tifffile.TiffFileError, IndexError) as error:
        raise ValueError(f"its TIFF header is damaged: {error}") from error
