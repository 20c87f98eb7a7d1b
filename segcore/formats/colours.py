"""Label maps that are written in colours: unique colours for classes, and ids from colours."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from segcore.classes import IGNORE_COLOR, ClassInfo, ClassTable, Color
from segcore.errors import FormatError, readable
from segcore.formats.contract import Finding
from segcore.labels import LabelMap

_NAMED = 5
_UNDECLARED = 65535


def with_unique_colors(classes: ClassTable) -> ClassTable:
    """The table with colours that differ from each other and from that of ignore.

    The first class of a colour keeps it; each other gets the nearest one that is free.
    """
    taken: set[Color] = {IGNORE_COLOR}
    own = {info.color for info in classes}
    unique: list[ClassInfo] = []
    for info in classes:
        color = info.color
        if color in taken:
            color = _nearest_free(color, taken | own)
        taken.add(color)
        unique.append(ClassInfo(info.id, info.name, color))
    return ClassTable(tuple(unique))


def shared_colors(classes: ClassTable) -> list[Finding]:
    """What is said where colours have to be made unique."""
    unique = with_unique_colors(classes)
    changed = [info.name for info, new in zip(classes, unique) if info.color != new.color]
    if not changed:
        return []
    return [
        Finding(
            "note",
            f"The colours of {named(changed)} are also those of other classes or of ignore: in the "
            "files they are a shade different; classes.json keeps them as they are.",
        )
    ]


def named(names: Sequence[str], most: int = _NAMED) -> str:
    """Names in a sentence, the first few of many."""
    shown = ", ".join(f'"{name}"' for name in names[:most])
    more = len(names) - most
    return f"{shown} and {more} more" if more > 0 else shown


class ColorMap:
    """Ids by colour, for label files in RGB or with a palette.

    Args:
        ids: id of every declared colour; at most 65,535.
    """

    def __init__(self, ids: Mapping[Color, int]) -> None:
        self._ids = dict(ids)

    def read(self, path: Path, dtype: type[np.uint8] | type[np.uint16]) -> LabelMap:
        """(H, W) ids of a PNG in colours.

        Raises:
            FormatError: it cannot be read, or holds colours that nobody declared; they are named.
        """
        picture = _open(path)
        if picture.mode == "P":
            ids = self._of_palette(path, picture)
        else:
            ids = self._of_colors(path, np.asarray(picture.convert("RGB")))
        return ids if dtype is np.uint16 else ids.astype(np.uint8)

    def _of_palette(self, path: Path, picture: Image.Image) -> npt.NDArray[np.uint16]:
        indices = np.asarray(picture)
        palette = picture.getpalette("RGB") or []
        used = np.flatnonzero(np.bincount(indices.ravel(), minlength=256))
        table = np.full(256, _UNDECLARED, np.uint16)
        missing = []
        for index in map(int, used):
            color = tuple(palette[3 * index : 3 * index + 3])
            found = self._ids.get(color) if len(color) == 3 else None
            if found is None:
                missing.append(color)
            else:
                table[index] = found
        self._refuse(path, missing)
        ids: npt.NDArray[np.uint16] = table[indices]
        return ids

    def _of_colors(self, path: Path, colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
        red, green, blue = (colors[..., part].astype(np.uint32) for part in range(3))
        codes = (red << 16) | (green << 8) | blue
        ids: npt.NDArray[np.uint16] = self._table[codes]
        unknown = codes[ids == _UNDECLARED]
        unknown = unknown[~np.isin(unknown, self._of_largest)] if self._of_largest else unknown
        if unknown.size:
            values = map(int, np.unique(unknown))
            self._refuse(path, [(v >> 16, (v >> 8) & 255, v & 255) for v in values])
        return ids

    @cached_property
    def _of_largest(self) -> list[int]:
        """Codes of colours whose id is the one that otherwise says that a colour is unknown."""
        return [_code(color) for color, class_id in self._ids.items() if class_id == _UNDECLARED]

    @cached_property
    def _table(self) -> npt.NDArray[np.uint16]:
        """Id of each of the 2^24 colours."""
        table = np.full(1 << 24, _UNDECLARED, np.uint16)
        for color, class_id in self._ids.items():
            table[_code(color)] = class_id
        return table

    @staticmethod
    def _refuse(path: Path, colors: Iterable[tuple[int, ...]]) -> None:
        unknown = list(colors)
        if unknown:
            shown = ", ".join(",".join(map(str, color)) for color in unknown[:_NAMED])
            more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
            raise FormatError(
                f"{readable(path)} holds colours of no class ({shown}{more}): declare them, or "
                "write the labels without blending colours."
            )


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path) as picture:
            picture.load()
            return picture
    except (OSError, SyntaxError, ValueError, zlib.error, UnidentifiedImageError) as error:
        raise FormatError(
            f"{readable(path)} cannot be read ({error}): restore it, or label anew."
        ) from error


def _code(color: Color) -> int:
    return color[0] << 16 | color[1] << 8 | color[2]


def _nearest_free(color: Color, taken: set[Color]) -> Color:
    """The free colour with the smallest largest change of a part."""
    for reach in range(1, 256):
        steps = range(-reach, reach + 1)
        for change in ((r, g, b) for r in steps for g in steps for b in steps):
            if max(map(abs, change)) != reach:
                continue
            red, green, blue = (part + step for part, step in zip(color, change))
            if all(0 <= part <= 255 for part in (red, green, blue)):
                candidate = (red, green, blue)
                if candidate not in taken:
                    return candidate
    raise AssertionError("there are more colours than classes")
