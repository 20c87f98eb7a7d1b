"""Facts of Cityscapes: the ids of its labels, and how its files are called."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from segcore.classes import ClassTable, Color
from segcore.formats.contract import LabelledPicture
from segcore.formats.layout import free_name
from segcore.resources import class_table

IGNORED_ID = 0  # "unlabeled"
UNLABELED = "unlabeled"

# fmt: off
LABEL_IDS: dict[str, int] = {
    "ego vehicle": 1, "rectification border": 2, "out of roi": 3, "static": 4, "dynamic": 5,
    "ground": 6, "road": 7, "sidewalk": 8, "parking": 9, "rail track": 10, "building": 11,
    "wall": 12, "fence": 13, "guard rail": 14, "bridge": 15, "tunnel": 16, "pole": 17,
    "polegroup": 18, "traffic light": 19, "traffic sign": 20, "vegetation": 21, "terrain": 22,
    "sky": 23, "person": 24, "rider": 25, "car": 26, "truck": 27, "bus": 28, "caravan": 29,
    "trailer": 30, "train": 31, "motorcycle": 32, "bicycle": 33,
}
_OTHER_COLORS: dict[str, Color] = {
    "dynamic": (111, 74, 0), "ground": (81, 0, 81), "parking": (250, 170, 160),
    "rail track": (230, 150, 140), "guard rail": (180, 165, 180), "bridge": (150, 100, 100),
    "tunnel": (150, 120, 90), "polegroup": (153, 153, 153), "caravan": (0, 0, 90),
    "trailer": (0, 0, 110),
}
# fmt: on

PICTURE_ENDING = "_leftImg8bit"
LABEL_ENDING = "_gtFine_labelIds.png"

_COMPLETE = re.compile(r"[^_]+_\d{6}_\d{6}")
_NO_PATTERN = re.compile(r"[\[\]*?]")
_PARTS = 3


def label_id_of(name: str) -> int | None:
    """The label id of a class called like one of Cityscapes, capitals or not; None for others."""
    return LABEL_IDS.get(name.casefold())


def classes_with_ids(present: Sequence[int]) -> ClassTable:
    """The 19 classes that are evaluated, in the order of their train ids, then others in use."""
    evaluated = class_table("cityscapes")
    others = [
        name
        for name, label_id in LABEL_IDS.items()
        if label_id in present and evaluated.id_of(name) is None
    ]
    colors = [info.color for info in evaluated]
    colors += [_OTHER_COLORS.get(name, (0, 0, 0)) for name in others]
    return ClassTable.from_names([*evaluated.names, *others], colors)


def file_stems(pictures: Sequence[LabelledPicture]) -> dict[str, str]:
    """For each picture's name `<city>/<city>_NNNNNN_NNNNNN`, which the scripts find it by.

    A stem that is such a one (with `_leftImg8bit` or without) is kept and its city is the folder.
    Another gets what is missing behind it, and lies in a folder named as the one it is from. The
    scripts cut names at each `_`, so that surplus ones become `-`.
    """
    taken: set[str] = set()
    found: dict[str, str] = {}
    for picture in sorted(pictures, key=lambda p: not _is_complete(p.name)):
        path = PurePosixPath(picture.name)
        stem = path.stem.removesuffix(PICTURE_ENDING)
        if _is_complete(picture.name) and stem.casefold() not in taken:
            taken.add(stem.casefold())
            city = stem.partition("_")[0]
        else:
            stem = _completed(_NO_PATTERN.sub("-", stem), taken)
            parent = _NO_PATTERN.sub("-", "-".join(path.parent.parts))
            city = parent.replace("_", "-") or "pictures"
        found[picture.name] = f"{city}/{stem}"
    return found


def is_kept(name: str) -> bool:
    """Whether a picture of that name keeps its stem, apart from `_leftImg8bit` behind it."""
    return _is_complete(name)


def _is_complete(name: str) -> bool:
    stem = PurePosixPath(name).stem.removesuffix(PICTURE_ENDING)
    return _COMPLETE.fullmatch(stem) is not None and _NO_PATTERN.search(stem) is None


def _completed(stem: str, taken: set[str]) -> str:
    """The stem with three parts; one that is taken counts its last part up."""
    *surplus, first = stem.split("_")[: -_PARTS + 1] or [""]
    parts = [part or "0" for part in stem.split("_")[-_PARTS + 1 :]]
    if len(stem.split("_")) >= _PARTS:
        return free_name("_".join(["-".join([*surplus, first]), *parts]), taken)
    base = "_".join([*parts, *["000000"] * (_PARTS - 1 - len(parts))])
    numbered = (f"{base}_{number:06}" for number in itertools.count())
    found = next(name for name in numbered if name.casefold() not in taken)
    taken.add(found.casefold())
    return found
