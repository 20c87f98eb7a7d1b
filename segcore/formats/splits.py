"""Which picture belongs to which part of a data set: training, validation, test."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.formats.contract import TRAIN, LabelledPicture, LabelledSet
from segcore.labels import class_counts

SplitBy = Literal["picture", "folder", "video"]

SPLIT_NAMES = {
    "train": TRAIN,
    "training": TRAIN,
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_FRAME_NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True)
class SplitPlan:
    """How a set is split.

    Attributes:
        shares: share of each part; they are made to sum to 1.
        by: what stays together: single pictures, the pictures of a folder, or of a video (those of
            a folder whose names differ in the number at their end alone).
        stratified: whether every part gets its share of each class's pixels, as far as possible.
        seed: the same seed gives the same split of the same set.
    """

    shares: Mapping[str, float] = field(default_factory=lambda: {TRAIN: 1.0})
    by: SplitBy = "picture"
    stratified: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        bad = [name for name in self.shares if not _WORD.fullmatch(name)]
        if bad:
            raise RequestError(f"{bad[0]!r} is no name for a part: use train, val and test.")
        if not self.shares or min(self.shares.values()) < 0 or sum(self.shares.values()) <= 0:
            raise RequestError(
                "The shares of a split are numbers above 0, such as train=80,val=20."
            )

    def to_json(self) -> dict[str, Any]:
        """What is written beside the export."""
        return {
            "shares": dict(self.shares),
            "by": self.by,
            "stratified": self.stratified,
            "seed": self.seed,
        }


def parse_shares(text: str) -> dict[str, float]:
    """`train=80,val=20` as shares; the numbers may be shares, per cent or counts of any scale.

    Raises:
        RequestError: it is written otherwise.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        try:
            shares[SPLIT_NAMES.get(name.strip(), name.strip())] = float(number)
        except ValueError:
            raise RequestError(f"{part!r} is no share of a split: write train=80,val=20.") from None
    return shares


def split_set(labelled: LabelledSet, plan: SplitPlan) -> LabelledSet:
    """The set with every picture in a part; its order stays.

    Raises:
        ImageError: for a stratified split labels have to be read, and cannot.
    """
    groups = _groups(labelled.pictures, plan.by)
    order = list(groups)
    random.Random(plan.seed).shuffle(order)
    total = sum(plan.shares.values())
    shares = {name: share / total for name, share in plan.shares.items() if share > 0}
    if plan.stratified:
        contents = {key: _content(groups[key], len(labelled.classes)) for key in order}
    else:
        contents = {key: np.array([len(groups[key])], np.float64) for key in order}
    part_of = _dealt(order, contents, shares)
    chosen = {p.name: part_of[key] for key, group in groups.items() for p in group}
    return replace(
        labelled,
        pictures=[replace(p, split=chosen[p.name]) for p in labelled.pictures],
    )


def split_by_folder_names(labelled: LabelledSet) -> LabelledSet:
    """The set split as its folders are called: `train/a.jpg` is in train and is called `a.jpg`.

    Pictures in no such folder are in train. Names stay whole where two would be alike.
    """
    found = [_named_split(picture) for picture in labelled.pictures]
    alike: dict[tuple[str, str], int] = {}
    for picture in found:
        alike[picture.split, picture.name] = alike.get((picture.split, picture.name), 0) + 1
    across: dict[str, int] = {}
    for picture in found:
        across[picture.name] = across.get(picture.name, 0) + 1
    return replace(
        labelled,
        pictures=[
            new if across[new.name] == 1 else replace(old, split=new.split)
            for old, new in zip(labelled.pictures, found)
        ],
    )


def _named_split(picture: LabelledPicture) -> LabelledPicture:
    parts = picture.name.split("/")
    for index, part in enumerate(parts[:-1]):
        split = SPLIT_NAMES.get(part.casefold())
        if split is not None:
            name = "/".join(parts[:index] + parts[index + 1 :])
            return replace(picture, name=name, split=split)
    return replace(picture, split=TRAIN)


def _groups(pictures: Sequence[LabelledPicture], by: SplitBy) -> dict[str, list[LabelledPicture]]:
    groups: dict[str, list[LabelledPicture]] = {}
    for picture in pictures:
        groups.setdefault(group_of(picture.name, by), []).append(picture)
    return groups


def group_of(name: str, by: SplitBy) -> str:
    """What a picture stays together with in a split."""
    if by == "picture":
        return name
    path = PurePosixPath(name)
    if by == "folder":
        return str(path.parent)
    return str(path.parent / _FRAME_NUMBER.sub("", path.stem))


def _content(pictures: Sequence[LabelledPicture], classes: int) -> npt.NDArray[np.float64]:
    """(classes + 1,) pixels of each class in these pictures, and the number of pictures."""
    content = np.zeros(classes + 1)
    for picture in pictures:
        content[:-1] += class_counts(picture.labels(), classes)
    content[-1] = len(pictures)
    return content


def _dealt(
    order: Sequence[str],
    contents: Mapping[str, npt.NDArray[np.float64]],
    shares: Mapping[str, float],
) -> dict[str, str]:
    """Deal groups to parts, each to the part that lacks most of what is rarest in it.

    After Sechidis, Tsoumakas and Vlahavas, "On the Stratification of Multi-Label Data" (2011), with
    amounts in the place of labels: groups that hold most of a rare class come first.
    """
    if not order:
        return {}
    total = np.sum([contents[key] for key in order], axis=0)
    parts = list(shares)
    lacking = np.array([[shares[part]] for part in parts]) * total
    weight = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    largest = {key: float((contents[key] * weight).max()) for key in order}
    part_of: dict[str, str] = {}
    for key in sorted(order, key=lambda key: -largest[key]):
        rarest = int(np.argmax(contents[key] * weight))
        wants = lacking[:, rarest] * weight[rarest] + 1e-6 * (lacking * weight).mean(axis=1)
        chosen = int(np.argmax(wants))
        lacking[chosen] -= contents[key]
        part_of[key] = parts[chosen]
    return part_of
