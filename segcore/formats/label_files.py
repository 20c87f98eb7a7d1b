"""Label maps of other programs as PNG files of ids, read into the width of a class table."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from segcore.classes import IGNORE_8BIT, IGNORE_16BIT, ClassTable
from segcore.errors import FormatError, ImageError, readable
from segcore.labels import LabelMap, encode_label_map, read_label_map


def read_ids(path: Path, classes: ClassTable) -> LabelMap:
    """(H, W) ids of a PNG in the dtype of `classes`; ids that no class has stay as they are.

    Raises:
        ImageError: it is not there, damaged or in colours.
        FormatError: an 8-bit file says 255 where that is a class and no longer ignore.
    """
    return in_width_of(classes, read_label_map(path).labels, path)


def in_width_of(classes: ClassTable, ids: LabelMap, path: Path) -> LabelMap:
    """Ids of a file at the width of a table: ignore becomes the table's, and all others stay.

    16-bit ids that do not fit into 8 bits stay 16-bit, for the check that names them.

    Raises:
        FormatError: as `read_ids`.
    """
    if ids.dtype == classes.dtype:
        return ids
    if classes.dtype is np.uint16:
        if (ids == IGNORE_8BIT).any():
            raise FormatError(
                f"{readable(path)} is an 8-bit file that says 255, which is a class of "
                f"{len(classes)} and no longer ignore: write it with 16 bits and ignore as 65535."
            )
        return ids.astype(np.uint16)
    ignored = ids == IGNORE_16BIT
    if ((ids > IGNORE_8BIT) & ~ignored).any():
        return ids
    narrow = ids.astype(np.uint8)
    narrow[ignored] = IGNORE_8BIT
    return narrow


def read_label_size(path: Path) -> tuple[int, int]:
    """(H, W) of a label file, from its header alone.

    Raises:
        ImageError: it cannot be read.
    """
    try:
        with Image.open(path) as picture:
            return picture.height, picture.width
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
        raise ImageError(
            f"{readable(path)} is no whole PNG file ({error}): restore it, or label anew."
        ) from error


def write_indexed(path: Path, labels: LabelMap, classes: ClassTable) -> None:
    """Write ids with the palette of `classes`, or as 16-bit grey; OSError when the disk refuses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        encode_label_map(stream, labels, classes)


def write_grey(path: Path, values: npt.NDArray[np.uint8]) -> None:
    """Write (H, W) values as 8-bit grey; OSError when the disk refuses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        Image.fromarray(np.ascontiguousarray(values)).save(
            stream, "PNG", compress_level=1, compress_type=zlib.Z_RLE
        )


def write_colours(path: Path, colours: npt.NDArray[np.uint8]) -> None:
    """Write (H, W, 3) RGB; OSError when the disk refuses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        Image.fromarray(np.ascontiguousarray(colours)).save(stream, "PNG", compress_level=3)


def write_grey_ids(path: Path, labels: LabelMap) -> None:
    """Write the ids of up to 255 classes as 8-bit grey, 255 for ignore."""
    write_grey(path, labels.astype(np.uint8))
