"""Two label sets compared, held against slow counting that shares no code with it."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from segcore.classes import ClassTable
from segcore.comparison import (
    CommonClasses,
    Comparison,
    Side,
    compare_sides,
    match_pictures,
    side_of_path,
    side_of_predictions,
    side_of_project,
)
from segcore.comparison.drawing import draw_differences
from segcore.errors import Cancelled, FormatError, RequestError
from segcore.formats.contract import LabelledPicture, LabelledSet
from segcore.formats.export import export_set
from segcore.formats.project_set import set_of_project
from segcore.formats.table import FORMATS
from segcore.labels import write_label_map
from segcore.metrics import boundary_f
from segcore.progress import CancelToken, Progress
from segcore.project import Project

A = ClassTable.from_names(["road", "sky", "car"])
B = ClassTable.from_names(["car", "moon", "road"])  # an order of its own, and a class of its own
NAMES_A = {**dict(enumerate(A.names)), 255: None}
NAMES_B = {**dict(enumerate(B.names)), 255: None}
maps = hnp.arrays(np.uint8, (2, 6, 5), elements=st.sampled_from([0, 1, 2, 255]))


def slowly(a: np.ndarray, b: np.ndarray, *, unlabelled: bool) -> dict[str, float]:
    """Agreement, IoUs, their mean and kappa by names, one pixel after the other."""
    said = [(NAMES_A[x], NAMES_B[y]) for x, y in zip(a.ravel().tolist(), b.ravel().tolist())]
    said = [(x, y) for x, y in said if (x or y if unlabelled else x and y)]
    same = sum(x == y for x, y in said)
    found: dict[str, float] = {"agreement": same / len(said) if said else math.nan}
    ious = {}
    for name in {each for pair in said for each in pair if each}:
        either = sum(name in pair for pair in said)
        ious[name] = sum(pair == (name, name) for pair in said) / either
    found["miou"] = sum(ious.values()) / len(ious) if ious else math.nan
    by_a, by_b = Counter(x for x, _ in said), Counter(y for _, y in said)
    chance = sum(by_a[name] * by_b[name] for name in by_a) / len(said) ** 2 if said else 1.0
    found["kappa"] = (found["agreement"] - chance) / (1 - chance) if chance < 1 else math.nan
    return {**found, **{f"iou {name}": iou for name, iou in ious.items()}}


@settings(deadline=None)
@given(maps, maps, st.booleans())
def test_figures_are_those_of_counting_by_name(
    a: np.ndarray, b: np.ndarray, unlabelled: bool
) -> None:
    comparison = Comparison(A, B, boundaries=False, unlabelled_counts=unlabelled)
    for number in range(2):
        one = comparison.add(str(number), str(number), a[number], b[number])
        expected = slowly(a[number], b[number], unlabelled=unlabelled)
        assert one.agreement == pytest.approx(expected["agreement"], nan_ok=True)
        assert one.miou == pytest.approx(expected["miou"], nan_ok=True)
        assert one.kappa == pytest.approx(expected["kappa"], nan_ok=True)
    report, expected = comparison.report(), slowly(a, b, unlabelled=unlabelled)
    assert report.figures.agreement == pytest.approx(expected["agreement"], nan_ok=True)
    assert report.figures.kappa == pytest.approx(expected["kappa"], nan_ok=True)
    for info, iou in zip(report.occurring, report.figures.iou.tolist()):
        assert iou == pytest.approx(expected.get(f"iou {info.name}", math.nan), nan_ok=True)
    cells = Counter(
        (NAMES_A[x], NAMES_B[y]) for x, y in zip(a.ravel().tolist(), b.ravel().tolist())
    )
    for row, first in zip(report.confusion, report.occurring):
        for pixels, second in zip(row.tolist(), report.occurring):
            assert pixels == cells[first.name, second.name]
    only_b = sum(count for (x, y), count in cells.items() if x is None and y is not None)
    assert report.counts.only_b.sum() == only_b


def test_which_side_is_called_the_first_changes_nothing_but_the_order() -> None:
    rng = np.random.default_rng(3)
    a, b = (rng.choice([0, 1, 2, 255], (40, 50)).astype(np.uint8) for _ in "ab")
    there = Comparison(A, B)
    back = Comparison(B, A)
    one, other = there.add("x", "x", a, b), back.add("x", "x", b, a)
    assert one.boundary_f == pytest.approx(other.boundary_f)
    assert one[2:5] == pytest.approx(other[2:5])
    # Boundary F is that of the maps in which only what both have labelled is known.
    common = CommonClasses.of(A, B)
    first, second = common.from_a(a), common.from_b(b)
    unknown = (first == 255) | (second == 255)
    first[unknown], second[unknown] = 255, 255
    assert one.boundary_f == pytest.approx(np.nanmean(boundary_f(first, second, 4, 255)))


def test_classes_are_matched_by_name_and_what_has_no_match_disagrees() -> None:
    common = CommonClasses.of(A, B)
    assert common.classes.names == ("road", "sky", "car", "moon")
    assert (common.only_a, common.only_b) == (("sky",), ("moon",))
    assert common.from_b(np.array([[0, 1, 2, 255]], np.uint8)).tolist() == [[2, 3, 0, 255]]
    assert "moon" in common.notes()[1]
    with pytest.raises(RequestError, match="id 7 of no class"):
        common.from_a(np.array([[7]], np.uint8))
    # A class that was merged means the one that it went into, and no id moves.
    merged = A.with_retired(2, 0)
    assert CommonClasses.of(merged, A).from_a(np.array([[2, 1]], np.uint8)).tolist() == [[0, 1]]
    wide = ClassTable.from_names([f"class {number}" for number in range(300)])
    found = CommonClasses.of(A, wide)
    assert found.from_a(np.array([[2, 255]], np.uint8)).tolist() == [[2, 65535]]
    assert found.from_b(np.array([[299, 65535]], np.uint16)).tolist() == [[302, 65535]]


names = st.lists(
    st.tuples(st.sampled_from(["", "x/", "y/"]), st.sampled_from("abc"), st.sampled_from("jp")),
    unique=True,
    max_size=8,
).map(lambda parts: [f"{folder}{stem}.{end}" for folder, stem, end in parts])


@given(names, names)
def test_every_picture_is_matched_once_or_listed(a: list[str], b: list[str]) -> None:
    found = match_pictures(a, b)
    pairs_a, pairs_b = [x for x, _ in found.pairs], [y for _, y in found.pairs]
    unclear_a = [name for each in found.ambiguous for name in each.a]
    unclear_b = [name for each in found.ambiguous for name in each.b]
    assert sorted([*pairs_a, *found.only_a, *unclear_a]) == sorted(a)
    assert sorted([*pairs_b, *found.only_b, *unclear_b]) == sorted(b)
    assert {name for name in a if name in b} <= set(pairs_a)
    for x, y in found.pairs:
        assert x.split("/")[-1][0] == y.split("/")[-1][0]
    stems_b = {name.split("/")[-1][0] for name in found.only_b}
    assert not stems_b & {name.split("/")[-1][0] for name in found.only_a}


def test_pictures_of_one_stem_are_matched_where_that_is_no_question() -> None:
    found = match_pictures(["x/a.jpg", "b.jpg", "x/c.jpg", "y/c.jpg"], ["a.png", "b.png", "c.png"])
    assert found.pairs == (("x/a.jpg", "a.png"), ("b.jpg", "b.png"))
    assert found.ambiguous == (("c", ("x/c.jpg", "y/c.jpg"), ("c.png",)),)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Three pictures: a person's road, a model's sky below it in the first two."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (10, 8), (number, 0, 0)).save(folder / f"p{number}.png")
    project = Project.create(tmp_path / "mine", A)
    project.add([folder])
    for name in project.images[:2]:
        project.save(name, np.ones((8, 10), np.uint8), project.origin_id("model", "m", "0" * 64))
        project.record(name, (0, 0, 10, 3), np.zeros((3, 10), np.uint8))
    return project


def test_the_pixels_of_one_kind_of_origin_are_a_side(project: Project) -> None:
    with project:
        sides = {by: side_of_project(project, by) for by in ("anyone", "person", "model")}
        assert sides["anyone"].names == ["p0.png", "p1.png"]  # the third has no labels
        read = {by: side.labelled.pictures[0].labels() for by, side in sides.items()}
    assert (read["anyone"][:3] == 0).all()
    assert (read["anyone"][3:] == 1).all()
    assert (read["person"][:3] == 0).all()
    assert (read["person"][3:] == 255).all()
    assert (read["model"][:3] == 255).all()
    assert (read["model"][3:] == 1).all()


def test_a_project_against_an_export_of_it_and_against_a_folder_of_label_maps(
    project: Project, tmp_path: Path
) -> None:
    with project:
        export_set(set_of_project(project), tmp_path / "coco", FORMATS["coco"])
        bare = tmp_path / "bare"
        bare.mkdir()
        B.write(bare / "classes.json")
        write_label_map(bare / "p0.png", np.full((8, 10), 2, np.uint8), B)  # road
        write_label_map(bare / "p9.png", np.full((8, 10), 2, np.uint8), B)
        mine = side_of_project(project)
        same = compare_sides(mine, side_of_path(tmp_path / "coco"))
        assert same.figures.agreement == 1
        assert [each.picture for each in same.pictures] == ["p0.png", "p1.png"]
        # The export has the picture without labels as well.
        assert same.matched.only_b == ("p2.png",)

        other = compare_sides(mine, side_of_path(bare))
        assert other.matched.only_a == ("p1.png",)
        assert other.matched.only_b == ("p9.png",)
        assert other.figures.agreement == pytest.approx(3 / 8)
        assert other.confusion.tolist() == [[30, 0], [50, 0]]
        with pytest.raises(RequestError, match="who said what"):
            side_of_path(bare, "person")
    with pytest.raises(FormatError, match="neither a project nor"):
        side_of_path(tmp_path / "pictures")
    theirs = side_of_path(tmp_path / "mine", "person")
    assert theirs.names == ["p0.png", "p1.png"]
    theirs.close()


def a_side(title: str, labels: dict[str, np.ndarray], classes: ClassTable = A) -> Side:
    pictures = [
        LabelledPicture(name, None, array.shape, partial(np.copy, array))
        for name, array in labels.items()
    ]
    return Side(title, LabelledSet(classes, pictures))


def test_what_cannot_be_compared_is_said_and_the_rest_goes_on() -> None:
    road = np.zeros((4, 4), np.uint8)
    mine = a_side("mine", {"a.png": road, "b.png": road})
    theirs = a_side("theirs", {"a.png": road + 1, "b.png": np.zeros((2, 2), np.uint8)})
    report = compare_sides(mine, theirs)
    assert report.figures.agreement == 0
    ((name, sentence),) = report.failed
    assert name == "b.png"
    assert "4 x 4" in sentence
    with pytest.raises(RequestError, match="no labelled picture in common"):
        compare_sides(mine, a_side("others", {"z.png": road}))
    with pytest.raises(RequestError, match="no class in common"):
        compare_sides(mine, a_side("others", {"a.png": road}, ClassTable.from_names(["moon"])))


def test_a_model_is_asked_once_for_each_picture_and_can_be_called_off() -> None:
    asked: list[str] = []
    cancel = CancelToken()
    mine = a_side("mine", {f"{n}.png": np.zeros((4, 4), np.uint8) for n in range(4)})

    def predict(picture: LabelledPicture) -> np.ndarray:
        asked.append(picture.name)
        return np.zeros((4, 4), np.uint8)

    model = side_of_predictions("m", A, mine.labelled.pictures, predict)
    told: list[Progress] = []

    def tell(progress: Progress) -> None:
        told.append(progress)
        if progress.done == 2:
            cancel.cancel()

    with pytest.raises(Cancelled):
        compare_sides(mine, model, progress=tell, cancel=cancel)
    assert asked == ["0.png", "1.png"]
    assert [each.done for each in told] == [1, 2]


def test_files_hold_what_the_report_says(tmp_path: Path) -> None:
    a = np.zeros((4, 4), np.uint8)
    b = a.copy()
    b[0] = 2
    mine, theirs = (
        a_side("mine", {"a.png": a, "b.png": a}),
        a_side("theirs", {"a.png": b, "b.png": a}),
    )
    report = compare_sides(mine, theirs)
    report.write_json(tmp_path / "c.json")
    report.write_csv(tmp_path / "c.csv")
    kept = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert kept["confusion"] == [[28, 4], [0, 0]]
    assert [each["name"] for each in kept["classes"]] == ["road", "car"]
    assert kept["agreement"] == 0.875
    with (tmp_path / "c.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["picture"] for row in rows] == ["a.png", "b.png"]  # the worst first
    assert rows[0]["disagreed"] == "4"
    assert (tmp_path / "c-confusion.csv").read_text().splitlines()[1] == "road,28,4"
    assert (tmp_path / "c-classes.csv").read_text().startswith("name,iou")


def test_a_drawing_shows_either_side_where_they_differ() -> None:
    a = np.zeros((20, 20), np.uint8)
    b = a.copy()
    b[4:14, 4:14] = 2
    image = np.full((20, 20, 3), 200, np.uint8)
    drawn = draw_differences(image, a, b, A)
    left, right = drawn[:, :20], drawn[:, 28:]
    assert (left[8, 8] != right[8, 8]).any()  # road and car, over the picture
    assert np.array_equal(left[0], right[0])
    assert left[0, 0].max() < 130  # dim
    assert (left[4, 8] == 255).all()  # the outline
    assert np.array_equal(draw_differences(None, a, a, A)[:, :20], np.full((20, 20, 3), 82))
