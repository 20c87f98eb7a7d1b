"""Class tables: ids, names and colours, and the one value that is never a class."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from segcore.atomic import replacing
from segcore.errors import ClassTableError, readable

Color = tuple[int, int, int]

IGNORE_8BIT = 255
IGNORE_16BIT = 65535
IGNORE_COLOR: Color = (224, 224, 192)  # what VOC paints its void with


@dataclass(frozen=True)
class ClassInfo:
    """One class: its id, counted from 0, its name and its colour as 8-bit RGB."""

    id: int
    name: str
    color: Color


@dataclass(frozen=True)
class ClassTable:
    """The classes of a model or project, in order of their ids 0, 1, 2, …

    An id never moves once it is given: new classes come at the end, and none is taken away.

    Raises:
        ClassTableError: ids that are not 0, 1, 2, …, a colour out of range, over 65,535 classes.
    """

    classes: tuple[ClassInfo, ...]

    def __post_init__(self) -> None:
        for index, info in enumerate(self.classes):
            if info.id != index:
                raise ClassTableError(
                    f'The class "{info.name}" has id {info.id} where {index} comes next: number '
                    "the classes 0, 1, 2, … without gaps."
                )
            if len(info.color) != 3 or not all(0 <= part <= 255 for part in info.color):
                raise ClassTableError(
                    f'The colour {info.color} of class "{info.name}" is no RGB colour: '
                    "give three numbers from 0 to 255."
                )
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

    def id_of(self, name: str) -> int | None:
        """The id of the first class of that name, or None."""
        return self._ids_by_name.get(name)

    @cached_property
    def _ids_by_name(self) -> dict[str, int]:
        return {info.name: info.id for info in reversed(self.classes)}

    def lut(self) -> npt.NDArray[np.uint8]:
        """Colour of every id that a label map may hold: (ignore + 1, 3) uint8 RGB.

        `ignore` has `IGNORE_COLOR`; ids that are neither are black.
        """
        table = np.zeros((self.ignore + 1, 3), np.uint8)
        if self.classes:
            table[: len(self.classes)] = [info.color for info in self.classes]
        table[self.ignore] = IGNORE_COLOR
        return table

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
                ClassInfo(index, name, _parse_color(color, name))
                for index, (name, color) in enumerate(zip(names, chosen))
            )
        )

    def with_class(self, name: str, color: Color | None = None) -> ClassTable:
        """The table with one class more, at the end.

        Raises:
            ClassTableError: there is a class of that name, or it is blank.
        """
        if not name.strip():
            raise ClassTableError("A class needs a name: type one.")
        if self.id_of(name) is not None:
            raise ClassTableError(f'There is a class "{name}" already: choose another name.')
        new = ClassInfo(len(self), name, color or distinct_color(len(self)))
        return ClassTable((*self.classes, new))

    def with_changed(
        self, class_id: int, *, name: str | None = None, color: Color | None = None
    ) -> ClassTable:
        """The table with another name or colour for one class; its id stays."""
        old = self[class_id]
        new = replace(old, name=name or old.name, color=color or old.color)
        return ClassTable((*self.classes[:class_id], new, *self.classes[class_id + 1 :]))

    def to_json(self) -> dict[str, Any]:
        """What stands in `classes.json`: ignore, and id, name and colour of each class."""
        return {
            "ignore": self.ignore,
            "classes": [
                {"id": info.id, "name": info.name, "color": list(info.color)} for info in self
            ],
        }

    @classmethod
    def from_json(cls, data: object) -> ClassTable:
        """The table of a parsed `classes.json`; colours may also be written `"#8040C0"`.

        Classes may stand in any order; one without a colour gets `distinct_color` of its id.

        Raises:
            ClassTableError: something in it is missing or impossible.
        """
        if not isinstance(data, Mapping) or not isinstance(data.get("classes"), list):
            raise ClassTableError(
                'There is no list "classes" in it: write one as classes.json has.'
            )
        table = cls(tuple(sorted(map(_parse_class, data["classes"]), key=lambda info: info.id)))
        ignore = data.get("ignore", table.ignore)
        if ignore != table.ignore:
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
        path = Path(path)
        try:
            return cls.from_json(json.loads(path.read_text(encoding="utf-8-sig")))
        except OSError as error:
            raise ClassTableError(
                f"{readable(path)} cannot be read ({error.strerror or error}): "
                "name a classes.json that can be read."
            ) from error
        except ValueError as error:
            raise ClassTableError(
                f"{readable(path)} is not JSON ({error}): name a classes.json as predict writes it."
            ) from error
        except ClassTableError as error:
            raise ClassTableError(f"{readable(path)}: {error}") from error

    def write(self, path: str | Path) -> None:
        """Write a `classes.json`, whole or not at all; OSError where that cannot be done."""
        lines = ",\n".join(
            f"    {json.dumps(entry, ensure_ascii=False)}" for entry in self.to_json()["classes"]
        )
        text = f'{{\n  "ignore": {self.ignore},\n  "classes": [\n{lines}\n  ]\n}}\n'
        with replacing(Path(path), "w") as stream:
            stream.write(text)


def _parse_class(entry: object) -> ClassInfo:
    fields = entry if isinstance(entry, Mapping) else {}
    class_id, name, color = fields.get("id"), fields.get("name"), fields.get("color")
    if not _is_integer(class_id) or not isinstance(name, str):
        raise ClassTableError(
            f"A class is written {json.dumps(entry)[:80]}: give it an id and a name."
        )
    if color is None:
        return ClassInfo(class_id, name, distinct_color(class_id))
    return ClassInfo(class_id, name, _parse_color(color, name))


def _parse_color(color: object, name: str) -> Color:
    if isinstance(color, str) and len(color) == 7 and color.startswith("#"):
        try:
            red, green, blue = bytes.fromhex(color[1:])
            return red, green, blue
        except ValueError:
            pass  # refused below, with everything else that is no colour
    elif isinstance(color, Sequence) and len(color) == 3 and all(map(_is_integer, color)):
        return int(color[0]), int(color[1]), int(color[2])
    raise ClassTableError(
        f'The colour {color!r} of class "{name}" is no RGB colour: '
        "give three numbers from 0 to 255."
    )


def _is_integer(value: object) -> TypeGuard[int]:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_LIGHTNESS_AND_CHROMA = ((0.70, 0.16), (0.52, 0.14), (0.84, 0.12), (0.62, 0.20), (0.42, 0.12))


def distinct_color(index: int) -> Color:
    """A colour for the class of that index, far from those of its neighbours in the table.

    Hues step by the golden angle in Oklab (Ottosson 2020) through five rings of lightness, so that
    any run of classes is spread over the colours that a screen has; none is near black or white.
    """
    lightness, chroma = _LIGHTNESS_AND_CHROMA[index % len(_LIGHTNESS_AND_CHROMA)]
    hue = index * _GOLDEN_ANGLE
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _srgb(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _srgb(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _srgb(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _srgb(linear: float) -> int:
    """A linear light share as an 8-bit sRGB value, clipped to the range of a screen."""
    linear = min(max(linear, 0.0), 1.0)
    encoded = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * encoded)
