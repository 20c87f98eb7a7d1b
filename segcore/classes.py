"""Class tables: ids, names and colours, and the one value that is never a class."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.atomic import replacing
from segcore.class_files import parse_table, read_json, table_text
from segcore.class_info import (
    ClassInfo,
    Color,
    check_classes,
    distinct_color,
    entry_of,
    parse_color,
)
from segcore.errors import ClassTableError, readable

__all__ = [
    "IGNORE_8BIT",
    "IGNORE_16BIT",
    "IGNORE_COLOR",
    "ClassInfo",
    "ClassTable",
    "Color",
    "distinct_color",
]

IGNORE_8BIT = 255
IGNORE_16BIT = 65535
IGNORE_COLOR: Color = (224, 224, 192)  # what VOC paints its void with


@dataclass(frozen=True)
class ClassTable:
    """The classes of a model or project, in order of their ids 0, 1, 2, …

    An id never moves once it is given: new classes come at the end, and none is taken away; one
    that is merged or deleted is retired.

    Attributes:
        classes: all of them, retired ones too.
        display: ids in the order in which they are shown; those that it lacks follow by id.

    Raises:
        ClassTableError: ids that are not 0, 1, 2, …, a colour out of range, over 65,535 classes,
            a retired class whose pixels went nowhere that there is.
    """

    classes: tuple[ClassInfo, ...]
    display: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_classes(self.classes)
        if len(self.classes) > IGNORE_16BIT:
            raise ClassTableError(
                f"{len(self.classes)} classes are more than 16-bit label maps hold: "
                f"use {IGNORE_16BIT} at most."
            )

    @property
    def ignore(self) -> int:
        """The id of pixels without a class: 255, or 65535 with more than 255 classes."""
        return IGNORE_8BIT if len(self.classes) <= IGNORE_8BIT else IGNORE_16BIT

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """What label maps of these classes are made of."""
        return np.uint8 if self.ignore == IGNORE_8BIT else np.uint16

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order of id."""
        return tuple(info.name for info in self.classes)

    def __len__(self) -> int:
        return len(self.classes)

    def __iter__(self) -> Iterator[ClassInfo]:
        return iter(self.classes)

    def __getitem__(self, class_id: int) -> ClassInfo:
        """The class of an id; IndexError for `ignore` and everything else that is no class."""
        if not 0 <= class_id < len(self.classes):
            raise IndexError(f"no class has id {class_id}")
        return self.classes[class_id]

    @cached_property
    def living(self) -> tuple[ClassInfo, ...]:
        """The classes that are painted, in order of id."""
        return tuple(info for info in self.classes if not info.retired)

    @cached_property
    def shown(self) -> tuple[ClassInfo, ...]:
        """The classes that are painted, in the order of `display`."""
        if not self.display:
            return self.living
        first = [info for info in map(self.classes.__getitem__, self.display) if not info.retired]
        placed = set(self.display)
        return (*first, *(info for info in self.living if info.id not in placed))

    def id_of(self, name: str) -> int | None:
        """The id of the first class of that name, or None.

        For the name of a class that was merged into another it is that other's.
        """
        return self._ids_by_name.get(name)

    def knows(self, name: str) -> bool:
        """Whether there is, or was, a class of that name."""
        return name in self._names_ever

    @cached_property
    def _names_ever(self) -> frozenset[str]:
        return frozenset(info.name for info in self.classes)

    @cached_property
    def _ids_by_name(self) -> dict[str, int]:
        found = {info.name: info.id for info in reversed(self.living)}
        for info in self.classes:
            heir = self._heir(info)
            if info.retired and heir is not None:
                found.setdefault(info.name, heir)
        return found

    def _heir(self, info: ClassInfo) -> int | None:
        """The living class that has the pixels of a retired one."""
        seen: set[int] = set()
        while info.retired:
            if info.into is None or info.id in seen:
                return None
            seen.add(info.id)
            info = self.classes[info.into]
        return info.id

    def lut(self) -> npt.NDArray[np.uint8]:
        """Colour of every id that a label map may hold: (ignore + 1, 3) uint8 RGB.

        `ignore` has `IGNORE_COLOR`; ids that are neither are black.
        """
        table = np.zeros((self.ignore + 1, 3), np.uint8)
        table[: len(self.classes)] = self.colors
        table[self.ignore] = IGNORE_COLOR
        return table

    @cached_property
    def colors(self) -> npt.NDArray[np.uint8]:
        """Colour of every class: (classes, 3) uint8 RGB, not to be written to."""
        parts = bytes(chain.from_iterable(info.color for info in self.classes))
        return np.frombuffer(parts, np.uint8).reshape(-1, 3)

    @classmethod
    def from_names(
        cls, names: Sequence[str], colors: Sequence[Sequence[int]] | None = None
    ) -> ClassTable:
        """Number `names` from 0; without `colors` each gets `distinct_color` of its id."""
        if colors is not None and len(colors) != len(names):
            raise ClassTableError(
                f"There are {len(names)} class names and {len(colors)} colours: give one for each."
            )
        chosen = [distinct_color(i) for i in range(len(names))] if colors is None else colors
        return cls(
            tuple(
                ClassInfo(index, name, parse_color(color, name))
                for index, (name, color) in enumerate(zip(names, chosen))
            )
        )

    def with_class(self, name: str, color: Color | None = None) -> ClassTable:
        """The table with one class more, at the end.

        Raises:
            ClassTableError: there is a class of that name, or it is blank.
        """
        return self.with_classes({name: color or distinct_color(len(self))})

    def with_classes(self, colors: Mapping[str, Color]) -> ClassTable:
        """The table with more classes at the end: a colour for each name.

        Raises:
            ClassTableError: there is a class of one of these names, or one is blank.
        """
        taken = {info.name for info in self.living}
        for name in colors:
            self._check_new_name(name, taken)
        new = (
            ClassInfo(number, name, color)
            for number, (name, color) in enumerate(colors.items(), start=len(self))
        )
        return replace(self, classes=(*self.classes, *new)) if colors else self

    def with_changed(
        self, class_id: int, *, name: str | None = None, color: Color | None = None
    ) -> ClassTable:
        """The table with another name or colour for one class; its id stays.

        Raises:
            ClassTableError: another class has that name, or it is blank.
        """
        old = self[class_id]
        if name is not None and name != old.name:
            self._check_new_name(name)
        new = replace(old, name=old.name if name is None else name, color=color or old.color)
        return self._with(new)

    def with_retired(self, class_id: int, into: int | None) -> ClassTable:
        """The table without a class to paint, whose pixels go to another or become unlabelled.

        Raises:
            ClassTableError: it would go into itself or into a retired class.
        """
        if into is not None and (into == class_id or self[into].retired):
            raise ClassTableError(
                f'"{self[class_id].name}" cannot go into "{self[into].name}": choose another class.'
            )
        return self._with(replace(self[class_id], retired=True, into=into))

    def with_revived(self, class_id: int) -> ClassTable:
        """The table with a retired class to be painted again; numbered where its name is taken."""
        name, number = self[class_id].name, 2
        while any(info.name == name for info in self.living):
            name, number = f"{self[class_id].name} {number}", number + 1
        return self._with(replace(self[class_id], name=name, retired=False, into=None))

    def with_display(self, order: Sequence[int]) -> ClassTable:
        """The table shown in another order; ids stay.

        Raises:
            ClassTableError: the order names what is no class, or one twice.
        """
        named = set(order)
        if len(named) != len(order) or not named <= {*range(len(self))}:
            raise ClassTableError(
                f"The order of display {list(order)[:8]} is none of these classes: name each once."
            )
        return replace(self, display=tuple(order))

    def _with(self, info: ClassInfo) -> ClassTable:
        classes = (*self.classes[: info.id], info, *self.classes[info.id + 1 :])
        return replace(self, classes=classes)

    def _check_new_name(self, name: str, taken: Container[str] | None = None) -> None:
        if not name.strip():
            raise ClassTableError("A class needs a name: type one.")
        if name in ({info.name for info in self.living} if taken is None else taken):
            raise ClassTableError(f'There is a class "{name}" already: choose another name.')

    def to_json(self) -> dict[str, Any]:
        """What stands in `classes.json`: ignore, and id, name and colour of each class.

        Where there is something to say of them, `display`, and of retired classes `retired` and
        `into`, come on top.
        """
        table: dict[str, Any] = {
            "ignore": self.ignore,
            "classes": [entry_of(info) for info in self],
        }
        if self.display:
            table["display"] = list(self.display)
        return table

    @classmethod
    def from_json(cls, data: object) -> ClassTable:
        """The table of a parsed `classes.json`; colours may also be written `"#8040C0"`.

        Classes may stand in any order; one without a colour gets `distinct_color` of its id.

        Raises:
            ClassTableError: something in it is missing or impossible.
        """
        classes, display, ignore = parse_table(data)
        table = cls(classes)
        if display:
            table = table.with_display(display)
        if ignore not in (None, table.ignore):
            raise ClassTableError(
                f"With {len(table)} classes the ignore value is {table.ignore}, not {ignore}: "
                "change it there and in the label maps."
            )
        return table

    @classmethod
    def of(cls, classes: ClassTable | Mapping[str, Any] | Sequence[Any] | str | Path) -> ClassTable:
        """The table that a caller means: one as it is, what `classes.json` holds or its list of
        classes, names alone, or the path of a `classes.json`.

        Raises:
            ClassTableError: it is none of these, or something in it is impossible.
        """
        if isinstance(classes, ClassTable):
            return classes
        if isinstance(classes, str | Path):
            return cls.read(classes)
        if isinstance(classes, Mapping):
            return cls.from_json(classes)
        rows = list(classes)
        if rows and all(isinstance(row, str) for row in rows):
            return cls.from_names(rows)
        if all(isinstance(row, ClassInfo) for row in rows):
            return cls(tuple(rows))
        return cls.from_json({"classes": rows})

    @classmethod
    def read(cls, path: str | Path) -> ClassTable:
        """Read a `classes.json`.

        Raises:
            ClassTableError: it is not there, not JSON or not a class table; its text names it.
        """
        data = read_json(Path(path))
        try:
            return cls.from_json(data)
        except ClassTableError as error:
            raise ClassTableError(f"{readable(path)}: {error}") from error

    def write(self, path: str | Path) -> None:
        """Write a `classes.json`, whole or not at all; OSError where that cannot be done."""
        with replacing(Path(path), "w") as stream:
            stream.write(table_text(self.to_json()))
