"""JSON files of labelme, looked at before they are used: shapes, picture and size."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from segcore.errors import FormatError, ImageError, readable
from segcore.formats.contract import Finding, Problems
from segcore.formats.labelme_shapes import WITHOUT_AREA, kind_of, trouble_with
from segcore.formats.layout import leads_out, read_json
from segcore.formats.regions_in import size_in
from segcore.images import read_image_size


class LabelmeFile(NamedTuple):
    """A labelme file that was looked at: where it and its picture lie, and its labels."""

    path: Path
    name: str
    image: Path | None
    size: tuple[int, int]
    names: tuple[str, ...]


def looked_at(path: Path, root: Path, problems: Problems) -> LabelmeFile | None:
    """A file whose every shape can be used; None, and what is wrong, otherwise."""
    sentences: list[str] = []
    content: Mapping[str, Any] = {}
    try:
        content = content_of(path)
    except FormatError as error:
        sentences.append(str(error))
    shapes = content.get("shapes", [])
    for number, shape in enumerate(shapes, start=1):
        trouble = trouble_with(shape)
        if trouble is not None:
            sentences.append(f"{readable(path)}: shape {number} {trouble}: correct or remove it.")
    name, image, size = None, None, None
    if content:
        name = _image_path(content, path, sentences)
    if name is not None:
        image = _image(content, path, name, problems, sentences)
        size = _size(content, path, image, sentences)
    for sentence in sentences:
        problems.add(sentence)
    if sentences or name is None or size is None:
        return None
    names = tuple(dict.fromkeys(s["label"] for s in shapes if kind_of(s) not in WITHOUT_AREA))
    below = path.parent.relative_to(root).as_posix()
    whole = name if below == "." else f"{below}/{name}"
    return LabelmeFile(path, whole, image, size, names)


def content_of(path: Path) -> Mapping[str, Any]:
    """What a file says; FormatError where it is no file of labelme."""
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("shapes"), list):
        raise FormatError(
            f'{readable(path)} has no list "shapes": it is no file of labelme; move it away.'
        )
    return content


def _image_path(content: Mapping[str, Any], path: Path, sentences: list[str]) -> str | None:
    name = content.get("imagePath")
    if not isinstance(name, str) or not name:
        sentences.append(f'{readable(path)} has no "imagePath": name its picture there.')
        return None
    if leads_out(name):
        sentences.append(
            f"{readable(path)}: its imagePath {name!r} leads out of the folder: put the picture "
            "beside the file and write its name alone."
        )
        return None
    return str(PurePosixPath(name.replace("\\", "/")))


def _image(
    content: Mapping[str, Any], path: Path, name: str, problems: Problems, sentences: list[str]
) -> Path | None:
    """The picture file, or None where there is none.

    A picture that lies inside the JSON file alone is put where the file says it is: nothing is
    there that could be lost.
    """
    image = path.parent / name
    data = content.get("imageData")
    if image.is_file():
        return image
    if not isinstance(data, str):
        return None
    try:
        image.write_bytes(base64.b64decode(data, validate=True))
    except (OSError, binascii.Error, ValueError) as error:
        sentences.append(
            f"{readable(path)}: the picture inside it cannot be put beside it ({error}): copy the "
            "folder to where it can be written, or put the picture there."
        )
        return None
    problems.note(
        Finding("note", f"The picture inside {readable(path)} was put beside it as {name}.", name)
    )
    return image


def _size(
    content: Mapping[str, Any], path: Path, image: Path | None, sentences: list[str]
) -> tuple[int, int] | None:
    size = size_in(content, "imageHeight", "imageWidth")
    if size is not None:
        return size
    try:
        if image is not None:
            return read_image_size(image)
        sentences.append(
            f'{readable(path)} has no "imageHeight" and "imageWidth", and its picture is not '
            "there: put it beside the file."
        )
    except ImageError as error:
        sentences.append(str(error))
    return None
