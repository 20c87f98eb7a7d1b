"""import(export(project)) is the project, for every format that can hold it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from segcore.classes import ClassTable
from segcore.errors import FormatError
from segcore.formats.cityscapes_names import LABEL_IDS
from segcore.formats.contract import LabelledPicture, LabelledSet
from segcore.formats.export import export_set
from segcore.formats.importing import import_set
from segcore.formats.into_project import import_into
from segcore.formats.project_set import set_of_project
from segcore.formats.table import FORMATS
from segcore.project import Project

OURS = tuple(FORMATS)
NAMES = tuple(LABEL_IDS)[6:]  # names that every format takes
AWKWARD = (
    "a/x.jpg",
    "a/x.png",
    "b c/x.png",
    "b c/über 道.png",
    "one.png",
    "empty.png",
    "turned.jpg",
)


def picture_file(path: Path, height: int, width: int, orientation: int = 1) -> None:
    """A noisy picture whose upright size is (height, width)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if orientation >= 5:
        height, width = width, height
    noise = np.random.default_rng(height * 1000 + width).integers(0, 255, (height, width, 3))
    exif = Image.Exif()
    if orientation != 1:
        exif[0x0112] = orientation
    Image.fromarray(noise.astype(np.uint8)).save(path, exif=exif)


def awkward_labels(name: str, height: int, width: int, classes: int) -> NDArray[np.uint8]:
    """Ignore with a hole and one-pixel regions in it; nothing at all for `empty.png`."""
    labels = np.full((height, width), 255, np.uint8)
    if name == "empty.png":
        return labels
    rng = np.random.default_rng(len(name))
    labels[rng.random((height, width)) < 0.3] = 0
    labels[height // 4 : height // 2 + 1, width // 4 : width // 2 + 1] = classes - 1
    labels[height // 3, width // 3] = min(1, classes - 1)
    return labels


@pytest.fixture
def awkward(tmp_path: Path) -> LabelledSet:
    """Pictures of odd sizes and names, also alike, one of one pixel and one that EXIF turns."""
    table = ClassTable.from_names(
        NAMES[:6], [(1, 1, 1), (1, 1, 1), (224, 224, 192), *[(9, 9, 9)] * 3]
    )
    sizes = [(7, 13), (7, 13), (33, 17), (5, 64), (1, 1), (9, 9), (20, 31)]
    with Project.create(tmp_path / "project", table) as project:
        for name, (height, width) in zip(AWKWARD, sizes):
            picture_file(tmp_path / "in" / name, height, width, 6 if name == "turned.jpg" else 1)
        project.add([tmp_path / "in"])
        for name in project.images:
            project.save(name, awkward_labels(name, *project.size(name), len(table)))
        labelled = set_of_project(project)
        read = {picture.name: picture.labels() for picture in labelled.pictures}
    return LabelledSet(
        table,
        [
            LabelledPicture(p.name, p.image, p.size, lambda name=p.name: read[name])  # type: ignore[misc]
            for p in labelled.pictures
        ],
    )


def content(labelled: LabelledSet) -> list[tuple[tuple[int, ...], bytes]]:
    """Label maps whatever their pictures are called."""
    return sorted((p.labels().shape, p.labels().tobytes()) for p in labelled.pictures)


def named_content(labelled: LabelledSet) -> list[tuple[bytes, NDArray[np.uint8]]]:
    """Where every class of each label map is, by the name of the class."""
    found = []
    for picture in labelled.pictures:
        labels = picture.labels()
        parts = [
            f"{info.name}:".encode() + np.packbits(labels == info.id).tobytes()
            for info in sorted(labelled.classes, key=lambda info: info.name)
            if (labels == info.id).any()
        ]
        found.append((b"|".join(parts), np.array(labels.shape, np.uint8)))
    return sorted(found, key=lambda row: row[0])


@pytest.mark.parametrize("name", OURS)
def test_what_was_exported_is_imported_again(
    name: str, awkward: LabelledSet, tmp_path: Path
) -> None:
    form, out = FORMATS[name], tmp_path / "out"
    report = export_set(awkward, out, form)

    imported = import_set(out, form)
    import_into(tmp_path / "again", imported, name)

    with Project.open(tmp_path / "again") as again:
        assert again.classes == awkward.classes
        assert content(set_of_project(again)) == content(awkward)
        turned = next(n for n in again.images if "turned" in n)
        assert Image.open(again.image_path(turned)).size == (31, 20)
    assert any("turned.jpg" in finding.text for finding in report.findings)
    assert sum(report.pictures.values()) == len(AWKWARD)


@pytest.mark.parametrize("name", [name for name in OURS if FORMATS[name].own_names])
def test_the_formats_own_names_are_enough(name: str, awkward: LabelledSet, tmp_path: Path) -> None:
    form, out = FORMATS[name], tmp_path / "out"
    export_set(awkward, out, form)
    (out / "classes.json").unlink()

    labelled = import_set(out, form).labelled

    if name != "cityscapes":  # whose order and names stand in no file
        assert labelled.classes.names == awkward.classes.names
    for mine, theirs in zip(named_content(labelled), named_content(awkward)):
        assert mine[0] == theirs[0]
        assert (mine[1] == theirs[1]).all()


@pytest.mark.parametrize("name", [name for name in OURS if not FORMATS[name].own_names])
def test_ids_without_a_class_table_are_refused(
    name: str, awkward: LabelledSet, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export_set(awkward, out, FORMATS[name])
    (out / "classes.json").unlink()

    with pytest.raises(FormatError, match=r"classes\.json"):
        import_set(out, FORMATS[name])


@pytest.mark.parametrize(
    ("name", "count"),
    [(n, c) for n in OURS for c in (128, 254, 255, 256, 300) if n != "cityscapes"],
)
def test_many_classes_come_back_or_are_refused_before_anything_is_written(
    name: str, count: int, tmp_path: Path
) -> None:
    table = ClassTable.from_names([f"class {number}" for number in range(count)])
    labels = np.resize(np.arange(count + 1), (20, 31)).astype(table.dtype)
    labels[labels == count] = table.ignore
    picture_file(tmp_path / "x.png", 20, 31)
    labelled = LabelledSet(
        table, [LabelledPicture("x.png", tmp_path / "x.png", (20, 31), lambda: labels)]
    )
    form, out = FORMATS[name], tmp_path / "out"

    if form.most_classes is not None and count > form.most_classes:
        with pytest.raises(FormatError, match=f"{form.most_classes} classes"):
            export_set(labelled, out, form)
        assert [path.name for path in tmp_path.iterdir()] == ["x.png"]
        return
    export_set(labelled, out, form)
    again = import_set(out, form).labelled
    assert again.classes == table
    assert again.pictures[0].labels().dtype == table.dtype
    assert (again.pictures[0].labels() == labels).all()


@st.composite
def tables(draw: st.DrawFn) -> ClassTable:
    """Classes in an order of their own, some merged or deleted, a name given anew."""
    table = ClassTable.from_names(draw(st.permutations(NAMES))[:8])
    for class_id in draw(st.lists(st.integers(0, 7), unique=True, max_size=3)):
        into = draw(st.sampled_from([None, *(info.id for info in table.living)]))
        table = table.with_retired(class_id, None if into == class_id else into)
    gone = [info.name for info in table if info.retired]
    if gone and draw(st.booleans()):
        table = table.with_class(gone[0])
    return table.with_display(draw(st.permutations([info.id for info in table.living])))


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
@pytest.mark.parametrize("name", OURS)
def test_any_project_comes_back(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, table = tmp_path_factory.mktemp("any"), data.draw(tables())
    ids = st.sampled_from([*(info.id for info in table.living), 255])
    drawn = {}
    for picture in ("a/x.png", "a/x.jpg", "ü.jpg")[: data.draw(st.integers(1, 3))]:
        size = data.draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
        flat = data.draw(st.lists(ids, min_size=size[0] * size[1], max_size=size[0] * size[1]))
        drawn[picture] = np.array(flat, np.uint8).reshape(size)
        picture_file(folder / "in" / picture, *size, data.draw(st.sampled_from((1, 6))))
    with Project.create(folder / "project", table) as project:
        project.add([folder / "in"])
        for picture in project.images:
            project.save(picture, drawn[picture])
        report = export_set(set_of_project(project), folder / "out", FORMATS[name])

    import_into(folder / "again", import_set(folder / "out", FORMATS[name]), name)

    assert not [finding for finding in report.findings if finding.kind != "note"]
    said = any("retired" in finding.text for finding in report.findings)
    assert said == any(info.retired for info in table)
    with Project.open(folder / "again") as again:
        assert again.classes == table
        found = content(set_of_project(again))
    assert found == sorted((labels.shape, labels.tobytes()) for labels in drawn.values())


def test_pixels_of_a_retired_class_stop_the_export(awkward: LabelledSet, tmp_path: Path) -> None:
    table = awkward.classes.with_retired(0, 1)
    with pytest.raises(FormatError, match=rf'retired classes "{NAMES[0]}"'):
        export_set(LabelledSet(table, awkward.pictures), tmp_path / "out", FORMATS["cityscapes"])


def test_pictures_without_labels_are_said_before_they_go_out(tmp_path: Path) -> None:
    for name in ("blank", "new", "done"):
        picture_file(tmp_path / "in" / f"{name}.png", 8, 9)

    def said() -> list[str]:
        chosen = set_of_project(project)
        found = export_set(chosen, tmp_path / "out", FORMATS["coco"], dry_run=True).findings
        return [finding.text for finding in found if "no labels yet" in finding.text]

    with Project.create(tmp_path / "project", ClassTable.from_names(["a", "b"])) as project:
        project.add([tmp_path / "in"])
        project.save("done.png", np.ones((8, 9), np.uint8))
        assert len(said()) == 1
        assert said()[0].startswith("2 pictures have")
        for name in ("new.png", "blank.png"):
            project.save(name, np.zeros((8, 9), np.uint8))
        assert said() == []
