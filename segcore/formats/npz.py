"""`npz`: an array of ids for each picture, for code that would rather not decode PNG files.

`images/`, `labels/<stem>.npz` with the array `labels` (H, W) uint8 or uint16, and `classes.json`;
with several splits `images/<split>/` and `labels/<split>/`.
"""

from __future__ import annotations

import zipfile
import zlib
from functools import partial
from pathlib import Path

import numpy as np

from segcore.classes import ClassTable
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
from segcore.formats.label_files import in_width_of
from segcore.formats.layout import classes_needed
from segcore.formats.paired import Trees, read_pairs, splits_in, write_pairs
from segcore.formats.splits import SPLIT_NAMES
from segcore.labels import LabelMap

_PICTURES, _LABELS, _ENDING, _ARRAY = "images", "labels", ".npz", "labels"


def _finds(labelled: LabelledSet, _options: ExportOptions, /) -> list[Finding]:
    return renamed_files(labelled)


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    several = labelled.splits != (TRAIN,)

    def write_labels(path: Path, labels: LabelMap) -> None:
        with path.open("wb") as stream:
            np.savez_compressed(stream, labels=labels)

    def trees(split: str) -> Trees:
        below = f"/{split}" if several else ""
        return Trees(_PICTURES + below, _LABELS + below, split, _ENDING)

    write_pairs(labelled, folder, options, step, trees=trees, write_labels=write_labels)


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    classes = classes_needed(path, options, problems)
    if not (path / _LABELS).is_dir():
        raise FormatError(f"{readable(path)} has no folder {_LABELS}: name the one it lies in.")
    names = splits_in(path / _LABELS)
    loose = any((path / _LABELS).glob(f"*{_ENDING}"))
    trees = [Trees(_PICTURES, _LABELS, ending=_ENDING)]
    if names and not loose and all(name in SPLIT_NAMES for name in names):
        trees = [
            Trees(f"{_PICTURES}/{name}", f"{_LABELS}/{name}", SPLIT_NAMES[name], _ENDING)
            for name in names
        ]
    pictures = read_pairs(
        path,
        trees,
        classes,
        problems,
        read_labels=partial(_read_labels, classes=classes),
        read_size=_read_size,
    )
    return LabelledSet(classes, pictures)


def _read_labels(path: Path, *, classes: ClassTable) -> LabelMap:
    return in_width_of(classes, _array(path), path)


def _read_size(path: Path) -> tuple[int, int]:
    height, width = _array(path).shape
    return height, width


def _array(path: Path) -> LabelMap:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            ids = arrays[_ARRAY]
    except KeyError as error:
        raise FormatError(f'{readable(path)} has no array "{_ARRAY}": write one.') from error
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise FormatError(
            f"{readable(path)} is no NPZ file that can be read ({error}): write it anew."
        ) from error
    if ids.ndim != 2 or 0 in ids.shape or ids.dtype not in (np.uint8, np.uint16):
        raise FormatError(
            f'The array "{_ARRAY}" of {readable(path)} is {ids.dtype} of shape {ids.shape}: '
            "write rows and columns of uint8, or of uint16 above 255 classes."
        )
    found: LabelMap = ids
    return found


FORMAT = Format(
    name="npz",
    title="NumPy: images/, labels/ with an array of ids for each picture, classes.json",
    most_classes=None,
    own_names=False,
    finds=_finds,
    write=_write,
    read=_read,
)
