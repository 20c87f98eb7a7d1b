"""`datumaro`: the Common Semantic Segmentation layout of Datumaro and Open Model Zoo.

`images/`, `masks/<stem>.png` in RGB and `dataset_meta.json` with `label_map` and
`segmentation_colors`; with several splits each has a folder with these three. There are no
folders below. Ignore is declared as a label of its own: Datumaro refuses colours that nobody
declared, and two labels of one colour, which is why colours are made unique.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from segcore.errors import FormatError, readable
from segcore.formats.colours import shared_colors, with_unique_colors
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
from segcore.formats.declared import Row, classes_of, reader_of, rows_of
from segcore.formats.findings import renamed_files, repeated_names
from segcore.formats.label_files import write_colours
from segcore.formats.layout import classes_beside, read_json
from segcore.formats.paired import Trees, read_pairs, splits_in, write_pairs
from segcore.labels import LabelMap

_META = "dataset_meta.json"


def _finds(labelled: LabelledSet, _options: ExportOptions, /) -> list[Finding]:
    return [
        *repeated_names(labelled),
        *shared_colors(labelled.classes),
        *renamed_files(labelled, flat=True),
    ]


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    several = labelled.splits != (TRAIN,)
    colors = with_unique_colors(labelled.classes).lut()

    def write_labels(path: Path, labels: LabelMap) -> None:
        write_colours(path, colors[labels])

    def trees(split: str) -> Trees:
        above = f"{split}/" if several else ""
        return Trees(f"{above}images", f"{above}masks", split)

    write_pairs(labelled, folder, options, step, trees=trees, write_labels=write_labels, flat=True)
    rows = rows_of(labelled.classes)
    meta = {
        "label_map": {str(index): row.name for index, row in enumerate(rows)},
        "segmentation_colors": [row.color for row in rows],
    }
    text = json.dumps(meta, indent=2, ensure_ascii=False) + "\n"
    for split in labelled.splits if several else ("",):
        (folder / split / _META).write_text(text, encoding="utf-8")


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    splits = [] if (path / _META).is_file() else splits_in(path)
    splits = [split for split in splits if (path / split / _META).is_file()]
    rows = _rows(path / (splits[0] if splits else "") / _META)
    for split in splits[1:]:
        if _rows(path / split / _META) != rows:
            problems.add(
                f"{split}/{_META} declares other labels than {splits[0]}/{_META}: import the parts "
                "one by one."
            )
    classes = classes_beside(path, options, problems)
    if classes is None:
        problems.raise_if_any()
        classes = classes_of(rows, problems)
    trees = [Trees(f"{split}/images", f"{split}/masks", split) for split in splits]
    pictures = read_pairs(
        path,
        trees or [Trees("images", "masks")],
        classes,
        problems,
        read_labels=reader_of(rows, classes, problems),
    )
    return LabelledSet(classes, pictures)


def _rows(path: Path) -> list[Row]:
    """The labels that a file declares, in the order of their numbers."""
    meta = read_json(path)
    try:
        names = {int(number): str(name) for number, name in dict(meta["label_map"]).items()}
        colors: Sequence[Sequence[int]] = meta.get("segmentation_colors") or []
        rows = [
            Row(names[number], _color(colors[number]) if colors else None)
            for number in range(len(names))
        ]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(
            f'{readable(path)} does not number the labels of its "label_map" 0, 1, 2, … with a '
            'colour of "segmentation_colors" for each: correct it.'
        ) from error
    return rows


def _color(parts: Sequence[int]) -> tuple[int, int, int]:
    red, green, blue = (int(part) for part in parts)
    return red, green, blue


FORMAT = Format(
    name="datumaro",
    title="Datumaro common semantic segmentation: images/, masks/ in RGB, dataset_meta.json",
    most_classes=255,
    own_names=True,
    finds=_finds,
    write=_write,
    read=_read,
)
