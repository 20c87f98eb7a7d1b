"""`ade`: the folders and numbers of the ADE20K scene parsing benchmark.

`images/training/`, `annotations/training/<stem>.png` in 8-bit grey: 0 is ignore and class i is
i + 1. Readers subtract one (`reduce_zero_label` of MMSegmentation, `do_reduce_labels` of
transformers), which makes 0 the 255 that they ignore. No file names the classes.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from segcore.classes import IGNORE_8BIT, ClassTable
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
from segcore.formats.findings import mixed_endings, renamed_files
from segcore.formats.label_files import in_width_of, write_grey
from segcore.formats.layout import classes_needed
from segcore.formats.paired import Trees, read_pairs, splits_in, write_pairs
from segcore.labels import LabelMap, read_label_map

_PICTURES, _LABELS = "images", "annotations"
_FOLDERS = {"train": "training", "val": "validation", "test": "testing"}
_SPLITS = {folder: split for split, folder in _FOLDERS.items()}


def _finds(labelled: LabelledSet, options: ExportOptions, /) -> list[Finding]:
    return renamed_files(labelled) + mixed_endings(
        labelled, options, "MMSegmentation", "img_suffix"
    )


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    def write_labels(path: Path, labels: LabelMap) -> None:
        write_grey(path, labels.astype(np.uint8) + np.uint8(1))  # 255, ignore, becomes 0

    def trees(split: str) -> Trees:
        return _trees(_FOLDERS.get(split, split))

    write_pairs(labelled, folder, options, step, trees=trees, write_labels=write_labels)


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    classes = classes_needed(path, options, problems)
    folders = splits_in(path / _LABELS)
    if not folders:
        raise FormatError(
            f"{readable(path)} has no folder {_LABELS} with a folder {_FOLDERS['train']} in it: "
            f"name the one that {_PICTURES} and {_LABELS} lie in."
        )
    pictures = read_pairs(
        path,
        [_trees(folder) for folder in folders],
        classes,
        problems,
        read_labels=partial(read_shifted, classes=classes),
    )
    return LabelledSet(classes, pictures)


def read_shifted(path: Path, classes: ClassTable) -> LabelMap:
    """Ids of a file in which 0 is ignore and class i is i + 1.

    Raises:
        ImageError: it cannot be read.
        FormatError: it does not fit the class table's width.
    """
    values = read_label_map(path).labels
    if values.dtype == np.uint8:
        ids = values - np.uint8(1)  # 0 becomes 255
        return in_width_of(classes, ids, path) if classes.ignore == IGNORE_8BIT else _wide(values)
    return in_width_of(classes, values - np.uint16(1), path)


def _wide(values: LabelMap) -> LabelMap:
    return values.astype(np.uint16) - np.uint16(1)  # 0 becomes 65535


def _trees(folder: str) -> Trees:
    return Trees(f"{_PICTURES}/{folder}", f"{_LABELS}/{folder}", _SPLITS.get(folder, folder))


FORMAT = Format(
    name="ade",
    title="ADE20K: images/training/, annotations/training/ with ids + 1, 0 ignored",
    most_classes=254,
    own_names=False,
    finds=_finds,
    write=_write,
    read=_read,
)
