"""`mmseg`: the folders that MMSegmentation's own data sets are laid out in.

`img_dir/<split>/`, `ann_dir/<split>/<stem>.png` with ids in 8-bit grey, 255 ignored. Its configs
name the classes (`metainfo`), no file does; `reduce_zero_label` has to stay off.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

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
from segcore.formats.label_files import read_ids, write_grey_ids
from segcore.formats.layout import classes_needed
from segcore.formats.paired import Trees, read_pairs, splits_in, write_pairs

_PICTURES, _LABELS = "img_dir", "ann_dir"


def _finds(labelled: LabelledSet, options: ExportOptions, /) -> list[Finding]:
    return renamed_files(labelled) + mixed_endings(
        labelled, options, "MMSegmentation", "img_suffix"
    )


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    write_pairs(labelled, folder, options, step, trees=_trees, write_labels=write_grey_ids)


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    classes = classes_needed(path, options, problems)
    splits = splits_in(path / _LABELS)
    if not splits:
        raise FormatError(
            f"{readable(path)} has no folder {_LABELS} with a folder for each part: name the one "
            f"that {_PICTURES} and {_LABELS} lie in."
        )
    trees = [_trees(split) for split in splits]
    read_labels = partial(read_ids, classes=classes)
    return LabelledSet(classes, read_pairs(path, trees, classes, problems, read_labels=read_labels))


def _trees(split: str) -> Trees:
    return Trees(f"{_PICTURES}/{split}", f"{_LABELS}/{split}", split)


FORMAT = Format(
    name="mmseg",
    title="MMSegmentation: img_dir/, ann_dir/ with ids",
    most_classes=255,
    own_names=False,
    finds=_finds,
    write=_write,
    read=_read,
)
