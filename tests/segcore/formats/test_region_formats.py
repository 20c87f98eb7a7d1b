"""COCO, panoptic, labelme, CVAT, Label Studio, polygons: what is written comes back."""

from __future__ import annotations

import json
import math
import uuid
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from segcore.classes import ClassTable
from segcore.errors import FormatError
from segcore.formats import slow_maps
from segcore.formats.contract import ImportOptions, LabelledPicture, LabelledSet, Problems
from segcore.formats.export import export_set
from segcore.formats.labelme import read_labelme_file
from segcore.formats.slow_maps import SlowMaps
from segcore.formats.table import FORMATS

NAMES = ("coco", "coco_panoptic", "labelme", "cvat", "label_studio", "yolo_polygons")


def table(count: int) -> ClassTable:
    return ClassTable.from_names([f'class {number} é & <"{number}">' for number in range(count)])


@st.composite
def label_maps(draw: st.DrawFn) -> tuple[ClassTable, list[np.ndarray]]:
    """Maps of few ids, with holes, single pixels, diagonals and ignore, of odd sizes."""
    classes = table(draw(st.sampled_from([1, 2, 130, 256, 300])))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    maps = []
    for number in range(3):
        height, width = draw(st.integers(1, 31)), draw(st.integers(1, 31))
        used = random.integers(0, len(classes), 4)
        used[0] = len(classes) - 1
        labels = used[random.integers(0, 4, (height, width))].astype(classes.dtype)
        if number == 1:  # flat parts, with specks of another class and holes of ignore
            labels = np.kron(labels, np.ones((5, 7), classes.dtype))
            labels[random.random(labels.shape) < 0.03] = used[0]
        labels[random.random(labels.shape) < draw(st.sampled_from([0.0, 0.2, 0.9, 1.0]))] = (
            classes.ignore
        )
        maps.append(labels)
    return classes, maps


def a_set(folder: Path, classes: ClassTable, maps: list[np.ndarray]) -> LabelledSet:
    folder.mkdir(parents=True)
    pictures = []
    for number, labels in enumerate(maps):
        path = folder / f"street {number}.png"
        Image.new("RGB", (labels.shape[1], labels.shape[0]), (90, 120, 60)).save(path)
        pictures.append(LabelledPicture(path.name, path, labels.shape, partial(np.copy, labels)))
    return LabelledSet(classes, pictures)


def read_back(name: str, path: Path, options: ImportOptions | None = None) -> LabelledSet:
    problems = Problems(path)
    found = FORMATS[name].read(path, options or ImportOptions(), problems)
    problems.raise_if_any()
    return found


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=label_maps())
def test_what_is_written_comes_back(
    name: str, drawn: tuple[ClassTable, list[np.ndarray]], tmp_path: Path
) -> None:
    classes, maps = drawn
    place = tmp_path / uuid.uuid4().hex
    labelled = a_set(place / "in", classes, maps)
    report = export_set(labelled, place / "out", FORMATS[name])
    assert not [finding for finding in report.findings if finding.kind == "loss"]
    (place / "out" / "classes.json").unlink()  # the format's own files name the classes
    found = read_back(name, place / "out")
    assert found.classes.names == classes.names
    assert [picture.name for picture in found.pictures] == [p.name for p in labelled.pictures]
    for picture, labels in zip(found.pictures, maps):
        np.testing.assert_array_equal(picture.labels(), labels)
        assert picture.labels().dtype == labels.dtype
        assert picture.image is not None
        assert picture.image.is_file()


@pytest.mark.parametrize("name", NAMES)
def test_splits_come_back(name: str, tmp_path: Path) -> None:
    maps = [np.full((4, 5), number, np.uint8) for number in range(3)]
    labelled = a_set(tmp_path / "in", table(3), maps)
    parts = ["train", "val", "train"]
    pictures = [replace(picture, split=part) for picture, part in zip(labelled.pictures, parts)]
    export_set(LabelledSet(labelled.classes, pictures), tmp_path / "out", FORMATS[name])
    found = read_back(name, tmp_path / "out")
    again = {(one.split, int(one.labels()[0, 0]), Path(one.name).name) for one in found.pictures}
    assert again == {(part, n, f"street {n}.png") for n, part in enumerate(parts)}
    assert all(one.image is not None and one.image.is_file() for one in found.pictures)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=label_maps())
