"""`png`: label maps as the program itself writes them, ids in PNG files.

`images/`, `labels/<stem>.png` and `classes.json`; with several splits `images/<split>/` and
`labels/<split>/`. Files are indexed with the classes' colours up to 255 classes, 16-bit grey above.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from segcore.errors import FormatError, readable
from segcore.formats.contract import (
    TRAIN,
    ExportOptions,
    Finding,
    Format,
    ImportOptions,
    LabelledSet,
    Problems,
    Step,
)
from segcore.formats.findings import renamed_files
from segcore.formats.label_files import read_ids, write_indexed
from segcore.formats.layout import classes_needed
from segcore.formats.paired import Trees, read_pairs, splits_in, write_pairs
from segcore.formats.splits import SPLIT_NAMES
from segcore.labels import LabelMap

_PICTURES, _LABELS = "images", "labels"


def _finds(labelled: LabelledSet, _options: ExportOptions, /) -> list[Finding]:
    return renamed_files(labelled)


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    several = labelled.splits != (TRAIN,)

    def write_labels(path: Path, labels: LabelMap) -> None:
        write_indexed(path, labels, labelled.classes)

    def trees(split: str) -> Trees:
        below = f"/{split}" if several else ""
        return Trees(_PICTURES + below, _LABELS + below, split)

    write_pairs(labelled, folder, options, step, trees=trees, write_labels=write_labels)


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    classes = classes_needed(path, options, problems)
    if not (path / _LABELS).is_dir():
        raise FormatError(
            f"{readable(path)} has no folder {_LABELS}: name the folder that {_PICTURES} and "
            f"{_LABELS} lie in."
        )
    pictures = read_pairs(
        path, _trees(path), classes, problems, read_labels=partial(read_ids, classes=classes)
    )
    return LabelledSet(classes, pictures)


def _trees(path: Path) -> list[Trees]:
    """A tree for each split when there is nothing but folders called like splits."""
    names = splits_in(path / _LABELS)
    loose = any((path / _LABELS).glob("*.png"))
    if names and not loose and all(name in SPLIT_NAMES for name in names):
        return [Trees(f"{_PICTURES}/{n}", f"{_LABELS}/{n}", SPLIT_NAMES[n]) for n in names]
    return [Trees(_PICTURES, _LABELS)]


FORMAT = Format(
    name="png",
    title="PNG label maps: images/, labels/ with ids, classes.json",
    most_classes=None,
    own_names=False,
    finds=_finds,
    write=_write,
    read=_read,
)
