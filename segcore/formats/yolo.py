"""`yolo`: semantic masks as Ultralytics reads them.

`images/<split>/`, `masks/<split>/<stem>.png` with ids in 8-bit grey, 255 ignored, and `data.yaml`
with the folders, `masks_dir` and the names of the classes. No `path` stands in it: folders are
looked up beside the file itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import yaml  # type: ignore[import-untyped]

from segcore.classes import ClassTable
from segcore.errors import FormatError, readable
from segcore.formats.contract import (
    ExportOptions,
    Finding,
    Format,
    ImportOptions,
    LabelledSet,
    Problems,
    Step,
)
from segcore.formats.findings import renamed_files
from segcore.formats.label_files import read_ids, write_grey_ids
from segcore.formats.layout import classes_beside, leads_out, names_in_files
from segcore.formats.paired import Trees, read_pairs, write_pairs
from segcore.resources import colored

_DATA = "data.yaml"
_PARTS = ("train", "val", "test")


def _finds(labelled: LabelledSet, _options: ExportOptions, /) -> list[Finding]:
    found = renamed_files(labelled)
    others = [split for split in labelled.splits if split not in _PARTS]
    if others:
        found.append(
            Finding(
                "hindrance",
                f'Ultralytics knows the parts train, val and test alone, not "{others[0]}": '
                "call it one of these.",
            )
        )
    elif "val" not in labelled.splits:
        found.append(
            Finding(
                "note",
                f"There is no part for validation: {_DATA} names the first part in its place, "
                "because Ultralytics refuses a file without one.",
            )
        )
    return found


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    write_pairs(labelled, folder, options, step, trees=_trees, write_labels=write_grey_ids)
    write_data(folder, labelled, "masks_dir: masks")


def write_data(folder: Path, labelled: LabelledSet, *more: str) -> None:
    """Write `data.yaml`: the folder of each part, `more` lines, the names of the classes."""
    parts = [split for split in _PARTS if split in labelled.splits]
    lines = [f"{split}: images/{split}" for split in parts]
    if "train" not in parts:
        lines.append(f"train: images/{parts[0]}")
    if "val" not in parts:
        lines.append(f"val: images/{parts[0]}  # no part was made for validation")
    lines += [*more, "names:"]
    names = enumerate(names_in_files(labelled.classes))
    lines += [f"  {number}: {json.dumps(name)}" for number, name in names]
    (folder / _DATA).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    folder = path.parent if path.is_file() else path
    data = read_data(path)
    classes = classes_beside(folder, options, problems) or named_classes(data, problems)
    trees = declared_trees(data, problems)
    pictures = read_pairs(
        folder, trees, classes, problems, read_labels=partial(read_ids, classes=classes)
    )
    return LabelledSet(classes, pictures)


def read_data(path: Path) -> Mapping[str, Any]:
    """What a `data.yaml`, or the one in a folder, says.

    Raises:
        FormatError: it is not there, or no YAML with entries.
    """
    path = path if path.is_file() else path / _DATA
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FormatError(
            f"{readable(path)} cannot be read ({error.strerror or error}): name the folder that "
            f"{_DATA} lies in, or the file itself."
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise FormatError(f"{readable(path)} is no YAML ({reason}): correct it.") from error
    if not isinstance(data, dict):
        raise FormatError(f'{readable(path)} has no "train" and "names": write them.')
    return data


def named_classes(data: Mapping[str, Any], problems: Problems) -> ClassTable:
    """The classes that a `data.yaml` names.

    Raises:
        FormatError: it does not number them 0, 1, 2, …
    """
    problems.raise_if_any()
    names = data.get("names")
    if isinstance(names, list):
        return colored([str(name) for name in names])
    try:
        by_id = {int(number): str(name) for number, name in dict(names or {}).items()}
        return colored([by_id[number] for number in range(len(by_id))])
    except (ValueError, TypeError, KeyError) as error:
        raise FormatError(
            f'"names" in {readable(problems.source)} does not number its classes 0, 1, 2, …: '
            "write every one of them."
        ) from error


def declared_trees(data: Mapping[str, Any], problems: Problems) -> list[Trees]:
    """The folders of pictures that a `data.yaml` names, with those of labels beside them."""
    base = str(data.get("path") or "")
    if base and (leads_out(base) or base in (".", "./")):
        base = ""  # where it lay on another machine: the folders are looked up beside the file
    masks = str(data.get("masks_dir") or "masks")
    trees: dict[str, Trees] = {}
    for split in _PARTS:
        declared = data.get(split)
        for text in declared if isinstance(declared, list) else [declared]:
            if not text:
                continue
            place = f"{base}/{text}".strip("/") if base else str(text)
            if leads_out(place) or leads_out(masks):
                problems.add(
                    f'"{split}" in {readable(problems.source)} leads out of the folder: write a '
                    "path inside it."
                )
            else:
                place = str(PurePosixPath(place))
                trees.setdefault(place, Trees(place, _masks_beside(place, masks), split))
    if not trees and not problems.sentences:
        problems.add(f'{readable(problems.source)} names no pictures: write "train" into {_DATA}.')
    return list(trees.values())


def _masks_beside(place: str, masks: str) -> str:
    """The folder of pictures with its last part called `images` replaced, as Ultralytics does."""
    parts = place.split("/")
    for index in reversed(range(len(parts))):
        if parts[index] == "images":
            return "/".join([*parts[:index], masks, *parts[index + 1 :]])
    return f"{masks}/{place}"


def _trees(split: str) -> Trees:
    return Trees(f"images/{split}", f"masks/{split}", split)


FORMAT = Format(
    name="yolo",
    title="Ultralytics semantic masks: images/, masks/ with ids, data.yaml",
    most_classes=255,
    own_names=True,
    finds=_finds,
    write=_write,
    read=_read,
)