def test_pycocotools_gives_back_the_label_map(
    drawn: tuple[ClassTable, list[np.ndarray]], tmp_path: Path
) -> None:
    from pycocotools.coco import COCO

    classes, maps = drawn
    place = tmp_path / uuid.uuid4().hex
    export_set(a_set(place / "in", classes, maps), place / "out", FORMATS["coco"])
    coco = COCO(str(place / "out/annotations/instances_train.json"))
    assert len(coco.getCatIds()) == len(classes)
    for image_id, labels in zip(coco.getImgIds(), maps):
        result = np.full(labels.shape, classes.ignore, classes.dtype)
        times = np.zeros(labels.shape, int)
        for row in coco.loadAnns(coco.getAnnIds(imgIds=image_id)):
            mask = coco.annToMask(row) > 0
            assert row["area"] == mask.sum()
            x, y, width, height = row["bbox"]
            assert mask[y : y + height, x : x + width].sum() == mask.sum()
            result[mask] = row["category_id"] - 1
            times += mask
        np.testing.assert_array_equal(result, labels)
        assert times.max() <= 1


def coco_file(folder: Path, annotations: list[dict[str, Any]]) -> Path:
    path = folder / "annotations" / "instances_val2017.json"
    path.parent.mkdir(parents=True)
    Image.new("RGB", (20, 10)).save(folder / "a.png")
    rows = [{"id": n, "image_id": 7} | row for n, row in enumerate(annotations, start=1)]
    content = {
        "images": [{"id": 7, "file_name": "a.png", "width": 20, "height": 10}],
        "categories": [{"id": 3, "name": "car"}, {"id": 90, "name": "brush"}],
        "annotations": rows,
    }
    path.write_text(json.dumps(content))
    return folder


def test_coco_of_others_with_polygons_overlaps_and_gaps_in_ids(tmp_path: Path) -> None:
    square = [2, 1, 12, 1, 12, 9, 2, 9]
    uncompressed = {"size": [10, 20], "counts": [0, 10, 190]}
    folder = coco_file(
        tmp_path,
        [
            {
                "category_id": 90,
                "segmentation": [[4, 3, 6, 3, 6, 5, 4, 5], [8, 3, 9, 3, 9, 4, 8, 4]],
            },
            {"category_id": 3, "segmentation": [square]},
            {"category_id": 3, "segmentation": uncompressed, "iscrowd": 1},
            {"category_id": 3, "bbox": [0, 0, 3, 3]},
        ],
    )
    problems = Problems(folder)
    found = FORMATS["coco"].read(folder, ImportOptions(), problems)
    labels = found.pictures[0].labels()
    expected = np.full((10, 20), 255, np.uint8)
    expected[:, 0] = 0
    expected[1:9, 2:12] = 0
    expected[3:5, 4:6] = 1  # the smaller one is above, though it comes first
    expected[3:4, 8:9] = 1
    np.testing.assert_array_equal(labels, expected)
    assert found.classes.names == ("car", "brush")
    assert not problems.sentences
    said = " ".join(finding.text for finding in problems.findings)
    assert "5 pixels are in regions of several classes" in said
    assert "1 annotations have no outline" in said
    assert "3 to 90" in said


def test_every_problem_of_a_coco_file_is_said_at_once(tmp_path: Path) -> None:
    """And once: not for each annotation of an image or a category that is not there."""
    outline = {"segmentation": [[0, 0, 1, 0, 1, 1]]}
    folder = coco_file(
        tmp_path,
        [
            {"category_id": 4} | outline,
            {"category_id": 4} | outline,
            {"category_id": 3, "image_id": 8} | outline,
            {"category_id": 3, "image_id": 9} | outline,
        ],
    )
    path = folder / "annotations" / "instances_val2017.json"
    content = json.loads(path.read_text())
    content["images"].append({"id": 9, "file_name": "../../secret.png", "width": 1, "height": 1})
    path.write_text(json.dumps(content))
    with pytest.raises(FormatError) as raised:
        read_back("coco", folder)
    assert len(raised.value.problems) == 3
    assert any("leads out" in problem for problem in raised.value.problems)
    assert any("annotation 1 and 1 more are of category 4" in p for p in raised.value.problems)
    assert any("annotation 3 is of image 8" in problem for problem in raised.value.problems)


@pytest.mark.parametrize(
    "segmentation",
    [
        {"size": [10, 20], "counts": "zz~~"},
        {"size": [10, 20], "counts": [1, 2]},
        {"size": [20, 10], "counts": [0, 200]},
        {"size": [10, 20], "counts": [0, -5, 205]},
        [[0, 0, 1]],
        [[0, 0, 1e30, 0, 1, 1]],
        "text",
    ],
)
def test_damaged_outlines_are_refused_in_a_sentence(tmp_path: Path, segmentation: Any) -> None:
    good = {"category_id": 3, "segmentation": [[0, 0, 5, 0, 5, 5]]}
    bad = {"category_id": 3, "segmentation": segmentation}
    folder = coco_file(tmp_path, [bad, good, bad])
    with pytest.raises(FormatError) as raised:
        read_back("coco", folder).pictures[0].labels()
    assert len(raised.value.problems) == 2
    assert "annotation 1" in raised.value.problems[0]


