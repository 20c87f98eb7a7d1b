"""Labels that lie beside pictures that were opened: found by looking at names, not into files.

What is found is offered to the person; nothing is read before they say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from segcore.formats.layout import CLASSES_NAME

BesideKind = Literal["labelme", "png"]

FOLDERS = ("labels", "masks", "annotations")
_PICTURE_FOLDERS = ("images", "imgs", "pictures", "img")
_MOST_LOOKED_AT = 10_000


@dataclass(frozen=True)
class LabelsBeside:
    """Labels of one kind, in one place, for some of the opened pictures.

    Attributes:
        kind: labelme's JSON files, or label maps in PNG files.
        folder: where they lie.
        files: the label file of each picture that has one.
        classes: the `classes.json` that says what the ids mean, if there is one.
    """

    kind: BesideKind
    folder: Path
    files: dict[Path, Path]
    classes: Path | None = None


def find_beside(pictures: Iterable[Path]) -> list[LabelsBeside]:
    """Label files of the same stem beside pictures and in folders called like labels.

    Looked for are, of a picture `a/images/train/x.jpg`: `x.json` beside it (labelme), and `x.png`
    or `x.jpg.png` in `labels`, `masks` and `annotations`, beside the picture, beside its folder,
    and in the place of a folder `images` above it. The place with most files comes first. Of more
    than 10,000 pictures the first ones are looked at. Folders that cannot be listed hold nothing.
    """
    listed: dict[Path, frozenset[str]] = {}
    found: dict[tuple[BesideKind, Path], dict[Path, Path]] = {}
    for number, picture in enumerate(pictures):
        if number == _MOST_LOOKED_AT:
            break
        for kind, folder, names in _candidates(picture):
            if folder not in listed:
                listed[folder] = names_in(folder)
            name = next((name for name in names if name in listed[folder]), None)
            if name is not None and folder / name != picture:
                found.setdefault((kind, folder), {})[picture] = folder / name
    offers = [
        LabelsBeside(kind, folder, files, _classes_near(folder) if kind == "png" else None)
        for (kind, folder), files in found.items()
    ]
    return sorted(offers, key=lambda offer: -len(offer.files))


def _candidates(picture: Path) -> Iterable[tuple[BesideKind, Path, tuple[str, ...]]]:
    yield "labelme", picture.parent, (f"{picture.stem}.json",)
    names = (f"{picture.stem}.png", f"{picture.name}.png")
    for folder in _label_folders(picture.parent):
        yield "png", folder, names


def _label_folders(folder: Path) -> Iterable[Path]:
    places = [folder / name for name in FOLDERS]
    places += [folder.parent / name for name in FOLDERS if folder.name not in FOLDERS]
    parts = folder.parts
    for index in reversed(range(len(parts))):
        if parts[index].lower() in _PICTURE_FOLDERS:
            below = parts[index + 1 :]
            places += [Path(*parts[:index], name, *below) for name in FOLDERS]
            break
    return dict.fromkeys(places)


def names_in(folder: Path) -> frozenset[str]:
    """The names in a folder; none where it cannot be listed."""
    try:
        return frozenset(entry.name for entry in folder.iterdir())
    except OSError:
        return frozenset()


def _classes_near(folder: Path) -> Path | None:
    """The `classes.json` in the folder of labels, or in one of the three above it."""
    places = (folder, *folder.parents[:3])
    return next((p / CLASSES_NAME for p in places if (p / CLASSES_NAME).is_file()), None)
