"""`classes.json`: how a class table is read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segcore.class_info import ClassInfo, is_integer, parse_class
from segcore.errors import ClassTableError, readable


def parse_table(data: object) -> tuple[tuple[ClassInfo, ...], tuple[int, ...], object]:
    """The classes by id, their order of display, and the ignore value or None of parsed JSON.

    Raises:
        ClassTableError: something in it is missing or impossible.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("classes"), list):
        raise ClassTableError('There is no list "classes" in it: write one as classes.json has.')
    classes = sorted(map(parse_class, data["classes"]), key=lambda info: info.id)
    display = data.get("display") or ()
    if not isinstance(display, Sequence) or not all(map(is_integer, display)):
        raise ClassTableError('"display" lists class ids: write it so, or leave it out.')
    return tuple(classes), tuple(int(each) for each in display), data.get("ignore")


def read_json(path: Path) -> object:
    """What a file holds.

    Raises:
        ClassTableError: it is not there or not JSON; its text names it.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ClassTableError(
            f"{readable(path)} cannot be read ({error.strerror or error}): "
            "name a classes.json that can be read."
        ) from error
    except ValueError as error:
        raise ClassTableError(
            f"{readable(path)} is not JSON ({error}): name a classes.json as predict writes it."
        ) from error


def table_text(table: Mapping[str, Any]) -> str:
    """The text of a `classes.json`, a line for each class."""
    lines = ",\n".join(f"    {_LINE.encode(entry)}" for entry in table["classes"])
    display = f',\n  "display": {table["display"]}' if "display" in table else ""
    return f'{{\n  "ignore": {table["ignore"]},\n  "classes": [\n{lines}\n  ]{display}\n}}\n'


_LINE = json.JSONEncoder(ensure_ascii=False)