def drawn_by_pillow(shapes: list[dict[str, Any]], size: tuple[int, int], ids: Any) -> np.ndarray:
    """What labelme's `shapes_to_label` does: each shape over the ones before it."""
    result = np.full(size, 255, np.uint8)
    for shape in shapes:
        canvas = Image.new("L", size[::-1])
        xy = [tuple(point) for point in shape["points"]]
        if shape["shape_type"] == "circle":
            (x, y), rim = xy
            r = math.dist((x, y), rim)
            ImageDraw.Draw(canvas).ellipse([(x - r, y - r), (x + r, y + r)], outline=1, fill=1)
        elif shape["shape_type"] == "rectangle":
            ImageDraw.Draw(canvas).rectangle([*xy], outline=1, fill=1)
        else:
            ImageDraw.Draw(canvas).polygon(xy, outline=1, fill=1)
        value = 255 if shape["label"] == "__ignore__" else ids(shape["label"])
        result[np.asarray(canvas) > 0] = value
    return result


def test_labelme_files_of_labelme(shared_data: Path) -> None:
    folder = shared_data / "labels-from-elsewhere" / "labelme"
    found = read_back("labelme", folder)
    assert set(found.classes.names) == {"person", "bottle", "chair", "sofa", "bus", "car"}
    assert len(found.pictures) == 3
    for picture in found.pictures:
        shapes = json.loads((folder / picture.name).with_suffix(".json").read_text())["shapes"]
        expected = drawn_by_pillow(shapes, picture.size, found.classes.id_of)
        np.testing.assert_array_equal(picture.labels(), expected)


def labelme_file(folder: Path, **more: Any) -> Path:
    shapes = [
        {"label": "a", "points": [[2.6, 3.2], [9.9, 7.1]], "shape_type": "rectangle"},
        {"label": "b", "points": [[8.5, 8.5], [11.7, 9.1]], "shape_type": "circle", "group_id": 3},
        {
            "label": "a",
            "points": [[-4.0, 12.0], [6.5, 19.9], [30.0, 30.0]],
            "shape_type": "polygon",
        },
        {"label": "__ignore__", "points": [[1, 1], [3, 4]], "shape_type": "rectangle"},
        {"label": "way", "points": [[1, 1], [3, 4]], "shape_type": "line"},
    ]
    content = {"shapes": shapes, "imagePath": "a.png", "imageData": None} | more
    Image.new("RGB", (20, 18)).save(folder / "a.png")
    path = folder / "a.json"
    path.write_text(json.dumps(content))
    return path


def test_shapes_of_labelme_keep_the_ids_of_a_table(tmp_path: Path) -> None:
    path = labelme_file(tmp_path)
    problems = Problems(path)
    found = read_labelme_file(path, ClassTable.from_names(["road", "b"]), problems)
    assert found.classes.names == ("road", "b", "a")
    shapes = json.loads(path.read_text())["shapes"][:-1]
    expected = drawn_by_pillow(shapes, (18, 20), found.classes.id_of)
    np.testing.assert_array_equal(found.pictures[0].labels(), expected)
    assert any("no area" in finding.text for finding in problems.findings)


def test_labelme_refuses_a_picture_elsewhere_and_says_what_else_is_wrong(tmp_path: Path) -> None:
    path = labelme_file(tmp_path, imagePath="..\\..\\a.png")
    content = json.loads(path.read_text())
    content["shapes"].append({"label": "a", "points": [[1, 1]], "shape_type": "polygon"})
    path.write_text(json.dumps(content))
    with pytest.raises(FormatError) as raised:
        read_labelme_file(path)
    assert len(raised.value.problems) == 2


def test_a_picture_inside_a_labelme_file_is_put_beside_it(tmp_path: Path) -> None:
    import base64

    path = labelme_file(tmp_path)
    image = tmp_path / "a.png"
    labelme_file(tmp_path, imageData=base64.b64encode(image.read_bytes()).decode())
    image.unlink()
    problems = Problems(path)
    found = read_labelme_file(path, None, problems)
    assert found.pictures[0].image == image
    assert Image.open(image).size == (20, 18)
    assert any("put beside" in finding.text for finding in problems.findings)


def test_cvat_file_of_cvat(shared_data: Path) -> None:
    folder = shared_data / "labels-from-elsewhere" / "cvat"
    problems = Problems(folder)
    found = FORMATS["cvat"].read(folder, ImportOptions(), problems)
    assert found.classes.names == ("label1", "label2", "skeleton")
    first = found.pictures[0].labels()
    expected = np.full((8, 8), 255, np.uint8)
    expected[2:4, 0:4] = 0
    np.testing.assert_array_equal(first, expected)
    assert (found.pictures[1].labels() == 255).all()
    assert any("left out" in finding.text for finding in problems.findings)


