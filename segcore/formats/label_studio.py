"""`label_studio`: tasks as JSON with brush RLE, `images/` and `label_config.xml`.

Label Studio's brush regions are whole layers over the picture: each class of a picture is one
region, with Label Studio's own run lengths (not COCO's). Pictures are named as its local storage
has them, `/data/local-files/?d=images/…`. With several splits each has a JSON file of its own.

Exports in the format "JSON" are read: brushes, polygons, rectangles and ellipses, the later above.
Of several annotations of a task the ground truth counts, else the last that was not cancelled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import numpy as np

from segcore.errors import FormatError, SegcoreError, readable
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
from segcore.formats.findings import refused_names, renamed_files, repeated_names
from segcore.formats.instances import line_runs
from segcore.formats.label_studio_regions import label_of, paint_result
from segcore.formats.label_studio_tasks import TASKS_NAME, Task, configured, tasks_in
from segcore.formats.layout import classes_beside, placed
from segcore.formats.painting import Painting
from segcore.formats.pictures import place_picture
from segcore.formats.regions_in import (
    ClassIds,
    note_overlaps,
    picture_files,
    raise_all,
    split_folder,
)
from segcore.formats.rle import label_studio_bytes
from segcore.images import read_image_size
from segcore.labels import LabelMap

_IMAGES = "images"
_CONFIG = "label_config.xml"
_LOCAL = "/data/local-files/?d="
_MOST_PIXELS = (1 << 30) - 1  # four values a pixel are counted with 32 bits
_UPLOAD = re.compile(r"^[0-9a-f]{8}-(?=.)")


def _finds(labelled: LabelledSet, _options: ExportOptions, /) -> list[Finding]:
    found = renamed_files(labelled) + repeated_names(labelled)
    found += refused_names(
        labelled,
        lambda name: not name.strip() or name != name.strip() or not name.isprintable(),
        "are blank, have spaces at an end or hold characters that cannot stand in a configuration",
    )
    for picture in labelled.pictures:
        if picture.size[0] * picture.size[1] > _MOST_PIXELS:
            text = f"{picture.name} has more pixels than brush RLE can count: cut it into tiles."
            found.append(Finding("hindrance", text, picture.name))
    return found


def _write(labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /) -> None:
    places = placed(labelled)
    number = 0
    for split in labelled.splits:
        below = f"{_IMAGES}{split_folder(labelled, split)}"
        path = folder / (TASKS_NAME if below == _IMAGES else f"{split}.json")
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write("[")
            first = True
            for picture in labelled.pictures:
                if picture.split != split:
                    continue
                name = f"{below}/{places[picture.name].picture}"
                place_picture(picture, folder / name, options)
                number += 1
                task = _task(number, name, picture, labelled)
                stream.write(f"{'' if first else ','}\n{json.dumps(task, ensure_ascii=False)}")
                first = False
                step(picture.name)
            stream.write("\n]\n")
    _write_config(folder / _CONFIG, labelled)


def _task(number: int, name: str, picture: LabelledPicture, labelled: LabelledSet) -> Any:
    height, width = picture.size
    data = {"image": _LOCAL + quote(name), "width": width, "height": height}
    result = [
        {
            "id": f"{number}-{class_id}",
            "type": "brushlabels",
            "from_name": "labels",
            "to_name": "image",
            "origin": "manual",
            "image_rotation": 0,
            "original_width": width,
            "original_height": height,
            "value": {
                "format": "rle",
                "rle": rle,
                "brushlabels": [labelled.classes[class_id].name],
            },
        }
        for class_id, rle in _brushes(picture.labels(), labelled.classes.ignore)
    ]
    return {"id": number, "data": data, "annotations": [{"id": number, "result": result}]}


def _brushes(labels: LabelMap, ignore: int) -> Iterator[tuple[int, list[int]]]:
    """Class id and brush RLE of each class of a label map."""
    starts, lengths = line_runs(labels)
    ids = labels.ravel()[starts]
    for class_id in np.unique(ids):
        if class_id != ignore:
            of_class = ids == class_id
            rle = label_studio_bytes(starts[of_class], lengths[of_class], labels.size)
            yield int(class_id), rle


def _write_config(path: Path, labelled: LabelledSet) -> None:
    lines = ["<View>", '  <Image name="image" value="$image" zoom="true"/>']
    lines.append('  <BrushLabels name="labels" toName="image">')
    for info in labelled.classes.living:
        color = "#{:02x}{:02x}{:02x}".format(*info.color)
        name = quoteattr(info.name, {'"': "&quot;"})
        lines.append(f'    <Label value={name} background="{color}"/>')
    lines += ["  </BrushLabels>", "</View>"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _read(path: Path, options: ImportOptions, problems: Problems, /) -> LabelledSet:
    root = path.parent if path.is_file() else path
    own = ("classes.json", "splits.json")
    files = [path] if path.is_file() else sorted(root.glob("*.json"))
    tasks = [task for file in files if file.name not in own for task in tasks_in(file, problems)]
    if not tasks and not problems.sentences:
        raise FormatError(
            f'{readable(path)} holds no tasks: export from Label Studio in the format "JSON".'
        )
    used = [label for task in tasks for one in task.results if (label := label_of(one))]
    names = [*configured(root / _CONFIG), *used]
    ids = ClassIds(classes_beside(root, options, problems), names, problems)
    several = len({task.file for task in tasks}) > 1
    folders = [options.pictures] if options.pictures else []
    folders += [root, root / _IMAGES]
    pictures: list[LabelledPicture] = []
    for task, file in zip(tasks, _files(tasks, folders)):
        size = task.size
        try:
            if size is None and file is not None:
                size = read_image_size(file)
        except SegcoreError as error:
            problems.add(str(error))
            continue
        if size is None:
            problems.add(
                f"{readable(task.file)}: the size of {task.name} is not known: put the picture "
                f"into {_IMAGES} beside the file."
            )
            continue
        name = PurePosixPath(task.name)
        name = name.relative_to(_IMAGES) if name.parts[0] == _IMAGES and name.parts[1:] else name
        inside = several and name.parts[0] != task.split
        whole = f"{task.split}/{name}" if inside else str(name)
        labels = partial(_labels, task, size, ids, problems)
        pictures.append(LabelledPicture(whole, file, size, labels, task.split))
    return LabelledSet(ids.classes, pictures)


def _files(tasks: Sequence[Task], folders: Sequence[Path]) -> list[Path | None]:
    """The picture of each task: where it says, or by its own name, also without the eight digits
    that Label Studio puts before uploads."""
    exact = picture_files([task.name for task in tasks], folders)
    plain = [PurePosixPath(task.name).name for task in tasks]
    by_name = picture_files(plain, folders)
    bare = picture_files([_UPLOAD.sub("", name) for name in plain], folders)
    chosen: list[Path | None] = []
    for found in zip(exact, by_name, bare):
        there = [file for file in found if file is not None]
        chosen.append(next((file for file in there if file.is_file()), there[0] if there else None))
    return chosen


def _labels(task: Task, size: tuple[int, int], ids: ClassIds, problems: Problems) -> LabelMap:
    painting = Painting(size, ids.classes)
    sentences: list[str] = []
    for one in task.results:
        class_id = ids[label_of(one) or ""]
        try:
            if class_id is not None:  # or the class table was found to lack it
                paint_result(painting, one, class_id)
        except ValueError as error:
            sentences.append(
                f"{task.name}: region {one.get('id')} in {task.file.name} cannot be used: {error}."
            )
    raise_all(task.file, sentences)
    note_overlaps(painting, task.name, "later regions are above earlier ones", problems)
    return painting.labels


FORMAT = Format(
    name="label_studio",
    title="Label Studio: images/, tasks.json with brushes, label_config.xml",
    most_classes=None,
    own_names=True,
    finds=_finds,
    write=_write,
    read=_read,
)
