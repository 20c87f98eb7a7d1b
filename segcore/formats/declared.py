"""Labels declared as rows of names and colours, and label files that are read by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from segcore.classes import IGNORE_8BIT, IGNORE_COLOR, ClassTable, Color
from segcore.errors import FormatError, ImageError, readable
from segcore.formats.colours import ColorMap, with_unique_colors
from segcore.formats.contract import Problems
from segcore.formats.layout import free_name, names_in_files
from segcore.labels import LabelMap, read_label_map

_IGNORE_NAMES = ("ignore", "void", "ignored", "__ignore__")


class Row(NamedTuple):
    """A declared label; the colour is None where none is given."""

    name: str
    color: Color | None


def rows_of(classes: ClassTable) -> list[Row]:
    """The rows that declare these classes, in unique colours, and ignore at the end."""
    names = names_in_files(classes)
    rows = [Row(name, info.color) for name, info in zip(names, with_unique_colors(classes))]
    taken = {name.casefold() for name in names}
    return [*rows, Row(free_name("ignore", taken), IGNORE_COLOR)]


def ignore_row(rows: Sequence[Row]) -> int | None:
    """The position of the row that stands for ignore: the one in its colour, else by its name."""
    by_color = [i for i, row in enumerate(rows) if row.color == IGNORE_COLOR]
    if by_color:
        return by_color[-1]
    by_name = [i for i, row in enumerate(rows) if row.name.casefold() in _IGNORE_NAMES]
    return by_name[-1] if by_name else None


def classes_of(rows: Sequence[Row], problems: Problems) -> ClassTable:
    """The class table that rows declare, without ignore.

    Raises:
        FormatError: two rows have the same name or colour.
    """
    ignore = ignore_row(rows)
    kept = [row for index, row in enumerate(rows) if index != ignore]
    unique: tuple[tuple[str, list[object]], ...] = (
        ("name", [row.name for row in kept]),
        ("colour", [row.color for row in kept if row.color is not None]),
    )
    for what, values in unique:
        repeated = [value for value in dict.fromkeys(values) if values.count(value) > 1]
        if repeated:
            problems.add(
                f"Two labels of {problems.source.name} have the same {what} ({repeated[0]}): "
                "give each its own."
            )
    problems.raise_if_any()
    bare = ClassTable.from_names([row.name for row in kept])
    colors = [row.color or info.color for row, info in zip(kept, bare)]
    return ClassTable.from_names(bare.names, colors)


def reader_of(
    rows: Sequence[Row], classes: ClassTable, problems: Problems
) -> Callable[[Path], LabelMap]:
    """Reads label files in the rows' colours, or in grey by the rows' numbers, into class ids.

    A row whose name is in no class table is a problem.
    """
    ignore = ignore_row(rows)
    own = len(rows) == len(classes) + 1 and ignore == len(classes)  # a row for each class
    ids: list[int] = []
    for index, row in enumerate(rows):
        found = classes.ignore if index == ignore else index if own else classes.id_of(row.name)
        if found is None:
            problems.add(
                f'The label "{row.name}" of {problems.source.name} is no class of its '
                "classes.json: add it there, or remove that file."
            )
        ids.append(classes.ignore if found is None else found)
    colors = ColorMap({row.color: ids[i] for i, row in enumerate(rows) if row.color is not None})
    return partial(_read, ids=ids, colors=colors, classes=classes)


def _read(path: Path, *, ids: Sequence[int], colors: ColorMap, classes: ClassTable) -> LabelMap:
    if not is_grey(path):
        return colors.read(path, classes.dtype)
    values = read_label_map(path).labels
    table = np.full(int(np.iinfo(values.dtype).max) + 1, -1, np.int64)
    table[: len(ids)] = ids
    table[IGNORE_8BIT if values.dtype == np.uint8 else -1] = classes.ignore
    found = table[values]
    if (found < 0).any():
        unknown = np.unique(values[found < 0])
        raise FormatError(
            f"{path.name} holds the number {unknown[0]}, and {len(ids)} labels are declared: "
            "declare it, or correct the file."
        )
    return found.astype(np.uint16) if classes.dtype is np.uint16 else found.astype(np.uint8)


def is_grey(path: Path) -> bool:
    """Whether a label file holds numbers in grey rather than colours or a palette; ImageError."""
    return _mode(path) not in ("P", "RGB", "RGBA")


def is_indexed(path: Path) -> bool:
    """Whether a label file holds numbers, with a palette or in grey; ImageError."""
    return _mode(path) not in ("RGB", "RGBA")


def _mode(path: Path) -> str:
    try:
        with Image.open(path) as picture:
            return picture.mode
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
        raise ImageError(
            f"{readable(path)} is no picture that can be read ({error}): restore it, or label anew."
        ) from error
