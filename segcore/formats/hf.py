"""`hf`: folders, `id2label.json` and a processor's settings as Hugging Face's training code reads.

`images/<split>/`, `annotations/<split>/<stem>.png` with ids in 8-bit grey, 255 ignored;
`preprocessor_config.json` says `do_reduce_labels: false`, because ids are not shifted by one.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from segcore.classes import ClassTable
from segcore.errors import FormatError, readable
from segcore.formats.ade import read_shifted
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
from segcore.formats.layout import classes_beside, names_in_files, read_json
from segcore.formats.paired import Trees, read_pairs, splits_in, write_pairs
from segcore.resources import colored

_PICTURES, _LABELS = "images", "annotations"
_NAMES, _PROCESSOR = "id2label.json", "preprocessor_config.json"
_SETTINGS: dict[str, Any] = {
    "image_processor_type": "SegformerImageProcessor",
    "do_resize": True,
    "size": {"height": 512, "width": 512},
    "resample": 2,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
    "do_reduce_labels": False,
}


def _finds(labelled: LabelledSet, _options: ExportOptions, /) -> list[Finding]:
    return renamed_files(labelled)


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    write_pairs(labelled, folder, options, step, trees=_trees, write_labels=write_grey_ids)
    names = {str(number): name for number, name in enumerate(names_in_files(labelled.classes))}
    for name, content in ((_NAMES, names), (_PROCESSOR, _SETTINGS)):
        text = json.dumps(content, indent=2, ensure_ascii=False)
        (folder / name).write_text(f"{text}\n", encoding="utf-8")


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    classes = classes_beside(path, options, problems) or _named_classes(path, problems)
    splits = splits_in(path / _LABELS)
    if not splits:
        raise FormatError(
            f"{readable(path)} has no folder {_LABELS} with a folder for each part: name the one "
            f"that {_PICTURES} and {_LABELS} lie in."
        )
    read = read_shifted if _reduces(path) else read_ids
    trees = [_trees(split) for split in splits]
    pictures = read_pairs(
        path, trees, classes, problems, read_labels=partial(read, classes=classes)
    )
    return LabelledSet(classes, pictures)


def _named_classes(path: Path, problems: Problems) -> ClassTable:
    problems.raise_if_any()
    names = read_json(path / _NAMES)
    try:
        by_id = {int(number): name for number, name in dict(names).items()}
        listed = [str(by_id[number]) for number in range(len(by_id))]
    except (ValueError, TypeError, KeyError) as error:
        raise FormatError(
            f"{readable(path / _NAMES)} does not number its classes 0, 1, 2, …: write "
            '{"0": "road", "1": "sky"}.'
        ) from error
    return colored(listed)


def _reduces(path: Path) -> bool:
    """Whether the processor's settings say that 0 is ignore and class i is i + 1."""
    if not (path / _PROCESSOR).is_file():
        return False
    settings = read_json(path / _PROCESSOR)
    fields = settings if isinstance(settings, dict) else {}
    return bool(fields.get("do_reduce_labels", fields.get("reduce_labels", False)))


def _trees(split: str) -> Trees:
    return Trees(f"{_PICTURES}/{split}", f"{_LABELS}/{split}", split)


FORMAT = Format(
    name="hf",
    title="Hugging Face: images/, annotations/ with ids, id2label.json",
    most_classes=255,
    own_names=True,
    finds=_finds,
    write=_write,
    read=_read,
)
