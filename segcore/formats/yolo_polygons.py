"""`yolo_polygons`: polygons as Ultralytics trains segmentation on, one text file a picture.

`images/<split>/`, `labels/<split>/<stem>.txt` and `data.yaml`. A line is a class and the corners of
one polygon as shares of width and height. Every 8-connected component of a class is a line, holes
hung in by bridges (`polygons.pixel_ring`), with corners in the middle of pixels, so that cutting
their decimals and `fillPoly`, which is what Ultralytics does, give every pixel back. What is lost
nevertheless is counted before anything is written.

In files of other programs polygons may overlap: larger ones lie below smaller ones, as with
Ultralytics, and of equal ones the later above.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassTable
from segcore.errors import FormatError, readable
from segcore.formats import yolo
from segcore.formats.contract import (
    ExportOptions,
    Finding,
    Format,
    ImportOptions,
    LabelledPicture,
    LabelledSet,
    Problems,
    Step,
)
from segcore.formats.instances import Instances, instances_of
from segcore.formats.layout import classes_beside
from segcore.formats.painting import Painting, Region
from segcore.formats.paired import Trees, read_pairs, write_pairs
from segcore.formats.polygons import fill_pixels, pixel_ring
from segcore.formats.regions_in import note_overlaps, raise_all
from segcore.labels import LabelMap

_INSET = 0.25
"""Of the corners of a region one pixel wide, which would be a box without an area to a trainer."""

_DECIMALS = 7
_FEWEST = 7  # a class and three corners


def _finds(labelled: LabelledSet, options: ExportOptions, /) -> list[Finding]:
    found = yolo.FORMAT.finds(labelled, options)
    if not options.pictures or any(picture.image is None for picture in labelled.pictures):
        found.append(
            Finding(
                "loss",
                "Corners are shares of a picture's width and height: without the pictures these "
                "files cannot be read back.",
            )
        )
    for picture in labelled.pictures:
        lost = _lost(picture.labels(), labelled.classes)
        if lost:
            found.append(
                Finding(
                    "loss",
                    f"{picture.name}: {lost:,} pixels come back otherwise from its polygons.",
                    picture.name,
                )
            )
    return found


def _lost(labels: LabelMap, classes: ClassTable) -> int:
    """Pixels that differ after writing and reading.

    Regions share no pixel, so nothing is lost where each of them comes back by itself.
    """
    found = instances_of(labels, classes.ignore)
    if all(_comes_back(found, index, labels.shape) for index in found):
        return 0
    size = (int(labels.shape[0]), int(labels.shape[1]))
    painting = Painting(size, classes)
    rows = [_parsed(line, classes) for line in _lines(labels, classes.ignore)]
    _paint(painting, rows)
    return int(np.count_nonzero(painting.labels != labels))


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    ignore = labelled.classes.ignore

    def write_labels(path: Path, labels: LabelMap) -> None:
        path.write_text("".join(_lines(labels, ignore)), encoding="ascii", newline="\n")

    write_pairs(labelled, folder, options, step, trees=_trees, write_labels=write_labels)
    yolo.write_data(folder, labelled)


def _trees(split: str) -> Trees:
    return Trees(f"images/{split}", f"labels/{split}", split, ".txt")


def _comes_back(found: Instances, index: int, shape: tuple[int, ...]) -> bool:
    """Whether a region's corners, as they are written and read, give its pixels back."""
    height, width = shape
    top, left, bottom, right = found.boxes[index].tolist()
    corners, mask = _corners(found, index)
    shares = np.round(corners / (width, height), _DECIMALS).astype(np.float32)
    region = fill_pixels(shares * np.array([width, height], np.float32), height, width)
    if (region.top, region.left, *region.mask.shape) != (top, left, bottom - top, right - left):
        return False
    return bool(region.mask.all() if mask is None else (region.mask == mask).all())


def _lines(labels: LabelMap, ignore: int) -> Iterator[str]:
    """A line for each component: class and corners as shares of width and height."""
    found = instances_of(labels, ignore)
    height, width = labels.shape
    for index in found:
        shares = (_corners(found, index)[0] / (width, height)).ravel().tolist()
        yield f"{found.classes[index]}{f' %.{_DECIMALS}f' * len(shares) % tuple(shares)}\n"


