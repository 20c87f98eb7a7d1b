"""Splits: shares, what stays together, stratification, seeds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.formats.contract import LabelledPicture, LabelledSet
from segcore.formats.splits import SplitPlan, parse_shares, split_by_folder_names, split_set

TABLE = ClassTable.from_names(["common", "rare"])


def set_of(names: list[str], rare: frozenset[str] = frozenset()) -> LabelledSet:
    """Pictures without files, of which some hold the rare class."""

    def picture(name: str) -> LabelledPicture:
        labels = np.zeros((4, 4), np.uint8)
        if name in rare:
            labels[0] = 1
        return LabelledPicture(name, None, (4, 4), lambda: labels)

    return LabelledSet(TABLE, [picture(name) for name in names])


def test_shares_are_kept_and_a_seed_says_all() -> None:
    labelled = set_of([f"{number}.png" for number in range(100)])
    plan = SplitPlan(parse_shares("train=80,val=15,test=5"), seed=3)
    parts = [picture.split for picture in split_set(labelled, plan).pictures]
    assert Counter(parts) == {"train": 80, "val": 15, "test": 5}
    assert parts == [picture.split for picture in split_set(labelled, plan).pictures]
    other = SplitPlan(plan.shares, seed=4)
    assert parts != [picture.split for picture in split_set(labelled, other).pictures]


@pytest.mark.parametrize(("by", "groups"), [("folder", 5), ("video", 10)])
def test_what_belongs_together_stays_together(by: str, groups: int) -> None:
    names = [f"{f}/{clip}_{n:04}.png" for f in range(5) for clip in "ab" for n in range(7)]
    labelled = split_set(set_of(names), SplitPlan(parse_shares("train=3,val=2"), by))  # type: ignore[arg-type]
    part_of: dict[str, set[str]] = {}
    for picture in labelled.pictures:
        group = picture.name[: 1 if by == "folder" else 3]
        part_of.setdefault(group, set()).add(picture.split)
    assert len(part_of) == groups
    assert all(len(parts) == 1 for parts in part_of.values())
    assert {part for parts in part_of.values() for part in parts} == {"train", "val"}


def test_a_stratified_split_shares_a_rare_class_out() -> None:
    names = [f"{number}.png" for number in range(60)]
    rare = frozenset(names[:6])
    for seed in range(5):
        plan = SplitPlan(parse_shares("train=2,val=1"), stratified=True, seed=seed)
        split = split_set(set_of(names, rare), plan)
        assert Counter(p.split for p in split.pictures if p.name in rare) == {"train": 4, "val": 2}
        assert Counter(p.split for p in split.pictures) == {"train": 40, "val": 20}


def test_folders_that_are_called_like_parts_are_parts() -> None:
    names = ["train/a.png", "val/b.png", "training/x/c.png", "d.png", "test/a.png"]
    split = split_by_folder_names(set_of(names))
    assert [(p.split, p.name) for p in split.pictures] == [
        ("train", "train/a.png"),
        ("val", "b.png"),
        ("train", "x/c.png"),
        ("train", "d.png"),
        ("test", "test/a.png"),
    ]


@pytest.mark.parametrize("text", ["train", "train=x", "train=-1,val=2", "a/b=1", "train=0"])
def test_shares_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(RequestError):
        SplitPlan(parse_shares(text))


def test_an_export_in_parts_says_how_and_comes_back(tmp_path: Path) -> None:
    from PIL import Image

    from segcore.formats.export import SPLITS_NAME, export_set
    from segcore.formats.importing import import_set
    from segcore.formats.table import FORMATS

    pictures = []
    for number in range(6):
        path = tmp_path / f"{number}.png"
        Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(path)
        labels = np.full((4, 4), number % 2, np.uint8)
        pictures.append(LabelledPicture(path.name, path, (4, 4), lambda labels=labels: labels))  # type: ignore[misc]
    plan = SplitPlan(parse_shares("train=4,val=2"), seed=9)
    labelled = split_set(LabelledSet(TABLE, pictures), plan)
    for name in ("png", "yolo", "datumaro", "ade", "hf", "mmseg", "npz", "voc"):
        out = tmp_path / f"out-{name}"
        export_set(labelled, out, FORMATS[name], split=plan.to_json())
        assert '"seed": 9' in (out / SPLITS_NAME).read_text()
        again = import_set(out, FORMATS[name]).labelled
        back = {p.name.rpartition("/")[2]: (p.split, p.labels().max()) for p in again.pictures}
        assert back == {p.name: (p.split, p.labels().max()) for p in labelled.pictures}, name
