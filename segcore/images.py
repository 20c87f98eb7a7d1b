"""Pictures of every kind as uint8 RGB arrays, upright, or one sentence why not."""

from __future__ import annotations

import errno
import logging
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, cast

from PIL import Image, JpegImagePlugin

from segcore.decoding.deep_colour import rgb_of_deep_file
from segcore.decoding.formats import (
    JPEG,
    MAX_PIXELS,
    PNG,
    TIFF,
    UnknownFormatError,
    header_orientation,
    orientation,
    raw_size,
    recognise,
)
from segcore.decoding.jpeg import load_jpeg
from segcore.decoding.pixels import RGB, rgb_of_picture, upright
from segcore.decoding.tiff import read_tiff, tiff_size
from segcore.errors import ImageError, VideoError, readable
from segcore.folders import IMAGE_SUFFIXES, find_images, is_image_path, natural_key
from segcore.frame_paths import frame_of
from segcore.opencv import cv2

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "find_images",
    "is_image_path",
    "natural_key",
    "read_image",
    "read_image_size",
    "read_thumbnail",
]

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what matters is in our own sentence


def read_image(path: str | Path, *, max_pixels: int = MAX_PIXELS) -> RGB:
    """Read a picture: (H, W, 3) uint8 RGB, upright, C-contiguous.

    The format is told by the content, not by the name. Of animations and stacks the first picture
    is read; a path in a video (see `frame_paths`) is one of its frames.
    `pixels.rgb_of_samples` says how other depths become 8 bits, `pixels.rgb_of_picture` what
    becomes of alpha and of other colour models. Colour profiles are not applied.

    Raises:
        ImageError: not there, no picture, damaged, cut short or too large; one sentence.
    """
    path = Path(path)
    if (frame := frame_of(path)) is not None:
        return _read_frame(*frame)
    with _told_in_one_sentence(path), _open(path) as stream:
        image_format = recognise(stream, path.suffix)
        if image_format is JPEG:
            return _read_jpeg(path, stream, max_pixels)
        if image_format is TIFF:
            return read_tiff(stream, partial(_check_pixels, path, max_pixels=max_pixels))
        with image_format.open(stream) as picture:
            _check_pixels(path, picture.height, picture.width, max_pixels)
            deep = image_format is PNG and _png_depth(stream) == 16
            picture.load()
            turn = orientation(picture)
            if deep and not picture.mode.startswith("I"):
                return upright(_deep_colours(stream), turn)
            return upright(rgb_of_picture(picture), turn)


def read_image_size(path: str | Path) -> tuple[int, int]:
    """(height, width) of the upright picture, from its header alone.

    Raises:
        ImageError: not there or no picture; one sentence.
    """
    path = Path(path)
    if (frame := frame_of(path)) is not None:
        return _frame_size(frame[0])
    with _told_in_one_sentence(path), _open(path) as stream:
        image_format = recognise(stream, path.suffix)
        try:
            with image_format.open(stream) as picture:
                height, width = raw_size(picture)
                turned = header_orientation(picture, stream) >= 5
        except (OSError, SyntaxError):
            if image_format is not TIFF:
                raise
            height, width, turned = tiff_size(stream)
        return (width, height) if turned else (height, width)


def read_thumbnail(path: str | Path, side: int) -> RGB:
    """The picture made small enough for a square of `side` pixels: (h, w, 3) uint8 RGB, upright.

    The ratio is kept and nothing is made larger. JPEG files are decoded at a fraction of their
    size, which takes a fraction of the time.

    Raises:
        ImageError: as `read_image`.
    """
    path = Path(path)
    if (frame := frame_of(path)) is not None:
        return _shrunk(_read_frame(*frame), side)
    with _told_in_one_sentence(path), _open(path) as stream:
        if recognise(stream, path.suffix) is JPEG:
            with JpegImagePlugin.JpegImageFile(stream) as picture:
                _check_pixels(path, picture.height, picture.width, MAX_PIXELS)
                picture.draft("RGB", (side, side))
                picture.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
                return upright(rgb_of_picture(picture), orientation(picture))
    return _shrunk(read_image(path), side)


def _read_frame(video: Path, number: int) -> RGB:
    from segcore.video_pool import POOL  # brings FFmpeg

    try:
        return POOL.read(video, number)
    except VideoError as error:
        raise ImageError(str(error)) from error


def _frame_size(video: Path) -> tuple[int, int]:
    from segcore.video_pool import POOL

    try:
        return POOL.size(video)
    except VideoError as error:
        raise ImageError(str(error)) from error


def _shrunk(image: RGB, side: int) -> RGB:
    height, width = image.shape[:2]
    scale = min(side / max(height, width), 1.0)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    if size == (width, height):
        return image
    return cast("RGB", cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _read_jpeg(path: Path, stream: IO[bytes], max_pixels: int) -> RGB:
    with JpegImagePlugin.JpegImageFile(stream) as header:
        _check_pixels(path, header.height, header.width, max_pixels)
        stream.seek(0)
        data = stream.read()
    with load_jpeg(data) as picture:
        return upright(rgb_of_picture(picture), orientation(picture))


def _png_depth(stream: IO[bytes]) -> int:
    """Bits of a sample, the ninth byte of the header chunk's data; the position is kept."""
    position = stream.tell()
    stream.seek(24)
    depth = stream.read(1)[0]
    stream.seek(position)
    return depth


def _deep_colours(stream: IO[bytes]) -> RGB:
    stream.seek(0)
    return rgb_of_deep_file(stream.read())


def _check_pixels(path: Path, height: int, width: int, max_pixels: int) -> None:
    if height < 1 or width < 1:
        raise ImageError(f"{readable(path)} has no pixels: copy it again from where it came.")
    if height * width > max_pixels:
        raise ImageError(
            f"{readable(path)} has {width} x {height} pixels, more than the {max_pixels:,} that "
            "are read: cut it into tiles."
        )


def _open(path: Path) -> IO[bytes]:
    """The file's bytes; what is no file (a folder, a pipe that would never end) is refused."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise ImageError(f"{readable(path)} is a folder, not a picture: name a file in it.")
    if not stat.S_ISREG(mode):
        raise ImageError(f"{readable(path)} is no regular file: copy the picture into one.")
    return path.open("rb")


# What Pillow's and tifffile's readers raise on damaged data, found by damaging files.
_DAMAGE = (
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    ZeroDivisionError,
    RuntimeError,
    Image.DecompressionBombError,
    struct.error,
    zlib.error,
    cv2.error,
)


@contextmanager
def _told_in_one_sentence(path: Path) -> Iterator[None]:
    try:
        yield
    except UnknownFormatError as error:
        raise ImageError(f"{readable(path)} {error}.") from error
    except MemoryError as error:
        raise ImageError(
            f"{readable(path)} does not fit in memory: close other programs or cut it into tiles."
        ) from error
    except OSError as error:
        raise ImageError(_system_sentence(path, error)) from error
    except _DAMAGE as error:
        raise ImageError(_damage_sentence(path, error)) from error


def _system_sentence(path: Path, error: OSError) -> str:
    match error.errno:
        case None:
            return _damage_sentence(path, error)
        case errno.ENOENT:
            return f"{readable(path)} is not there: check the name, or whether it was moved."
        case errno.EACCES | errno.EPERM:
            return f"{readable(path)} may not be read: change its permissions."
        case _:
            return f"{readable(path)} cannot be read ({error.strerror}): check the name and disk."


def _damage_sentence(path: Path, error: Exception) -> str:
    reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return f"{readable(path)} is damaged or cut short ({reason}): copy it again or restore it."