def _corners(
    found: Instances, index: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_] | None]:
    """(n, 2) x and y of the corners of a region, in pixels; decimals are cut on reading.

    With it comes the region inside its box; None where that is the whole box.
    """
    top, left, bottom, right = found.boxes[index].tolist()
    if bottom - top == 1 or right - left == 1:
        low, high = (left + _INSET, top + _INSET), (right - _INSET, bottom - _INSET)
        return np.array([low, (high[0], low[1]), high, (low[0], high[1])]), None
    mask = found.mask(index)
    return _three(pixel_ring(mask)) + np.array([left + 0.5, top + 0.5]), mask


def _three(ring: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """At least three corners: a slanted line has two, there and back."""
    return ring if len(ring) >= 3 else np.resize(ring, (3, 2))


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    folder = path.parent if path.is_file() else path
    data = yolo.read_data(path)
    classes = classes_beside(folder, options, problems) or yolo.named_classes(data, problems)
    sizes: dict[Path, tuple[int, int]] = {}

    def read_labels(file: Path) -> LabelMap:
        return _labels(file, sizes[file], classes, problems)

    found: list[LabelledPicture] = []
    trees = yolo.declared_trees({**data, "masks_dir": "labels"}, problems)
    for tree in trees:
        below = Trees(tree.pictures, tree.labels, tree.split, ".txt")
        of_tree = read_pairs(
            folder,
            [below],
            classes,
            problems,
            read_labels=read_labels,
            read_size=_without_picture,
        )
        for picture in of_tree:
            for stem in (picture.name, str(PurePosixPath(picture.name).with_suffix(""))):
                sizes[folder / tree.labels / f"{stem}.txt"] = picture.size
            name = f"{tree.split}/{picture.name}" if len(trees) > 1 else picture.name
            found.append(replace(picture, name=name))
    return LabelledSet(classes, found)


def _without_picture(file: Path) -> tuple[int, int]:
    raise FormatError(
        f"{readable(file)} has no picture, whose width and height its numbers are shares of: put "
        "it into the folder of pictures."
    )


def _labels(file: Path, size: tuple[int, int], classes: ClassTable, problems: Problems) -> LabelMap:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise FormatError(f"{readable(file)} cannot be read ({error}): restore it.") from error
    sentences: list[str] = []
    rows: list[tuple[int, npt.NDArray[np.float32]]] = []
    for number, line in enumerate(lines, start=1):
        try:
            if line.strip():
                rows.append(_parsed(line, classes))
        except ValueError as error:
            sentences.append(f"{readable(file)}, line {number}: {error}.")
    raise_all(file, sentences)
    painting = Painting(size, classes)
    _paint(painting, rows)
    order = "smaller polygons are above larger ones"
    note_overlaps(painting, file.name, order, problems)
    return painting.labels


def _parsed(line: str, classes: ClassTable) -> tuple[int, npt.NDArray[np.float32]]:
    """Class id and (n, 2) shares of a line; ValueError, to complete a sentence, if it is none."""
    words = line.split()
    try:
        numbers = np.array(words, np.float32)
    except ValueError as error:
        raise ValueError("there is something else than numbers: correct it") from error
    if len(words) == 5:
        raise ValueError("it is a box: import masks, or polygons of three or more corners")
    if len(words) < _FEWEST or len(words) % 2 == 0:
        raise ValueError(f"{len(words)} numbers are no class with three corners or more")
    if numbers[0] not in range(len(classes)):
        raise ValueError(f"there is no class {words[0]}: name it in data.yaml")
    if not np.all((numbers[1:] >= -0.01) & (numbers[1:] <= 1.01)):
        raise ValueError("its corners are no shares from 0 to 1: divide them by the size")
    return int(numbers[0]), numbers[1:].reshape(-1, 2)


def _paint(painting: Painting, rows: list[tuple[int, npt.NDArray[np.float32]]]) -> None:
    """Rasterise as Ultralytics does: float32 shares times the size, decimals cut, `fillPoly`."""
    height, width = (int(side) for side in painting.labels.shape)
    scale = np.array([width, height], np.float32)
    regions: list[tuple[int, Region, int]] = []
    for class_id, shares in rows:
        region = fill_pixels(shares * scale, height, width)
        regions.append((-region.area, region, class_id))
    for _, region, class_id in sorted(regions, key=lambda one: one[0]):
        painting.paint(region, class_id)


FORMAT = Format(
    name="yolo_polygons",
    title="Ultralytics polygons: images/, labels/ with text files, data.yaml",
    most_classes=None,
    own_names=True,
    finds=_finds,
    write=_write,
    read=_read,
    losses="What is ignored is background to a trainer: polygons say nothing of it.",
)