def test_cvat_shapes_lie_in_order_of_z(tmp_path: Path) -> None:
    label = "<label><name>{}</name><attributes></attributes></label>"
    (tmp_path / "annotations.xml").write_text(
        "<annotations><meta><task><labels>"
        + label.format("a")
        + label.format("b")
        + "</labels></task></meta><image id='0' name='x.png' width='6' height='4'>"
        "<box label='b' xtl='0' ytl='0' xbr='3' ybr='4' z_order='2'/>"
        "<mask label='a' rle='1, 2, 1' left='2' top='1' width='2' height='2' z_order='1'/>"
        "<polygon label='a' points='1,0;6,0;6,1;1,1' z_order='0'/></image></annotations>"
    )
    labels = read_back("cvat", tmp_path).pictures[0].labels()
    expected = np.full((4, 6), 255, np.uint8)
    expected[0, 1:6] = 0
    expected[1, 3] = expected[2, 2] = 0
    expected[:, :3] = 1
    np.testing.assert_array_equal(labels, expected)


def test_xml_with_entities_is_refused(tmp_path: Path) -> None:
    (tmp_path / "annotations.xml").write_text(
        '<!DOCTYPE a [<!ENTITY x "xxx"><!ENTITY y "&x;&x;">]><annotations>&y;</annotations>'
    )
    with pytest.raises(FormatError, match="DTD"):
        read_back("cvat", tmp_path)


def test_label_studio_takes_the_ground_truth_and_other_regions(tmp_path: Path) -> None:
    size = {"original_width": 20, "original_height": 10, "image_rotation": 0}

    def annotation(label: str, **more: Any) -> dict[str, Any]:
        box = {"x": 10, "y": 20, "width": 50, "height": 50, "rectanglelabels": [label]}
        return {"result": [size | {"type": "rectanglelabels", "value": box}]} | more

    task = {
        "id": 1,
        "data": {"image": "/data/upload/3/0a1b2c3d-my%20street.png"},
        "annotations": [annotation("wrong"), annotation("right", ground_truth=True)],
    }
    (tmp_path / "export.json").write_text(json.dumps([task]))
    (tmp_path / "images").mkdir()
    Image.new("RGB", (20, 10)).save(tmp_path / "images" / "my street.png")
    found = read_back("label_studio", tmp_path)
    expected = np.full((10, 20), 255, np.uint8)
    expected[2:7, 2:12] = 0
    assert found.classes.names == ("right",)
    assert found.pictures[0].image == tmp_path / "images" / "my street.png"
    np.testing.assert_array_equal(found.pictures[0].labels(), expected)


def test_every_bad_line_of_polygons_is_named(tmp_path: Path) -> None:
    labelled = a_set(tmp_path / "in", table(2), [np.zeros((6, 8), np.uint8)])
    export_set(labelled, tmp_path / "out", FORMATS["yolo_polygons"])
    file = next((tmp_path / "out" / "labels").rglob("*.txt"))
    file.write_text("0 0 0 1 0 1 1\n5 0 0 1 0 1 1\n0 .5 .5 1 1\n0 0 0 9 0 1 1\n1 0 0 x 0 1 1\n")
    with pytest.raises(FormatError) as raised:
        read_back("yolo_polygons", tmp_path / "out").pictures[0].labels()
    assert [problem.split("line ")[1][0] for problem in raised.value.problems] == list("2345")


def test_names_that_a_format_cannot_write_stop_the_export(tmp_path: Path) -> None:
    maps = [np.zeros((3, 3), np.uint8)]
    twice = a_set(tmp_path / "a", ClassTable.from_names(["road", "road"]), maps)
    for name in ("labelme", "cvat", "label_studio"):
        with pytest.raises(FormatError, match="same name"):
            export_set(twice, tmp_path / "out", FORMATS[name])
    broken = a_set(tmp_path / "b", ClassTable.from_names(["__ignore__"]), maps)
    with pytest.raises(FormatError, match="__ignore__"):
        export_set(broken, tmp_path / "out", FORMATS["labelme"])
    assert not (tmp_path / "out").exists()


def test_a_map_that_is_slow_to_read_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    labels = np.arange(24, dtype=np.uint8).reshape(4, 6) % 3

    def read() -> np.ndarray:
        asked.append("noise.png")
        return labels

    bare = LabelledPicture("noise.png", None, (4, 6), read)
    for slow, times in ((-1.0, 1), (1e9, 2)):
        monkeypatch.setattr(slow_maps, "SLOW", slow)
        asked.clear()
        picture = SlowMaps().watched(bare)
        picture.labels()[:] = 7  # whoever asks may write into it
        labels[:] = np.arange(24, dtype=np.uint8).reshape(4, 6) % 3
        assert (picture.labels() == labels).all()
        assert len(asked) == times
