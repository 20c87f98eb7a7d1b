"""`coco`: instances with RLE, `images/` and `annotations/instances_<split>.json`.

Every 8-connected component of a class is an annotation with `iscrowd` 0: a crowd would be left out
by COCO's own evaluation and by most loaders. No pixel is in two annotations and ignore is in none,
so `annToMask` of all of them, put together, is the label map. Outlines are RLE throughout, because
pycocotools unites the rings of a polygon and fills its holes.

Other programs' files may overlap: crowds lie lowest, then larger regions below smaller ones, and
of equal ones the later above.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from segcore.classes import ClassTable
from segcore.errors import SegcoreError, readable
from segcore.formats.coco_json import (
    ANNOTATIONS,
    IMAGES,
    CocoImage,
    annotation_files,
    categories_of,
    classes_of,
    images_of,
    numbered,
    read_coco,
    size_of,
    write_coco,
)
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
from segcore.formats.findings import renamed_files
from segcore.formats.instances import instances_of
from segcore.formats.layout import classes_beside, placed
from segcore.formats.many_regions import coco_runs_of_all, coco_texts_of_all, painted_apart
from segcore.formats.painting import Painting, Region, region_of_columns
from segcore.formats.pictures import place_picture
from segcore.formats.polygons import fill_corners
from segcore.formats.regions_in import (
    is_number,
    note_overlaps,
    picture_files,
    raise_all,
    split_folder,
)
from segcore.formats.rle import RunLengthError, coco_runs, runs_of
from segcore.labels import LabelMap

_ORDER = "smaller regions are above larger ones, crowds lowest"


def _finds(labelled: LabelledSet, _options: ExportOptions, /) -> list[Finding]:
    return renamed_files(labelled)


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    places = placed(labelled)
    categories = categories_of(labelled.classes)
    for split in labelled.splits:
        images = folder / f"{IMAGES}{split_folder(labelled, split)}"
        if options.pictures:
            images.mkdir(parents=True, exist_ok=True)

        def annotations(split: str = split, images: Path = images) -> Iterator[dict[str, Any]]:
            number = 0
            for image_id, picture in numbered(labelled, split):
                place_picture(picture, images / places[picture.name].picture, options)
                for row in _annotations(picture.labels(), labelled.classes.ignore):
                    number += 1
                    yield {"id": number, "image_id": image_id} | row
                step(picture.name)

        path = folder / ANNOTATIONS / f"instances_{split}.json"
        write_coco(path, labelled, split, categories, annotations())


def _annotations(labels: LabelMap, ignore: int) -> Iterator[dict[str, Any]]:
    """The annotations of a label map, without their ids."""
    height, width = labels.shape
    found = instances_of(np.ascontiguousarray(labels.T), ignore)
    texts = coco_texts_of_all(found, height * width)
    rows = zip(found.classes.tolist(), texts, found.areas.tolist(), found.boxes.tolist())
    for class_id, counts, area, (left, top, right, bottom) in rows:
        yield {
            "category_id": class_id + 1,
            "segmentation": {"size": [height, width], "counts": counts},
            "area": area,
            "bbox": [left, top, right - left, bottom - top],
            "iscrowd": 0,
        }


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    root = path.parent if path.is_file() else path
    if root.name == ANNOTATIONS:
        root = root.parent
    files = annotation_files(path, "instances")
    parsed = {file: data for _, file in files if (data := read_coco(file, problems)) is not None}
    classes, ids = classes_of(parsed, classes_beside(root, options, problems), problems)
    pictures: list[LabelledPicture] = []
    for split, file in files:
        if file in parsed:
            source = _Source(file, root, split, len(files) > 1, classes, ids[file], problems)
            pictures += _pictures(source, parsed[file], options)
    return LabelledSet(classes, pictures)


class _Source(NamedTuple):
    """One annotation file and what is needed to read its pictures."""

    file: Path
    root: Path
    split: str
    prefixed: bool
    classes: ClassTable
    ids: Mapping[int, int]
    problems: Problems


def _pictures(
    source: _Source, data: Mapping[str, Any], options: ImportOptions
) -> Iterator[LabelledPicture]:
    images = images_of(data, source.file, source.problems)
    rows = _by_image(source, data, images)
    word = source.file.stem.removeprefix("instances_")
    files = picture_files(
        [image.name for image in images],
        [
            *([options.pictures] if options.pictures else []),
            source.root / IMAGES / source.split,
            source.root / IMAGES,
            source.root / IMAGES / word,
            source.root / word,
            source.root,
            source.file.parent,
        ],
    )
    for image, file in zip(images, files):
        try:
            size = size_of(image, file, source.file)
        except SegcoreError as error:
            source.problems.add(str(error))
            continue
        name = f"{source.split}/{image.name}" if source.prefixed else image.name
        labels = partial(_labels, source, image.name, size, rows[image.id])
        yield LabelledPicture(name, file, size, labels, source.split)


def _by_image(
    source: _Source, data: Mapping[str, Any], images: Sequence[CocoImage]
) -> dict[int, list[Mapping[str, Any]]]:
    """The annotations of each image that say a class and an outline."""
    rows: dict[int, list[Mapping[str, Any]]] = {image.id: [] for image in images}
    of_no_image: dict[str, list[object]] = {}
    of_no_category: dict[str, list[object]] = {}
    refused = [each.get("id") for each in data["images"] if not _among(each.get("id"), rows)]
    boxes = 0
    for row in data["annotations"]:
        image, category = row.get("image_id"), row.get("category_id")
        if not _among(image, rows):
            # Of an image that cannot be used something was said already.
            if image not in refused:
                of_no_image.setdefault(str(image), []).append(row.get("id"))
        elif not _among(category, source.ids):
            of_no_category.setdefault(str(category), []).append(row.get("id"))
        elif not row.get("segmentation"):
            boxes += 1
        else:
            rows[image].append(row)
    for number, some in of_no_image.items():
        source.problems.add(
            f"{_those(source.file, some)} of image {number}, which is not in the file: remove "
            f"{'it' if len(some) == 1 else 'them'}."
        )
    for number, some in of_no_category.items():
        source.problems.add(
            f"{_those(source.file, some)} of category {number}, which is not in the file: add the "
            "category."
        )
    if boxes:
        source.problems.note(
            Finding(
                "loss",
                f"{readable(source.file)}: {boxes} annotations have no outline (boxes or key "
                "points alone) and are left out.",
            )
        )
    return rows


def _those(file: Path, annotations: Sequence[object]) -> str:
    """Which annotations of a file something is wrong with, and the verb: one sentence for all."""
    first = f"{readable(file)}: annotation {annotations[0]}"
    more = len(annotations) - 1
    return f"{first} and {more} more are" if more else f"{first} is"


def _among(number: object, known: Mapping[int, Any]) -> bool:
    return isinstance(number, int) and number in known


def _labels(
    source: _Source, name: str, size: tuple[int, int], rows: Sequence[Mapping[str, Any]]
) -> LabelMap:
    at_once = _all_at_once(source, size, rows)
    if at_once is not None:
        return at_once
    sentences: list[str] = []
    regions: list[tuple[bool, int, Region, int]] = []
    for row in rows:
        try:
            region = _region(row["segmentation"], *size)
        except RunLengthError as error:
            sentences.append(
                f"{name}: annotation {row.get('id')} in {source.file.name} cannot be used: {error}."
            )
            continue
        crowd = row.get("iscrowd") in (1, True)
        regions.append((not crowd, -region.area, region, source.ids[row["category_id"]]))
    raise_all(source.file, sentences)
    painting = Painting(size, source.classes)
    for _, _, region, class_id in sorted(regions, key=lambda one: one[:2]):
        painting.paint(region, class_id)
    note_overlaps(painting, name, _ORDER, source.problems)
    return painting.labels


def _all_at_once(
    source: _Source, size: tuple[int, int], rows: Sequence[Mapping[str, Any]]
) -> LabelMap | None:
    """The labels of regions that are all compressed RLE and apart; None where one is not."""
    texts: list[str] = []
    for row in rows:
        outline = row["segmentation"]
        if not isinstance(outline, dict) or outline.get("size") != [*size]:
            return None
        if not isinstance(counts := outline.get("counts"), str):
            return None
        texts.append(counts)
    if not texts:
        return None
    height, width = size
    try:
        starts, lengths, owners = coco_runs_of_all(texts, height * width)
    except RunLengthError:
        return None  # region by region it is found which, and what is wrong with it
    class_ids = np.array([source.ids[row["category_id"]] for row in rows])[owners]
    flat = painted_apart((starts, lengths), class_ids, height * width, source.classes)
    if flat is None:
        return None
    return np.ascontiguousarray(flat.reshape(width, height).T)


def _region(outline: object, height: int, width: int) -> Region:
    """The region of a segmentation of any kind; RunLengthError if it is none."""
    if isinstance(outline, list):
        rings = [outline] if outline and is_number(outline[0]) else outline
        for ring in rings:
            if not isinstance(ring, list) or len(ring) % 2 or not all(map(is_number, ring)):
                raise RunLengthError("a ring of its polygon is no list of x and y in turn")
            if len(ring) < 6:
                raise RunLengthError("a ring of its polygon has less than three corners")
        return fill_corners([np.reshape(ring, (-1, 2)) for ring in rings], height, width)
    if not isinstance(outline, dict):
        raise RunLengthError("its segmentation is neither polygon nor RLE")
    if outline.get("size") != [height, width]:
        raise RunLengthError(
            f"its RLE is of size {outline.get('size')} and the picture of [{height}, {width}]"
        )
    counts = outline.get("counts")
    if isinstance(counts, str):
        return region_of_columns(*coco_runs(counts, height * width), height)
    if isinstance(counts, list):
        return region_of_columns(*runs_of(counts, height * width), height)
    raise RunLengthError("its RLE has no counts")


FORMAT = Format(
    name="coco",
    title="COCO instances: images/, annotations/ with RLE",
    most_classes=None,
    own_names=True,
    finds=_finds,
    write=_write,
    read=_read,
)
