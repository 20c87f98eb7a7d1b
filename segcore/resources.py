"""The one door to `resources/`: class tables, bundled models, samples, icons and style.

Everything is package data and found through `importlib.resources`, so that an installed wheel has
it wherever it is run from.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from segcore.classes import ClassTable
from segcore.errors import RequestError

# In the order in which a number of classes is looked up.
CLASS_TABLES = ("ade20k", "cityscapes", "coco-stuff", "voc", "camvid")
DEFAULT_MODEL = "street-b0"


def root() -> Path:
    """The folder of all resources."""
    return Path(str(files("resources")))


@cache
def class_table(name: str) -> ClassTable:
    """The classes of a published data set: one of `CLASS_TABLES`.

    Raises:
        RequestError: there is no table of that name.
    """
    if name not in CLASS_TABLES:
        raise RequestError(
            f"{name}: there is no class table of that name; use one of {', '.join(CLASS_TABLES)}."
        )
    return ClassTable.read(root() / "classes" / f"{name}.json")


def class_table_of_size(count: int) -> ClassTable | None:
    """The published table with that many classes, or None."""
    for name in CLASS_TABLES:
        if len(class_table(name)) == count:
            return class_table(name)
    return None


def colored(names: Sequence[str]) -> ClassTable:
    """A table of these names, in the colours of the published table that most of them are from."""
    known = class_table_of_size(len(names))
    if known is not None:
        same = sum(_same(name, info.name) for name, info in zip(names, known))
        if 2 * same >= len(names):
            return ClassTable.from_names(names, [info.color for info in known])
    return ClassTable.from_names(names)


def _same(name: str, other: str) -> bool:
    return name.strip().casefold() == other.strip().casefold()


@cache
def bundled_models() -> dict[str, Path]:
    """Names of the models that the program brings, each with its folder."""
    folder = root() / "models"
    if not folder.is_dir():
        return {}
    return {
        path.name: path for path in sorted(folder.iterdir()) if (path / "config.json").is_file()
    }


@cache
def released_models() -> dict[str, Any]:
    """The catalogue of released checkpoints as it is written: `licence`, and `models`, a list."""
    text = (root() / "hub" / "released.json").read_text(encoding="utf-8")
    catalogue: dict[str, Any] = json.loads(text)
    return catalogue


def sample_paths() -> list[tuple[Path, Path]]:
    """The drawn sample pictures, each with its exact label map, in order of name."""
    folder = root() / "samples"
    pictures = sorted((folder / "images").glob("*.*"))
    return [
        (picture, folder / "labels" / f"{picture.stem}.png")
        for picture in pictures
        if (folder / "labels" / f"{picture.stem}.png").is_file()
    ]


def sample_clip() -> tuple[Path, list[Path]]:
    """The drawn drive, an H.264 video, and the exact label map of each of its frames in order."""
    folder = root() / "samples" / "video"
    return folder / "drive.mp4", sorted((folder / "drive").glob("*.png"))


def icon_path(name: str) -> Path:
    """An icon of `resources/icons`, by file name."""
    return root() / "icons" / name


def style_path(name: str) -> Path:
    """A style sheet of `resources/style`, by file name."""
    return root() / "style" / name


def translations_path() -> Path:
    """The folder of compiled translations."""
    return root() / "translations"
