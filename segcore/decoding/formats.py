"""Opening a picture by what is in it, whatever its name says, and looking at its header."""

from __future__ import annotations

import importlib
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, cast

from PIL import ExifTags, Image, ImageFile

# What a damaged header makes Pillow remark on is said in our own words, or does not matter.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

MAX_PIXELS = 1 << 30
"""More pixels than this are refused: 3 GiB of RGB. A picture of 20,000 x 20,000 has 0.4 · 10⁹."""

# Pillow's own limit is lower, and holds for the whole process; it is lifted as far as ours.
if Image.MAX_IMAGE_PIXELS is not None:
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, MAX_PIXELS)

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class UnknownFormatError(ValueError):
    """The content is no picture that is known here; the text says what it looks like."""


@dataclass(frozen=True)
class ImageFormat:
    """A file format of pictures: its name, Pillow's reader, and how its files begin."""

    name: str
    module: str
    reader: str
    begins: Callable[[bytes], bool]

    def open(self, stream: IO[bytes]) -> ImageFile.ImageFile:
        """Pillow's reader on the stream, with the header read.

        Called directly, since `Image.open` also tries formats that run other programs.
        """
        reader = getattr(importlib.import_module(f"PIL.{self.module}"), self.reader)
        return cast("ImageFile.ImageFile", reader(stream))


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(signatures)


JPEG = ImageFormat("JPEG", "JpegImagePlugin", "JpegImageFile", _starts(b"\xff\xd8\xff"))
PNG = ImageFormat("PNG", "PngImagePlugin", "PngImageFile", _starts(PNG_SIGNATURE))
TIFF = ImageFormat(
    "TIFF",
    "TiffImagePlugin",
    "TiffImageFile",
    _starts(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
)

FORMATS = (
    JPEG,
    PNG,
    TIFF,
    ImageFormat(
        "WebP",
        "WebPImagePlugin",
        "WebPImageFile",
        lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP",
    ),
    ImageFormat("BMP", "BmpImagePlugin", "BmpImageFile", _starts(b"BM")),
    ImageFormat("GIF", "GifImagePlugin", "GifImageFile", _starts(b"GIF87a", b"GIF89a")),
    ImageFormat(
        "PNM",
        "PpmImagePlugin",
        "PpmImageFile",
        lambda head: head[:1] == b"P" and head[1:2] in b"123456fF" and head[2:3].isspace(),
    ),
    ImageFormat(
        "JPEG 2000",
        "Jpeg2KImagePlugin",
        "Jpeg2KImageFile",
        _starts(b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"),
    ),
    ImageFormat(
        "AVIF",
        "AvifImagePlugin",
        "AvifImageFile",
        # the brand, or one that it says it is compatible with; HEIC begins alike
        lambda head: head[4:8] == b"ftyp" and (b"avif" in head or b"avis" in head),
    ),
    ImageFormat("QOI", "QoiImagePlugin", "QoiImageFile", _starts(b"qoif")),
    ImageFormat("PSD", "PsdImagePlugin", "PsdImageFile", _starts(b"8BPS")),
)
TGA = ImageFormat("TGA", "TgaImagePlugin", "TgaImageFile", lambda _: False)


def recognise(stream: IO[bytes], suffix: str) -> ImageFormat:
    """The format of a stream by its first bytes; by `suffix` only for TGA, which has no mark.

    Raises:
        UnknownFormatError: it is empty, or no picture.
    """
    head = stream.read(32)
    stream.seek(0)
    if not head:
        raise UnknownFormatError("is empty: copy it again from where it came")
    for image_format in FORMATS:
        if image_format.begins(head):
            return image_format
    if suffix.lower() == ".tga":
        return TGA
    raise UnknownFormatError(_looks_like(head))


def _looks_like(head: bytes) -> str:
    if head.replace(b"\r", b"").replace(b"\n", b"").startswith(b"\x89PNG\x1a"):
        return "is a PNG whose line ends were changed in transfer: copy it again as a binary file"
    if head.lstrip()[:1] in (b"<", b"{"):
        return "is a text file (HTML, XML or JSON), not a picture: download the picture itself"
    if head.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, not the picture: fetch it with git lfs pull"
    return "is no picture in a format that is known here: convert it to PNG, JPEG or TIFF"


def raw_size(picture: ImageFile.ImageFile) -> tuple[int, int]:
    """(height, width) as the samples lie in the file, before any orientation."""
    tags = getattr(picture, "tag_v2", None)
    if tags is not None:  # some versions of Pillow turn the size of a TIFF by themselves
        return int(tags[ExifTags.Base.ImageLength]), int(tags[ExifTags.Base.ImageWidth])
    return picture.height, picture.width


def header_orientation(picture: ImageFile.ImageFile, stream: IO[bytes]) -> int:
    """EXIF orientation, 1 to 8, without decoding; 1 where there is none or it is nonsense."""
    if isinstance(picture, _png_reader()) and "exif" not in picture.info:
        exif = _png_exif(stream)
        if exif is not None:
            picture.info["exif"] = exif
        elif "Raw profile type exif" not in picture.info and "xmp" not in picture.info:
            return 1  # asking Pillow would decode the picture to look behind it
        else:
            picture.info.setdefault("exif", b"")
    return orientation(picture)


def orientation(picture: ImageFile.ImageFile) -> int:
    """EXIF orientation, 1 to 8, of a picture; 1 where there is none or it is nonsense."""
    try:
        value = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except (ValueError, SyntaxError, OSError, struct.error, KeyError, TypeError):
        return 1  # a damaged EXIF block does not make the picture unreadable
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _png_reader() -> type[ImageFile.ImageFile]:
    from PIL import PngImagePlugin

    return PngImagePlugin.PngImageFile


def _png_exif(stream: IO[bytes]) -> bytes | None:
    """The eXIf chunk of a PNG, found by hopping from chunk to chunk; the position is kept."""
    position = stream.tell()
    try:
        stream.seek(len(PNG_SIGNATURE))
        while len(head := stream.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind == b"eXIf":
                return b"Exif\0\0" + stream.read(length)
            if kind == b"IEND":
                return None
            stream.seek(length + 4, 1)
        return None
    finally:
        stream.seek(position)
