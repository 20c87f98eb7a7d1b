"""What COCO's files have in common: where they lie, categories, images, how they are written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from segcore.classes import ClassTable
from segcore.errors import ClassTableError, FormatError, readable
from segcore.formats.colours import named
from segcore.formats.contract import Finding, LabelledPicture, LabelledSet, Problems
from segcore.formats.layout import leads_out, names_in_files, placed, read_json
from segcore.formats.regions_in import size_in, split_named
from segcore.images import read_image_size
from segcore.resources import colored

ANNOTATIONS = "annotations"
IMAGES = "images"


@dataclass(frozen=True)
class CocoImage:
    """One row of `images`: its id, its path with `/`, and (H, W) where the row says so."""

    id: int
    name: str
    size: tuple[int, int] | None


def categories_of(classes: ClassTable, **more: Any) -> list[dict[str, Any]]:
    """`categories`: id = class id + 1, every class, with its colour."""
    return [
        {"id": info.id + 1, "name": name, "supercategory": "", "color": list(info.color)} | more
        for info, name in zip(classes, names_in_files(classes))
    ]


def write_coco(
    path: Path,
    labelled: LabelledSet,
    split: str,
    categories: list[dict[str, Any]],
    annotations: Iterable[dict[str, Any]],
) -> None:
    """Write one JSON file, annotation by annotation as they come; OSError when the disk refuses."""
    names = placed(labelled)
    images = (
        {
            "id": number,
            "file_name": names[picture.name].picture,
            "height": picture.size[0],
            "width": picture.size[1],
        }
        for number, picture in numbered(labelled, split)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write('{\n"info": {"description": "Connected components of semantic labels"},\n')
        stream.write('"licenses": [],\n')
        for key, rows in (("categories", categories), ("images", images)):
            _write_list(stream, key, rows)
            stream.write(",\n")
        _write_list(stream, "annotations", annotations)
        stream.write("\n}\n")


def numbered(labelled: LabelledSet, split: str) -> Iterable[tuple[int, LabelledPicture]]:
    """The pictures of a split with their image ids, from 1."""
    return enumerate((one for one in labelled.pictures if one.split == split), start=1)


def _write_list(stream: IO[str], key: str, rows: Iterable[Mapping[str, Any]]) -> None:
    stream.write(f'"{key}": [')
    for number, row in enumerate(rows):
        stream.write(",\n" if number else "\n")
        stream.write(json.dumps(row, ensure_ascii=False, separators=(", ", ": ")))
    stream.write("\n]")


def annotation_files(path: Path, kind: str) -> list[tuple[str, Path]]:
    """(split, file) of the files of a kind (`instances`, `panoptic`), or of every JSON file
    that could be one where none is called so.

    Raises:
        FormatError: there is none.
    """
    if path.is_file():
        return [(_split_of(path, kind), path)]
    folders = [path / ANNOTATIONS, path]
    called = [file for folder in folders for file in sorted(folder.glob(f"{kind}_*.json"))]
    loose = [file for folder in folders for file in sorted(folder.glob("*.json"))]
    below = sorted(path.glob("*/*coco*.json"))
    others = [file for file in loose or below if _could_be(file)]
    if not called and not others:
        raise FormatError(
            f"{readable(path)} has no {ANNOTATIONS}/{kind}_….json: name the folder that "
            f"{ANNOTATIONS} lies in, or the file itself."
        )
    return [(_split_of(file, kind), file) for file in called or others]


def _could_be(file: Path) -> bool:
    other_kinds = ("captions_", "person_keypoints_", "stuff_", "panoptic_", "instances_")
    own_files = ("classes.json", "splits.json")
    return file.name not in own_files and not file.name.startswith(other_kinds)


def _split_of(path: Path, kind: str) -> str:
    if path.name.startswith(f"{kind}_"):
        return split_named(path.stem.removeprefix(f"{kind}_"))
    return split_named(path.parent.name if "coco" in path.name else path.stem)


def read_coco(path: Path, problems: Problems) -> Mapping[str, Any] | None:
    """The parsed file with its three lists, or None and a problem."""
    try:
        data = read_json(path)
    except FormatError as error:
        problems.add(str(error))
        return None
    lists = ("images", "annotations", "categories")
    missing = [key for key in lists if not isinstance(data, dict) or not _rows(data.get(key))]
    if missing:
        problems.add(
            f'{readable(path)} has no list "{missing[0]}" of entries: it is no file of this '
            "format, or a damaged one."
        )
        return None
    rows: Mapping[str, Any] = data
    return rows


def _rows(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def images_of(data: Mapping[str, Any], path: Path, problems: Problems) -> list[CocoImage]:
    """The rows of `images` that can be used; what is wrong with the others is a problem."""
    found: dict[int, CocoImage] = {}
    for row in data["images"]:
        number, name = row.get("id"), row.get("file_name")
        if not isinstance(number, int) or not isinstance(name, str):
            problems.add(
                f"{readable(path)}: an image is written {str(row)[:80]}: give it an id and a "
                "file_name."
            )
        elif number in found:
            problems.add(f"{readable(path)}: two images have the id {number}: number them anew.")
        elif leads_out(name):
            problems.add(
                f"{name!r} in {readable(path)} leads out of the folder: write a path inside it."
            )
        else:
            found[number] = CocoImage(
                number, name.replace("\\", "/"), size_in(row, "height", "width")
            )
    return list(found.values())


def size_of(image: CocoImage, file: Path | None, path: Path) -> tuple[int, int]:
    """(H, W) as the row says, or of the picture.

    Raises:
        FormatError: neither says it.
        ImageError: the picture cannot be read.
    """
    if image.size is not None:
        return image.size
    if file is None:
        raise FormatError(
            f'{readable(path)} gives no "height" and "width" for {image.name}, and the picture is '
            "not there: put it there."
        )
    return read_image_size(file)


def classes_of(
    files: Mapping[Path, Mapping[str, Any]], given: ClassTable | None, problems: Problems
) -> tuple[ClassTable, dict[Path, dict[int, int]]]:
    """The class table, and for each file the class id of each of its category ids.

    With a table every category has to be in it: under id - 1 and the same name, as it is written
    here, or under its name. Without one the categories of all files are the classes, in order of
    their ids: gaps close, so that COCO's 1 … 90 become 0 … 79.
    """
    rows: dict[int, Mapping[str, Any]] = {}
    for path, data in files.items():
        for row in data["categories"]:
            number, name = row.get("id"), row.get("name")
            if not isinstance(number, int) or not isinstance(name, str):
                problems.add(
                    f"{readable(path)}: a category is written {str(row)[:80]}: give it an id and "
                    "a name."
                )
            elif rows.setdefault(number, row).get("name") != name:
                problems.add(
                    f'{readable(path)} has the category {number} twice, "{name}" and '
                    f'"{rows[number]["name"]}": number them anew.'
                )
    if given is not None:
        ids = _in_table(rows, given, problems)
        return given, dict.fromkeys(files, ids)
    ids = {number: index for index, number in enumerate(sorted(rows))}
    if rows and sorted(rows) != list(range(1, len(rows) + 1)):
        problems.note(
            Finding(
                "note",
                f"The category ids {min(rows)} to {max(rows)} have gaps or do not begin with 1: "
                f"in their order they become the class ids 0 to {len(rows) - 1}.",
            )
        )
    return _table([rows[number] for number in sorted(rows)], problems), dict.fromkeys(files, ids)


def _in_table(
    rows: Mapping[int, Mapping[str, Any]], given: ClassTable, problems: Problems
) -> dict[int, int]:
    ids: dict[int, int] = {}
    unknown: list[str] = []
    written = names_in_files(given)
    for number, row in rows.items():
        own = 1 <= number <= len(given) and written[number - 1] == row["name"]
        class_id = number - 1 if own else given.id_of(row["name"])
        if class_id is None:
            unknown.append(row["name"])
        else:
            ids[number] = class_id
    if unknown:
        problems.add(
            f"{readable(problems.source)} has the categories {named(unknown)}, which the class "
            "table does not have: add these classes to it, or leave it out."
        )
    return ids


def _table(rows: list[Mapping[str, Any]], problems: Problems) -> ClassTable:
    names = [row["name"] for row in rows]
    colors = [row.get("color") for row in rows]
    try:
        if rows and all(isinstance(color, list) for color in colors):
            return ClassTable.from_names(names, [list(color or ()) for color in colors])
        return colored(names)
    except ClassTableError as error:
        problems.add(f"{readable(problems.source)}: {error}")
        return ClassTable(())
