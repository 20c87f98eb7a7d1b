"""`cityscapes`: the folders, names and label ids of the Cityscapes data set.

`leftImg8bit/<split>/<city>/<city>_NNNNNN_NNNNNN_leftImg8bit.png` and
`gtFine/<split>/<city>/…_gtFine_labelIds.png` in 8-bit grey. Label ids are those of the scripts, not
train ids: classes are matched by name, and ignore is 0, "unlabeled".
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np

from segcore.classes import IGNORE_8BIT, ClassTable
from segcore.errors import FormatError, ImageError, SegcoreError, readable
from segcore.folders import find_images
from segcore.formats.cityscapes_names import (
    IGNORED_ID,
    LABEL_ENDING,
    LABEL_IDS,
    PICTURE_ENDING,
    UNLABELED,
    classes_with_ids,
    file_stems,
    is_kept,
    label_id_of,
)
from segcore.formats.colours import named
from segcore.formats.contract import (
    ExportOptions,
    Finding,
    Format,
    ImportOptions,
    LabelledSet,
    Problems,
    Step,
)
from segcore.formats.findings import repeated_names
from segcore.formats.label_files import write_grey
from segcore.formats.layout import classes_beside
from segcore.formats.paired import PairReader, label_names, splits_in
from segcore.formats.pictures import place_picture
from segcore.labels import LabelMap, read_label_map

_PICTURES, _LABELS = "leftImg8bit", "gtFine"


def _finds(labelled: LabelledSet, options: ExportOptions, /) -> list[Finding]:
    found = repeated_names(labelled) + _capitals(labelled)
    other = [info.name for info in labelled.classes.living if label_id_of(info.name) is None]
    unlabeled = [name for name in other if name.casefold() == UNLABELED]
    if unlabeled:
        found.append(
            Finding(
                "hindrance",
                f"The class {named(unlabeled)} is what Cityscapes calls ignore: make its pixels "
                "ignore.",
            )
        )
        other = [name for name in other if name not in unlabeled]
    if other:
        found.append(
            Finding(
                "hindrance",
                f"The classes {named(other, len(other))} are none of Cityscapes: give them the "
                "names of its classes, or use another format.",
            )
        )
    return found + _renamed(labelled) + _converted(labelled, options)


def _capitals(labelled: LabelledSet) -> list[Finding]:
    """A note where names differ from those of Cityscapes in capitals alone."""
    names = [info.name for info in labelled.classes.living if label_id_of(info.name) is not None]
    alike = Counter(name.casefold() for name in names)
    twice = [name for name in names if alike[name.casefold()] > 1]
    if len(set(twice)) > 1:
        return [
            Finding(
                "hindrance",
                f"The classes {named(twice)} are one class of Cityscapes: merge them, or rename "
                "all but one.",
            )
        ]
    changed = [name for name in names if name not in LABEL_IDS]
    if not changed:
        return []
    text = f"The classes {named(changed)} are taken for those of Cityscapes without capitals."
    return [Finding("note", text)]


def _renamed(labelled: LabelledSet) -> list[Finding]:
    changed = [p.name for p in labelled.pictures if not is_kept(p.name)]
    if not changed:
        return []
    new = file_stems(labelled.pictures)[changed[0]]
    return [
        Finding(
            "note",
            f"{len(changed)} pictures get a name as Cityscapes has them: "
            f'"{changed[0]}" becomes "{new}{PICTURE_ENDING}.png".',
        )
    ]


def _converted(labelled: LabelledSet, options: ExportOptions) -> list[Finding]:
    others = [
        p for p in labelled.pictures if p.image is not None and p.image.suffix.lower() != ".png"
    ]
    if not others or not options.pictures:
        return []
    return [Finding("note", f"{len(others)} pictures become PNG files, as Cityscapes has them.")]


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    label_ids = np.full(256, IGNORED_ID, np.uint8)
    label_ids[: len(labelled.classes)] = [
        IGNORED_ID if info.retired else LABEL_IDS[info.name.casefold()] for info in labelled.classes
    ]
    stems = file_stems(labelled.pictures)
    for split in labelled.splits:
        (folder / _LABELS / split).mkdir(parents=True)
    for picture in labelled.pictures:
        stem = stems[picture.name]
        place = folder / _PICTURES / picture.split / f"{stem}{PICTURE_ENDING}.png"
        place_picture(picture, place, options)
        target = folder / _LABELS / picture.split / f"{stem}{LABEL_ENDING}"
        write_grey(target, label_ids[picture.labels()])
        step(picture.name)


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    splits = splits_in(path / _LABELS)
    if not splits:
        raise FormatError(
            f"{readable(path)} has no folder {_LABELS} with a folder for each part: name the one "
            f"that {_PICTURES} and {_LABELS} lie in."
        )
    files = {split: _files(path, split, problems) for split in splits}
    classes = classes_beside(path, options, problems) or _classes_in_use(files, problems)
    unknown = [info.name for info in classes.living if label_id_of(info.name) is None]
    if unknown:
        problems.add(
            f"The classes {named(unknown)} of classes.json are none of Cityscapes: remove that "
            "file, or give them the names of its classes."
        )
    reader = PairReader(classes, problems, partial(_read_labels, classes=classes))
    for split, pairs in files.items():
        prefix = f"{split}/" if len(files) > 1 else ""
        for stem, (image, label) in pairs.items():
            reader.add(f"{prefix}{stem}{_ending(image)}", image, label, split)
    return LabelledSet(classes, reader.pictures())


def _files(
    path: Path, split: str, problems: Problems
) -> dict[str, tuple[Path | None, Path | None]]:
    """Picture and label file of each stem of a split, `<city>/<city>_N_N`."""
    pictures, labels = path / _PICTURES / split, path / _LABELS / split
    stems: dict[str, Path | None] = {}
    try:
        for image in find_images(pictures) if pictures.is_dir() else ():
            name = image.relative_to(pictures).with_suffix("").as_posix()
            stems[name.removesuffix(PICTURE_ENDING)] = image
    except ImageError as error:
        problems.add(str(error))
    of_labels = {
        stem: labels / f"{stem}{LABEL_ENDING}" for stem in label_names(labels, LABEL_ENDING)
    }
    return {
        stem: (stems.get(stem), of_labels.get(stem)) for stem in dict.fromkeys([*stems, *of_labels])
    }


def _classes_in_use(
    files: dict[str, dict[str, tuple[Path | None, Path | None]]], problems: Problems
) -> ClassTable:
    """The classes whose ids the label files hold, and the 19 that are evaluated."""
    present: set[int] = set()
    for label in (label for pairs in files.values() for _, label in pairs.values()):
        if label is not None:
            try:
                present.update(map(int, np.unique(read_label_map(label).labels)))
            except SegcoreError:
                continue  # named when its labels are read
    problems.raise_if_any()
    return classes_with_ids(sorted(present))


def _read_labels(path: Path, *, classes: ClassTable) -> LabelMap:
    values = read_label_map(path).labels
    table = np.full(256, IGNORE_8BIT, np.uint8)
    known = {
        label_id: info.id
        for info in classes.living
        if (label_id := label_id_of(info.name)) is not None
    }
    unknown = set(map(int, np.unique(values))) - {IGNORED_ID, *known}
    if unknown:
        raise FormatError(
            f"{readable(path)} holds the label ids {', '.join(map(str, sorted(unknown)[:5]))} of "
            "no class that is there: files that end in labelIds hold no train ids; correct it."
        )
    for label_id, class_id in known.items():
        table[label_id] = class_id
    return table[values]


def _ending(image: Path | None) -> str:
    return ".png" if image is None else image.stem[_cut(image) :] + image.suffix


def _cut(image: Path) -> int:
    return len(image.stem.removesuffix(PICTURE_ENDING))


FORMAT = Format(
    name="cityscapes",
    title="Cityscapes: leftImg8bit/, gtFine/ with its label ids",
    most_classes=len(LABEL_IDS),
    own_names=True,
    finds=_finds,
    write=_write,
    read=_read,
    losses="Only classes with the names of Cityscapes' own; pictures become PNG files.",
)
