"""Pictures of every kind as uint8 RGB arrays, upright, or one sentence why not."""

from __future__ import annotations

import errno
import logging
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, JpegImagePlugin

from segcore.errors import ImageError, readable
from segcore.folders import IMAGE_SUFFIXES, find_images, is_image_path, natural_key
from segcore.image_formats import (
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
from segcore.jpeg import load_jpeg
from segcore.opencv import cv2
from segcore.pixels import RGB, rgb_of_picture, rgb_of_samples, upright

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
    is read. `pixels.rgb_of_samples` says how other depths become 8 bits, `pixels.rgb_of_picture`
    what becomes of alpha and of other colour models. Colour profiles are not applied.

    Raises:
        ImageError: not there, no picture, damaged, cut short or too large; one sentence.
    """
    path = Path(path)
    with _told_in_one_sentence(path), _open(path) as stream:
        image_format = recognise(stream, path.suffix)
        if image_format is JPEG:
            return _read_jpeg(path, stream, max_pixels)
        if image_format is TIFF:
            return _read_tiff(path, stream, max_pixels)
        with image_format.open(stream) as picture:
            _check_pixels(path, picture.height, picture.width, max_pixels)
            deep = image_format is PNG and _png_depth(stream) == 16
            picture.load()
            turn = orientation(picture)
            if deep and not picture.mode.startswith("I"):
                return upright(_sixteen_bit_colours(stream), turn)
            return upright(rgb_of_picture(picture), turn)


def read_image_size(path: str | Path) -> tuple[int, int]:
    """(height, width) of the upright picture, from its header alone.

    Raises:
        ImageError: not there or no picture; one sentence.
    """
    path = Path(path)
    with _told_in_one_sentence(path), _open(path) as stream:
        image_format = recognise(stream, path.suffix)
        try:
            with image_format.open(stream) as picture:
                height, width = raw_size(picture)
                turned = header_orientation(picture, stream) >= 5
        except (OSError, SyntaxError):
            if image_format is not TIFF:
                raise
            height, width, turned = _tiff_size(stream)
        return (width, height) if turned else (height, width)


def read_thumbnail(path: str | Path, side: int) -> RGB:
    """The picture made small enough for a square of `side` pixels: (h, w, 3) uint8 RGB, upright.

    The ratio is kept and nothing is made larger. JPEG files are decoded at a fraction of their
    size, which takes a fraction of the time.

    Raises:
        ImageError: as `read_image`.
    """
    path = Path(path)
    with _told_in_one_sentence(path), _open(path) as stream:
        if recognise(stream, path.suffix) is JPEG:
            with JpegImagePlugin.JpegImageFile(stream) as picture:
                _check_pixels(path, picture.height, picture.width, MAX_PIXELS)
                picture.draft("RGB", (side, side))
                picture.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
                return upright(rgb_of_picture(picture), orientation(picture))
    return _shrunk(read_image(path), side)


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


def _sixteen_bit_colours(stream: IO[bytes]) -> RGB:
    """A PNG or TIFF with 16 bits a colour, by OpenCV: Pillow cuts the lower half off.

    The file was decoded by Pillow before, so that OpenCV finds nothing to print on stderr.
    """
    stream.seek(0)
    data = np.frombuffer(_without_remarks(stream.read()), np.uint8)
    samples = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if samples is None:
        raise ValueError("its 16-bit samples cannot be read")
    return rgb_of_samples(samples[..., 2::-1] if samples.ndim == 3 else samples)


def _without_remarks(data: bytes) -> bytes:
    """A PNG with the chunks alone that make the picture; libpng remarks on others on stderr."""
    if not data.startswith(b"\x89PNG"):
        return data
    kept = [data[:8]]
    position = 8
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind in (b"IHDR", b"PLTE", b"IDAT", b"IEND"):
            kept.append(data[position : position + length + 12])
        position += length + 12
    return b"".join(kept)


def _read_tiff(path: Path, stream: IO[bytes], max_pixels: int) -> RGB:
    """By Pillow where a sample has 8 bits at most, else by whoever keeps all bits."""
    try:
        picture = TIFF.open(stream)
    except (OSError, SyntaxError):  # floats in colour, signed, more than four channels, …
        height, width, _ = _tiff_size(stream)
        _check_pixels(path, height, width, max_pixels)
        return _tiff_samples(stream)
    with picture:
        _check_pixels(path, *raw_size(picture), max_pixels)
        bits = max(picture.tag_v2.get(258, (1,)))  # type: ignore[attr-defined]
        if bits <= 8:
            picture.load()
            return upright(rgb_of_picture(picture), orientation(picture))
        try:
            return _tiff_samples(stream)
        except ValueError:  # compressed in a way that tifffile alone does not know
            stream.seek(0)
            return _compressed_tiff(picture, stream)


def _compressed_tiff(picture: ImageFile.ImageFile, stream: IO[bytes]) -> RGB:
    turn = int(picture.tag_v2.get(274, 1))  # type: ignore[attr-defined]
    picture.load()
    if len(picture.getbands()) > 1:
        return upright(_sixteen_bit_colours(stream), turn)
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
        tag = page.tags.get(274)
    return upright(255 - image if white_is_zero else image, int(tag.value) if tag else 1)


def _tiff_size(stream: IO[bytes]) -> tuple[int, int, bool]:
    """(height, width, whether they change places when upright), through tifffile."""
    import tifffile

    stream.seek(0)
    try:
        with tifffile.TiffFile(stream) as file:
            page: Any = file.pages.first
            tag = page.tags.get(274)
            return page.imagelength, page.imagewidth, bool(tag) and int(tag.value) >= 5
    except (tifffile.TiffFileError, IndexError) as error:
        raise ValueError(f"its TIFF header is damaged: {error}") from error


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
