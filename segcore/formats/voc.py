"""`voc`: Pascal VOC segmentation.

`JPEGImages/`, `SegmentationClass/<stem>.png` with a palette, `ImageSets/Segmentation/<split>.txt`
with the stems, and `labelmap.txt` (`name:r,g,b:parts:actions`), which Datumaro and CVAT read. The
index is the id, and ignore is index 255, declared in the colour of VOC's void.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path, PurePosixPath

from segcore.classes import IGNORE_COLOR, ClassTable, Color
from segcore.errors import FormatError, ImageError, readable
from segcore.folders import find_images
from segcore.formats.colours import ColorMap, shared_colors, with_unique_colors
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
from segcore.formats.declared import Row, classes_of, is_indexed, reader_of, rows_of
from segcore.formats.findings import mixed_endings, refused_names, renamed_files, repeated_names
from segcore.formats.label_files import read_ids, write_indexed
from segcore.formats.layout import classes_beside, leads_out, placed
from segcore.formats.paired import PairReader, ReadLabels, label_names
from segcore.formats.pictures import place_picture
from segcore.labels import LabelMap
from segcore.resources import class_table

_PICTURES, _LABELS, _LISTS = "JPEGImages", "SegmentationClass", "ImageSets/Segmentation"
_LABEL_MAP = "labelmap.txt"
_BOTH = "trainval"


def _finds(labelled: LabelledSet, options: ExportOptions, /) -> list[Finding]:
    stems = [place.stem for place in placed(labelled).values()]
    unlisted = [stem for stem in stems if stem != stem.strip() or stem.startswith("#")]
    found = [
        *repeated_names(labelled),
        *refused_names(labelled, _cannot_be_a_row, f"cannot stand in {_LABEL_MAP}"),
        *shared_colors(labelled.classes),
        *renamed_files(labelled),
        *mixed_endings(labelled, options, "your reader", "torchvision's looks for .jpg alone"),
    ]
    if unlisted:
        found.append(
            Finding(
                "hindrance",
                f"The name {unlisted[0]!r} cannot stand in a list of VOC: rename the picture.",
            )
        )
    return found


def _cannot_be_a_row(name: str) -> bool:
    return ":" in name or name.startswith("#") or name != name.strip() or len(name.splitlines()) > 1


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    places = placed(labelled)
    palette = with_unique_colors(labelled.classes)
    for name in (_PICTURES, _LABELS, _LISTS) if options.pictures else (_LABELS, _LISTS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for picture in labelled.pictures:
        place = places[picture.name]
        place_picture(picture, folder / _PICTURES / place.picture, options)
        write_indexed(folder / _LABELS / f"{place.stem}.png", picture.labels(), palette)
        step(picture.name)
    for split in labelled.splits:
        stems = [places[p.name].stem for p in labelled.pictures if p.split == split]
        text = "".join(f"{stem}\n" for stem in stems)
        (folder / _LISTS / f"{split}.txt").write_text(text, encoding="utf-8")
    lines = ["# label:color_rgb:parts:actions", *map(_line, rows_of(labelled.classes))]
    (folder / _LABEL_MAP).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _line(row: Row) -> str:
    color = "" if row.color is None else ",".join(map(str, row.color))
    return f"{row.name}:{color}::"


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    if not (path / _LABELS).is_dir():
        raise FormatError(
            f"{readable(path)} has no folder {_LABELS}: name the one that {_PICTURES} and "
            f"{_LABELS} lie in."
        )
    classes, read_labels = _classes_and_reader(path, options, problems)
    images = _pictures_by_stem(path / _PICTURES)
    masks = {stem: path / _LABELS / f"{stem}.png" for stem in label_names(path / _LABELS, ".png")}
    reader = PairReader(classes, problems, read_labels)
    for stem, split in _listed(path, list(masks), problems).items():
        image, mask = images.get(stem), masks.get(stem)
        if image is None and mask is None:
            problems.add(f"{stem} is listed in {_LISTS} and has neither picture nor labels.")
            continue
        name = f"{stem}.png" if image is None else image.relative_to(path / _PICTURES).as_posix()
        reader.add(name, image, mask, split)
    return LabelledSet(classes, reader.pictures())


def _classes_and_reader(
    path: Path, options: ImportOptions, problems: Problems
) -> tuple[ClassTable, ReadLabels]:
    classes = classes_beside(path, options, problems)
    rows = _rows(path / _LABEL_MAP, problems)
    problems.raise_if_any()
    if classes is None and rows:
        classes = classes_of(rows, problems)
        return classes, reader_of(rows, classes, problems)
    classes = classes or class_table("voc")
    colors: dict[Color, int] = {info.color: info.id for info in with_unique_colors(classes)}
    colors[IGNORE_COLOR] = classes.ignore
    by_color = ColorMap(colors)
    return classes, partial(_read_by_index, classes=classes, by_color=by_color)


def _read_by_index(path: Path, *, classes: ClassTable, by_color: ColorMap) -> LabelMap:
    return read_ids(path, classes) if is_indexed(path) else by_color.read(path, classes.dtype)


def _rows(path: Path, problems: Problems) -> list[Row]:
    """What a `labelmap.txt` declares; nothing where there is none."""
    if not path.is_file():
        return []
    rows: list[Row] = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise FormatError(f"{readable(path)} cannot be read ({error}): correct it.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, _, rest = line.strip().partition(":")
        try:
            parts = [int(part) for part in rest.split(":")[0].split(",")] if rest else []
            rows.append(Row(name, (parts[0], parts[1], parts[2]) if parts else None))
        except (ValueError, IndexError):
            problems.add(
                f"{path.name}, line {number}: write name:r,g,b:: in the place of {line!r}."
            )
    return rows


def _pictures_by_stem(folder: Path) -> dict[str, Path]:
    try:
        images = list(find_images(folder)) if folder.is_dir() else []
    except ImageError as error:
        raise FormatError(str(error)) from error
    return {
        str(PurePosixPath(image.relative_to(folder).as_posix()).with_suffix("")): image
        for image in images
    }


def _listed(path: Path, masks: list[str], problems: Problems) -> dict[str, str]:
    """Split by stem; every label map is in train where there are no lists."""
    lists = sorted((path / _LISTS).glob("*.txt"), key=_train_first)
    split_of: dict[str, str] = {}
    for each in lists:
        for line in each.read_text(encoding="utf-8-sig", errors="replace").split("\n"):
            stem = line.strip()
            if not stem or stem.startswith("#"):
                continue
            if leads_out(stem):
                problems.add(f"{stem!r} in {each.name} leads out of the folder: remove the line.")
                continue
            split = TRAIN if each.stem == _BOTH else each.stem
            split_of.setdefault(stem, split)
    return split_of if lists else dict.fromkeys(masks, TRAIN)


def _train_first(path: Path) -> tuple[bool, bool, str]:
    return path.stem == _BOTH, path.stem != TRAIN, path.stem


FORMAT = Format(
    name="voc",
    title="Pascal VOC: JPEGImages/, SegmentationClass/ with a palette, labelmap.txt",
    most_classes=255,
    own_names=True,
    finds=_finds,
    write=_write,
    read=_read,
)
