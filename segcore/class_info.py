"""One class of a table: its entry in `classes.json`, and the colour that it gets."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeGuard

import numpy as np

from segcore.errors import ClassTableError

Color = tuple[int, int, int]


@dataclass(frozen=True)
class ClassInfo:
    """One class.

    Attributes:
        id: counted from 0.
        name: what it is called.
        color: 8-bit RGB.
        retired: merged into another or deleted: the id stays its own and is never painted.
        into: the id that took a retired class's pixels; None where they became unlabelled.
    """

    id: int
    name: str
    color: Color
    retired: bool = False
    into: int | None = None


def check_classes(classes: Sequence[ClassInfo]) -> None:
    """Refuse ids that are not 0, 1, 2, …, colours out of range, and pixels that went nowhere.

    What is right is seen at once, also of 65,534 classes; only what is not is looked for.

    Raises:
        ClassTableError: one of these, with the class's name.
    """
    count = len(classes)
    colors = [info.color for info in classes]
    heirs = {info.into for info in classes} - {None}
    if (
        [info.id for info in classes] == [*range(count)]
        and {*map(len, colors)} <= {3}
        and _are_bytes(chain.from_iterable(colors))
        and heirs <= {*range(count if heirs else 0)}
    ):
        return
    for index, info in enumerate(classes):
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
        if info.into is not None and not 0 <= info.into < count:
            raise ClassTableError(
                f'The class "{info.name}" went into the id {info.into}, which is no class: '
                "name one that there is."
            )


def _are_bytes(parts: Iterable[int]) -> bool:
    try:
        bytes(parts)
    except (ValueError, TypeError):
        return False
    return True


def entry_of(info: ClassInfo) -> dict[str, Any]:
    """The entry of a class in `classes.json`."""
    entry: dict[str, Any] = {"id": info.id, "name": info.name, "color": list(info.color)}
    if info.retired:
        entry["retired"] = True
        if info.into is not None:
            entry["into"] = info.into
    return entry


def parse_class(entry: object) -> ClassInfo:
    """The class of an entry; ClassTableError where something in it is impossible."""
    fields = entry if isinstance(entry, Mapping) else {}
    class_id, name, color = fields.get("id"), fields.get("name"), fields.get("color")
    if not is_integer(class_id) or not isinstance(name, str):
        raise ClassTableError(
            f"A class is written {json.dumps(entry)[:80]}: give it an id and a name."
        )
    chosen = distinct_color(class_id) if color is None else parse_color(color, name)
    retired, into = fields.get("retired", False), fields.get("into")
    if not isinstance(retired, bool) or not (into is None or is_integer(into)):
        raise ClassTableError(
            f'The class "{name}" says retired: {retired}, into: {into}: write true, and an id.'
        )
    return ClassInfo(class_id, name, chosen, retired, into if retired else None)


def parse_color(color: object, name: str) -> Color:
    """A colour as `[r, g, b]` or `"#rrggbb"`; ClassTableError where it is neither."""
    if isinstance(color, str) and len(color) == 7 and color.startswith("#"):
        try:
            red, green, blue = bytes.fromhex(color[1:])
            return red, green, blue
        except ValueError:
            pass  # refused below, with everything else that is no colour
    elif isinstance(color, Sequence) and len(color) == 3 and all(map(is_integer, color)):
        return int(color[0]), int(color[1]), int(color[2])
    raise ClassTableError(
        f'The colour {color!r} of class "{name}" is no RGB colour: '
        "give three numbers from 0 to 255."
    )


def is_integer(value: object) -> TypeGuard[int]:
    """Whether a parsed value is a whole number."""
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
