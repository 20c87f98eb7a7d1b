"""`labelme`: `<stem>.json` beside its picture, shapes of type `mask`, `labels.txt`.

Every 8-connected component of a class is a shape. In files of other programs shapes may overlap;
the later lies above, as labelme draws them. `__ignore__` is ignore, and so is what no shape covers:
`_background_` is a class only where a shape says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from segcore.classes import ClassTable
from segcore.errors import FormatError, readable
from segcore.folders import natural_key
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
from segcore.formats.findings import refused_names, renamed_files, repeated_names
from segcore.formats.instances import instances_of
from segcore.formats.labelme_files import LabelmeFile, content_of, looked_at
from segcore.formats.labelme_shapes import WITHOUT_AREA, kind_of, mask_shape, region_of
from segcore.formats.layout import CLASSES_NAME, classes_beside, placed
from segcore.formats.painting import Painting
from segcore.formats.pictures import place_picture
from segcore.formats.regions_in import ClassIds, note_overlaps, raise_all, split_folder
from segcore.formats.splits import SPLIT_NAMES
from segcore.labels import LabelMap

IGNORED, BACKGROUND = "__ignore__", "_background_"

_LABELS = "labels.txt"
_VERSION = "5.5.0"  # the first whose masks are as they are written here
_OWN_FILES = (CLASSES_NAME, "splits.json")


def _finds(labelled: LabelledSet, _options: ExportOptions, /) -> list[Finding]:
    found = renamed_files(labelled) + repeated_names(labelled)
    found += refused_names(
        labelled,
        lambda name: name == IGNORED or name != name.strip() or len(name.splitlines()) != 1,
        f'cannot stand in {_LABELS} ("{IGNORED}" means ignore there, and a name is a line)',
    )
    stems = {place.stem.casefold() for place in placed(labelled).values()}
    for own in _OWN_FILES:
        if own.removesuffix(".json") in stems and labelled.splits == (TRAIN,):
            found.append(
                Finding("hindrance", f"The labels of a picture would be called {own}: rename it.")
            )
    return found


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    places = placed(labelled)
    for picture in labelled.pictures:
        place = places[picture.name]
        top = folder / split_folder(labelled, picture.split).removeprefix("/")
        place_picture(picture, top / place.picture, options)
        labels = picture.labels()
        found = instances_of(labels, labelled.classes.ignore)
        names = labelled.classes.names
        head = {"version": _VERSION, "flags": {}}
        shapes = (mask_shape(found, one, names[found.classes[one]]) for one in found)
        tail = {
            "imagePath": PurePosixPath(place.picture).name,
            "imageData": None,
            "imageHeight": picture.size[0],
            "imageWidth": picture.size[1],
        }
        target = top / f"{place.stem}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", encoding="utf-8", newline="\n") as stream:
            _write_content(stream, head, shapes, tail)
        step(picture.name)
    names_first = [IGNORED, BACKGROUND]
    listed = [info.name for info in labelled.classes.living]
    lines = names_first + [name for name in listed if name != BACKGROUND]
    (folder / _LABELS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_content(
    stream: IO[str],
    head: Mapping[str, Any],
    shapes: Iterable[Mapping[str, Any]],
    tail: Mapping[str, Any],
) -> None:
    """One file, a line for each shape: there may be a million."""
    text = json.JSONEncoder(ensure_ascii=False).encode
    stream.write(f'{text(head)[:-1]},\n"shapes": [')
    for number, shape in enumerate(shapes):
        stream.write(f"{',' if number else ''}\n{text(shape)}")
    stream.write(f"\n],\n{text(tail)[1:]}\n")


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    if path.is_file():
        return _read_one(path, options.classes, problems)
    found = [one for file in _json_files(path) if (one := looked_at(file, path, problems))]
    if not found and not problems.sentences:
        raise FormatError(
            f"{readable(path)} holds no JSON files of labelme: name the folder that they lie in."
        )
    used = [name for one in found for name in one.names]
    ids = ClassIds(classes_beside(path, options, problems), _listed(path, used), problems)
    pictures = [_picture(one, ids, problems) for one in found]
    return LabelledSet(ids.classes, [*_with_splits(pictures)])


def read_labelme_file(
    path: Path, classes: ClassTable | None = None, problems: Problems | None = None
) -> LabelledSet:
    """One JSON file of labelme as a set of one picture.

    Args:
        path: the file; its picture lies where its `imagePath` says, beside it or below.
        classes: a table to begin with: labels that it does not have come at its end, so that ids
            that were given stay what they are.
        problems: where findings go (overlaps, shapes without area).

    Raises:
        FormatError: everything that is wrong with it, in `problems` of the error.
    """
    own = problems or Problems(path)
    result = _read_one(path, None, own, classes)
    own.raise_if_any()
    return result


def _read_one(
    path: Path, given: ClassTable | None, problems: Problems, start: ClassTable | None = None
) -> LabelledSet:
    one = looked_at(path, path.parent, problems)
    problems.raise_if_any()
    assert one is not None  # or there would be a problem
    names = [name for name in one.names if name != IGNORED]
    if start is not None:
        for name in names:
            start = start if start.id_of(name) is not None else start.with_class(name)
        given = start
    ids = ClassIds(given, names, problems)
    return LabelledSet(ids.classes, [_picture(one, ids, problems)])


def _json_files(folder: Path) -> Iterator[Path]:
    files = sorted(folder.rglob("*.json"), key=lambda path: natural_key(str(path)))
    for path in files:
        if path.parent != folder or path.name not in _OWN_FILES:
            yield path


def _listed(folder: Path, used: Iterable[str]) -> list[str]:
    """The names of `labels.txt`, then others that shapes have; background only where it is used."""
    path = folder / _LABELS
    text = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    lines = [line.strip() for line in text.splitlines()]
    used = list(dict.fromkeys(used))
    hidden = {IGNORED, ""} | ({BACKGROUND} - set(used))
    return [name for name in [*lines, *used] if name not in hidden]


def _picture(one: LabelmeFile, ids: ClassIds, problems: Problems) -> LabelledPicture:
    return LabelledPicture(one.name, one.image, one.size, partial(_labels, one, ids, problems))


def _with_splits(pictures: list[LabelledPicture]) -> Iterator[LabelledPicture]:
    """The same, in the splits that their folders are called like, if all of them are."""
    firsts = [picture.name.partition("/")[0] for picture in pictures]
    deep = all("/" in picture.name for picture in pictures)
    if not deep or not all(first in SPLIT_NAMES for first in firsts):
        yield from pictures
        return
    for picture, first in zip(pictures, firsts):
        yield LabelledPicture(
            picture.name, picture.image, picture.size, picture.labels, SPLIT_NAMES[first]
        )


def _labels(one: LabelmeFile, ids: ClassIds, problems: Problems) -> LabelMap:
    painting = Painting(one.size, ids.classes)
    sentences: list[str] = []
    without_area = 0
    for number, shape in enumerate(content_of(one.path)["shapes"], start=1):
        if kind_of(shape) in WITHOUT_AREA:
            without_area += 1
            continue
        name = shape["label"]
        class_id = ids.classes.ignore if name == IGNORED else ids[name]
        try:
            region = region_of(shape, *one.size)
        except ValueError as error:
            sentences.append(f"{readable(one.path)}: shape {number} {error}: remove or redraw it.")
            continue
        if class_id is not None:
            painting.paint(region, class_id)
    raise_all(one.path, sentences)
    if without_area:
        text = f"{one.name}: {without_area} lines or points have no area and are left out."
        problems.note(Finding("loss", text, one.name))
    note_overlaps(painting, one.name, "later shapes are above earlier ones", problems)
    return painting.labels


FORMAT = Format(
    name="labelme",
    title="labelme: a JSON file beside each picture, masks, labels.txt",
    most_classes=None,
    own_names=True,
    finds=_finds,
    write=_write,
    read=_read,
)
