"""`cvat`: "CVAT for images 1.1", one XML file and `images/`.

Each 8-connected component of a class is a `mask` element with CVAT's run lengths, which holds every
pixel; polygons could not hold holes. With several splits each has an XML file of its own, called
like it. In files of other programs the shapes of a higher `z_order` lie above, and of equal ones
the later; polygons and boxes are filled by pycocotools, as CVAT's own mask exports are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from segcore.classes import ClassTable
from segcore.errors import FormatError, SegcoreError, readable
from segcore.formats.contract import (
    TRAIN,
    ExportOptions,
    Finding,
    Format,
    ImportOptions,
    LabelledPicture,
    LabelledSet,
    Problems,
    Step,
)
from segcore.formats.cvat_shapes import AREAS, level_of, number_in, region_of
from segcore.formats.cvat_xml import ImagePlace, Outline, read_outline, read_shapes
from segcore.formats.findings import refused_names, renamed_files, repeated_names
from segcore.formats.instances import Instances, instances_of
from segcore.formats.layout import classes_beside, leads_out, placed
from segcore.formats.painting import Painting
from segcore.formats.pictures import place_picture
from segcore.formats.regions_in import (
    ClassIds,
    note_overlaps,
    picture_files,
    raise_all,
    size_in,
    split_folder,
    split_named,
)
from segcore.formats.rle import counts_of
from segcore.images import read_image_size
from segcore.labels import LabelMap

_IMAGES = "images"
_FILE = "annotations.xml"
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COLOR = re.compile("#[0-9A-Fa-f]{6}")


def _finds(labelled: LabelledSet, _options: ExportOptions, /) -> list[Finding]:
    found = renamed_files(labelled) + repeated_names(labelled)
    found += refused_names(
        labelled,
        lambda name: not name.strip() or name != name.strip() or bool(_NOT_IN_XML.search(name)),
        "are blank, have spaces at an end or hold characters that XML does not have",
    )
    for picture in labelled.pictures:
        if _NOT_IN_XML.search(picture.name):
            text = f"{picture.name!r} holds characters that XML does not have: rename it."
            found.append(Finding("hindrance", text, picture.name))
    return found


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    places = placed(labelled)
    for split in labelled.splits:
        below = split_folder(labelled, split)
        images = folder / f"{_IMAGES}{below}"
        if options.pictures:
            images.mkdir(parents=True, exist_ok=True)
        pictures = [picture for picture in labelled.pictures if picture.split == split]
        path = folder / (f"{split}.xml" if below else _FILE)
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            _write_head(stream, labelled.classes, split, len(pictures))
            for number, picture in enumerate(pictures):
                place = places[picture.name]
                place_picture(picture, images / place.picture, options)
                _write_image(stream, number, place.picture, picture, labelled.classes)
                step(picture.name)
            stream.write("</annotations>\n")


def _write_head(stream: IO[str], classes: ClassTable, split: str, count: int) -> None:
    stream.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n')
    stream.write("  <version>1.1</version>\n  <meta>\n    <task>\n")
    stream.write(f"      <name>{escape(split)}</name>\n      <size>{count}</size>\n")
    stream.write("      <mode>annotation</mode>\n      <overlap>0</overlap>\n")
    stream.write(f"      <start_frame>0</start_frame>\n      <stop_frame>{max(count - 1, 0)}")
    stream.write("</stop_frame>\n      <z_order>True</z_order>\n      <labels>\n")
    for info in classes.living:
        color = "#{:02x}{:02x}{:02x}".format(*info.color)
        stream.write(
            f"        <label><name>{escape(info.name)}</name><color>{color}</color>"
            "<type>any</type><attributes></attributes></label>\n"
        )
    stream.write("      </labels>\n    </task>\n  </meta>\n")


def _write_image(
    stream: IO[str], number: int, name: str, picture: LabelledPicture, classes: ClassTable
) -> None:
    height, width = picture.size
    stream.write(
        f'  <image id="{number}" name={quoteattr(name)} width="{width}" height="{height}">\n'
    )
    found = instances_of(picture.labels(), classes.ignore)
    for index in found:
        stream.write(_mask_element(found, index, classes[int(found.classes[index])].name))
    stream.write("  </image>\n")


def _mask_element(found: Instances, index: int, label: str) -> str:
    top, left, bottom, right = (int(edge) for edge in found.boxes[index])
    starts, lengths = found.runs(index)
    rows, columns = np.divmod(starts, found.shape[1])
    width = right - left
    counts = counts_of((rows - top) * width + columns - left, lengths, (bottom - top) * width)
    runs = ", ".join(map(str, counts.tolist()))
    return (
        f'    <mask label={quoteattr(label)} source="manual" occluded="0" rle="{runs}" '
        f'left="{left}" top="{top}" width="{width}" height="{bottom - top}" z_order="0"></mask>\n'
    )


class _Source(NamedTuple):
    """One XML file and what is needed to read its pictures."""

    file: Path
    outline: Outline
    ids: ClassIds
    problems: Problems


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    root = path.parent if path.is_file() else path
    files = [path] if path.is_file() else sorted(root.glob("*.xml"))
    if not files:
        raise FormatError(f"{readable(path)} holds no XML file: name the one that CVAT exported.")
    outlines: dict[Path, Outline] = {}
    for file in files:
        try:
            outlines[file] = read_outline(file)
        except FormatError as error:
            problems.add(str(error))
    for file, outline in outlines.items():
        if outline.tracks:
            problems.add(
                f'{readable(file)} is "CVAT for video": export the task as "CVAT for images 1.1".'
            )
    ids = ClassIds(classes_beside(root, options, problems), _names(outlines), problems)
    ids = _coloured(ids, outlines, problems) if options.classes is None else ids
    pictures: list[LabelledPicture] = []
    for file, outline in outlines.items():
        source = _Source(file, outline, ids, problems)
        split = TRAIN if file.name == _FILE else split_named(file.stem)
        pictures += _pictures(source, split, root, options, prefixed=len(outlines) > 1)
    return LabelledSet(ids.classes, pictures)


def _names(outlines: Mapping[Path, Outline]) -> list[str]:
    return [name for outline in outlines.values() for name in outline.labels]


def _coloured(ids: ClassIds, outlines: Mapping[Path, Outline], problems: Problems) -> ClassIds:
    """The classes in the colours of the files, where they give every one."""
    colors: dict[str, str] = {}
    for outline in outlines.values():
        colors |= outline.labels
    names = ids.classes.names
    if ids.given or not all(_COLOR.fullmatch(colors.get(name, "")) for name in names):
        return ids
    rgb = [tuple(bytes.fromhex(colors[name][1:])) for name in names]
    return ClassIds(ClassTable.from_names(names, rgb), names, problems)


def _pictures(
    source: _Source, split: str, root: Path, options: ImportOptions, *, prefixed: bool
) -> Iterator[LabelledPicture]:
    places = [place for place in source.outline.images if _is_named(place, source)]
    names = [place.attributes["name"].replace("\\", "/") for place in places]
    folders = [options.pictures] if options.pictures else []
    folders += [root / _IMAGES / split, root / _IMAGES, root]
    for place, name, file in zip(places, names, picture_files(names, folders)):
        numbers = {key: number_in(place.attributes.get(key)) for key in ("height", "width")}
        size = size_in(numbers, "height", "width")
        try:
            if size is None and file is not None:
                size = read_image_size(file)
        except SegcoreError as error:
            source.problems.add(str(error))
            continue
        if size is None:
            source.problems.add(
                f"{readable(source.file)} gives no width and height for {name}: write them."
            )
            continue
        part = split_named(place.attributes.get("subset", "")) if not prefixed else split
        whole = f"{split}/{name}" if prefixed else name
        chosen = part if place.attributes.get("subset") else split
        yield LabelledPicture(
            whole, file, size, partial(_labels, source, place, name, size), chosen
        )


def _is_named(place: ImagePlace, source: _Source) -> bool:
    name = place.attributes.get("name", "")
    if leads_out(name):
        source.problems.add(
            f"{name!r} in {readable(source.file)} is no name for a picture inside the folder: "
            "correct it."
        )
        return False
    return True


def _labels(source: _Source, place: ImagePlace, name: str, size: tuple[int, int]) -> LabelMap:
    shapes = read_shapes(source.file, place, source.outline.encoding)
    areas = [shape for shape in shapes if shape.tag in AREAS and shape.attributes.get("label")]
    left_out = len(shapes) - len(areas)
    if left_out:
        text = f"{name}: {left_out} elements have no area or no label and are left out."
        source.problems.note(Finding("loss", text, name))
    painting = Painting(size, source.ids.classes)
    sentences: list[str] = []
    for number, shape in sorted(enumerate(areas, start=1), key=lambda one: level_of(one[1])):
        class_id = source.ids[shape.attributes["label"]]
        if class_id is None:
            sentences.append(
                f"{name}: the label {shape.attributes['label']!r} is not among the labels of "
                f"{source.file.name}: add it there."
            )
            continue
        try:
            painting.paint(region_of(shape, size), class_id)
        except (KeyError, ValueError) as error:
            reason = f"has no {error}" if isinstance(error, KeyError) else str(error)
            sentences.append(
                f"{name}: {shape.tag} {number} in {source.file.name} cannot be used: {reason}."
            )
    raise_all(source.file, sentences)
    order = "those of a higher z_order are above, and of equal ones the later"
    note_overlaps(painting, name, order, source.problems)
    return painting.labels


FORMAT = Format(
    name="cvat",
    title="CVAT for images 1.1: images/, annotations.xml with masks",
    most_classes=None,
    own_names=True,
    finds=_finds,
    write=_write,
    read=_read,
)
