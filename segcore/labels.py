"""Label maps: arrays of class ids, and the PNG files that keep them exactly."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, PngImagePlugin

from segcore.atomic import replacing
from segcore.classes import (
    IGNORE_8BIT,
    IGNORE_16BIT,
    IGNORE_COLOR,
    ClassTable,
    distinct_color,
)
from segcore.decoding.samples import samples_of_picture
from segcore.errors import ImageError, RequestError, readable

LabelMap = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

SEQUENCE_KEY = "segformer-studio:sequence"

_PIXELS_AT_ONCE = 1 << 22
_MAX_PIXELS = 1 << 30  # as for pictures


class LabelFile(NamedTuple):
    """A label map as it stands on disk.

    Attributes:
        labels: (H, W) class ids, uint8 or uint16 as the file has them; C-contiguous and writable.
        sequence: number of the last edit that is in it, 0 for files of other programs.
    """

    labels: LabelMap
    sequence: int


def read_label_map(path: str | Path) -> LabelFile:
    """Read class ids from an indexed or grey PNG of 1 to 16 bits, exactly as they stand in it.

    Raises:
        ImageError: not there, not a PNG, damaged, or in colours rather than ids; its text names it.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream, PngImagePlugin.PngImageFile(stream) as picture:
            _check_pixels(path, picture)
            labels = _ids(path, picture, stream)
            return LabelFile(labels, _sequence(picture.text.get(SEQUENCE_KEY)))
    except OSError as error:
        raise ImageError(
            f"{readable(path)} cannot be read ({error.strerror or error}): "
            "check the name, or restore it."
        ) from error
    except (SyntaxError, ValueError, struct.error, zlib.error) as error:
        raise ImageError(
            f"{readable(path)} is no whole PNG file ({error}): restore it, or label anew."
        ) from error


def write_label_map(
    path: str | Path, labels: LabelMap, classes: ClassTable | None, sequence: int = 0
) -> None:
    """Write class ids as PNG, whole or not at all: indexed in the classes' colours, or 16-bit grey.

    Args:
        labels: (H, W) uint8, written with a palette, or uint16, written as grey.
        classes: where the palette comes from; without it ids have `distinct_color`.
        sequence: number of the last edit that is in it.

    Raises:
        RequestError: the array is no label map.
        OSError: the folder is missing, read-only or full.
    """
    with replacing(Path(path)) as stream:
        encode_label_map(stream, labels, classes, sequence)


def encode_label_map(
    stream: IO[bytes], labels: LabelMap, classes: ClassTable | None, sequence: int = 0
) -> None:
    """What `write_label_map` writes, into a stream; raises as that."""
    text = PngImagePlugin.PngInfo()
    if sequence:
        text.add_text(SEQUENCE_KEY, str(sequence))
    # Label maps are flat: run lengths alone compress them as well as any level, in a fraction of
    # the time (20,000² in about a second).
    _picture(labels, classes).save(
        stream, "PNG", pnginfo=text, compress_level=1, compress_type=zlib.Z_RLE, bits=8
    )


def unlabelled(
    height: int, width: int, dtype: type[np.uint8] | type[np.uint16] = np.uint8
) -> LabelMap:
    """An (H, W) label map in which nobody has labelled anything: `ignore` everywhere."""
    if dtype is np.uint8:
        return np.full((height, width), IGNORE_8BIT, np.uint8)
    return np.full((height, width), IGNORE_16BIT, np.uint16)


def widen(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    """The label map at 16 bits: ids stay, and ignore becomes 65535 where it was 255."""
    wide = labels.astype(np.uint16)
    wide[labels == IGNORE_8BIT] = IGNORE_16BIT
    return wide


def class_counts(labels: LabelMap, n: int) -> npt.NDArray[np.int64]:
    """Pixels of each of the classes 0 to n - 1: (n,) int64; ignore and other ids do not count."""
    counts = np.zeros(int(np.iinfo(labels.dtype).max) + 1, np.int64)
    rows = max(_PIXELS_AT_ONCE // max(labels.shape[1], 1), 1)
    for start in range(0, labels.shape[0], rows):  # bincount widens to 64 bits: strip by strip
        strip = labels[start : start + rows]
        counts += np.bincount(strip.ravel(), minlength=len(counts))
    return counts[:n]


def class_shares(labels: LabelMap, n: int) -> npt.NDArray[np.float64]:
    """Share of the picture that each of the classes 0 to n - 1 has: (n,) float64, 0 to 1.

    Of all pixels, so that the shares and the unlabelled rest sum to 1.
    """
    return class_counts(labels, n) / max(labels.size, 1)


def _check_pixels(path: Path, picture: Image.Image) -> None:
    if picture.width * picture.height > _MAX_PIXELS:
        raise ImageError(
            f"{readable(path)} claims {picture.width} x {picture.height} pixels, more than "
            "a label map may have: cut it into tiles."
        )


def _ids(path: Path, picture: PngImagePlugin.PngImageFile, stream: IO[bytes]) -> LabelMap:
    """The samples of the file as they stand in it, without the scaling that pictures need."""
    stream.seek(24)  # bit depth, the ninth byte of the header chunk's data
    (depth,) = struct.unpack("B", stream.read(1))
    if picture.mode not in ("P", "1", "L", "I;16", "I"):
        raise ImageError(
            f"{readable(path)} holds colours ({picture.mode}), not class ids: "
            "give an indexed or grey PNG, or import it in a format that lists its colours."
        )
    samples = samples_of_picture(picture)
    if picture.mode in ("I;16", "I"):
        return samples.astype(np.uint16, copy=False)
    samples = samples.astype(np.uint8, copy=False)
    if picture.mode == "L" and depth < 8:  # Pillow stretches 2 and 4 bits to a picture's range
        samples //= 255 // (2**depth - 1)
    return samples


def _sequence(text: str | None) -> int:
    """The number in the text chunk; 0 where there is none."""
    return int(text) if text is not None and text.isdecimal() else 0


def _picture(labels: npt.NDArray[Any], classes: ClassTable | None) -> Image.Image:
    if labels.ndim != 2 or 0 in labels.shape:
        raise RequestError(f"A label map has rows and columns, not shape {labels.shape}.")
    labels = np.ascontiguousarray(labels)
    if labels.dtype == np.uint16:
        return Image.fromarray(labels)
    if labels.dtype != np.uint8:
        raise RequestError(f"A label map is made of uint8 or uint16, not {labels.dtype}.")
    size = (labels.shape[1], labels.shape[0])
    picture = Image.frombuffer("P", size, labels, "raw", "P", 0, 1)
    picture.putpalette(_palette(classes).tobytes())
    return picture


def _palette(classes: ClassTable | None) -> npt.NDArray[np.uint8]:
    """(256, 3) uint8 RGB."""
    if classes is not None and classes.ignore == IGNORE_8BIT:
        return classes.lut()
    colors = [distinct_color(index) for index in range(IGNORE_8BIT)]
    return np.array([*colors, IGNORE_COLOR], np.uint8)
