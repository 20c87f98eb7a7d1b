"""`coco_panoptic`: `images/`, `annotations/panoptic_<split>.json` and a folder of PNG files beside.

A pixel of a PNG is the id of its segment, R + 256 G + 65,536 B, and 0 where nothing is said.
Every 8-connected component of a class is a segment; all categories are things.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import numpy.typing as npt
from PIL import Image

from segcore.classes import ClassTable
from segcore.errors import FormatError, SegcoreError, readable
from segcore.formats.coco_json import (
    ANNOTATIONS,
    IMAGES,
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
from segcore.formats.instances import Instances, instances_of
from segcore.formats.label_files import write_colours
from segcore.formats.layout import classes_beside, leads_out, placed
from segcore.formats.pictures import place_picture
from segcore.formats.regions_in import picture_files, raise_all, split_folder
from segcore.labels import LabelMap

_MOST_SEGMENTS = (1 << 24) - 1


def _finds(labelled: LabelledSet, _options: ExportOptions, /) -> list[Finding]:
    found = renamed_files(labelled)
    for picture in labelled.pictures:
        if picture.size[0] * picture.size[1] <= _MOST_SEGMENTS:
            continue  # no more components than pixels
        count = len(instances_of(picture.labels(), labelled.classes.ignore))
        if count > _MOST_SEGMENTS:
            found.append(
                Finding(
                    "hindrance",
                    f"{picture.name} has {count:,} regions and a PNG of this format numbers "
                    f"{_MOST_SEGMENTS:,}: remove small ones, or use png.",
                    picture.name,
                )
            )
    return found


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    places = placed(labelled)
    categories = categories_of(labelled.classes, isthing=1)
    for split in labelled.splits:
        images = folder / f"{IMAGES}{split_folder(labelled, split)}"
        segments = folder / ANNOTATIONS / f"panoptic_{split}"
        segments.mkdir(parents=True)
        if options.pictures:
            images.mkdir(parents=True, exist_ok=True)

        def annotations(
            split: str = split, images: Path = images, segments: Path = segments
        ) -> Iterator[dict[str, Any]]:
            for image_id, picture in numbered(labelled, split):
                place = places[picture.name]
                place_picture(picture, images / place.picture, options)
                found = instances_of(picture.labels(), labelled.classes.ignore)
                name = f"{place.stem}.png"
                write_colours(segments / name, _colours(found))
                yield {
                    "image_id": image_id,
                    "file_name": name,
                    "segments_info": [_segment(found, index) for index in found],
                }
                step(picture.name)

        write_coco(segments.with_suffix(".json"), labelled, split, categories, annotations())


def _segment(found: Instances, index: int) -> dict[str, Any]:
    top, left, bottom, right = (int(edge) for edge in found.boxes[index])
    return {
        "id": index + 1,
        "category_id": int(found.classes[index]) + 1,
        "area": int(found.areas[index]),
        "bbox": [left, top, right - left, bottom - top],
        "iscrowd": 0,
    }


def _colours(found: Instances) -> npt.NDArray[np.uint8]:
    """(H, W, 3): segment ids, counted from 1, in three channels."""
    ids = np.zeros(found.shape[0] * found.shape[1] + 1, np.int32)
    # Runs lie apart: the id begins with a run and ends behind it.
    owners = np.repeat(np.arange(1, len(found) + 1), np.diff(found.bounds))
    order = np.argsort(found.starts)
    starts, lengths, owners = found.starts[order], found.lengths[order], owners[order]
    np.add.at(ids, starts, owners)
    np.subtract.at(ids, starts + lengths, owners)
    flat = np.cumsum(ids[:-1], dtype=np.int32).reshape(found.shape)
    return flat.astype("<u4").view(np.uint8).reshape(*found.shape, 4)[:, :, :3]


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    root = path.parent if path.is_file() else path
    if root.name == ANNOTATIONS:
        root = root.parent
    files = annotation_files(path, "panoptic")
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
    rows = {row.get("image_id"): row for row in data["annotations"]}
    word = source.file.stem.removeprefix("panoptic_")
    folders = [source.root / IMAGES / source.split, source.root / IMAGES, source.root / word]
    named = [options.pictures] if options.pictures else []
    files = picture_files([image.name for image in images], [*named, *folders, source.root])
    for image, file in zip(images, files):
        row = rows.get(image.id)
        png = None if row is None else _png(source, row)
        if row is None or png is None:
            source.problems.add(
                f"{readable(source.file)} has no PNG file for {image.name}: add its annotation."
            )
            continue
        try:
            size = size_of(image, file, source.file)
        except SegcoreError as error:
            source.problems.add(str(error))
            continue
        name = f"{source.split}/{image.name}" if source.prefixed else image.name
        labels = partial(_labels, source, png, row.get("segments_info"))
        yield LabelledPicture(name, file, size, labels, source.split)


def _png(source: _Source, row: Mapping[str, Any]) -> Path | None:
    name = row.get("file_name")
    if not isinstance(name, str) or leads_out(name):
        return None
    return source.file.with_suffix("") / name.replace("\\", "/")


def _labels(source: _Source, png: Path, segments: Sequence[Mapping[str, Any]] | object) -> LabelMap:
    ids = _segment_ids(png)
    found = np.bincount(ids.ravel())
    table = np.full(len(found), -1, np.int64)
    table[0] = source.classes.ignore
    sentences: list[str] = []
    for segment in segments if isinstance(segments, list) else []:
        number = segment.get("id") if isinstance(segment, dict) else None
        category = segment.get("category_id") if isinstance(segment, dict) else None
        if not isinstance(number, int) or not _is_known(category, source):
            sentences.append(
                f"{readable(png)}: a segment in {source.file.name} is written "
                f"{str(segment)[:80]}: give it an id and a category of the file."
            )
        elif 0 < number < len(table):
            table[number] = source.ids[category]
    unknown = np.flatnonzero((found > 0) & (table < 0))
    if len(unknown) and not sentences:
        sentences.append(
            f"{readable(png)} holds {len(unknown)} segments that {source.file.name} does not know, "
            f"the first of them {unknown[0]}: add them there."
        )
    raise_all(png, sentences)
    if source.classes.dtype is np.uint8:
        return np.asarray(table.astype(np.uint8)[ids])
    return np.asarray(table.astype(np.uint16)[ids])


def _is_known(category: object, source: _Source) -> TypeGuard[int]:
    return isinstance(category, int) and category in source.ids


def _segment_ids(png: Path) -> npt.NDArray[np.int32]:
    """(H, W) int32 out of the three channels; FormatError when the file is none of this kind."""
    try:
        with Image.open(png) as picture:
            if picture.mode not in ("RGB", "RGBA"):
                raise FormatError(
                    f"{readable(png)} holds {picture.mode} where segment ids are in RGB: it is no "
                    "file of this format."
                )
            channels = np.asarray(picture)[:, :, :3].astype(np.int32)
    except (OSError, SyntaxError, ValueError) as error:
        raise FormatError(
            f"{readable(png)} cannot be read ({getattr(error, 'strerror', None) or error}): put "
            "it there, or restore it."
        ) from error
    ids: npt.NDArray[np.int32] = (
        channels[:, :, 0] | channels[:, :, 1] << 8 | channels[:, :, 2] << 16
    )
    return ids


FORMAT = Format(
    name="coco_panoptic",
    title="COCO panoptic: images/, annotations/ with JSON and PNG files of segments",
    most_classes=None,
    own_names=True,
    finds=_finds,
    write=_write,
    read=_read,
)
