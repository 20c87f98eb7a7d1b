"""What is refused, said and left alone when labels go out and come in."""

from __future__ import annotations

import errno
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.classes import ClassTable
from segcore.errors import FormatError, ImageError, ProjectError
from segcore.formats import label_files
from segcore.formats.contract import ExportOptions, ImportOptions, LabelledPicture, LabelledSet
from segcore.formats.export import export_set
from segcore.formats.importing import import_set
from segcore.formats.into_project import import_into
from segcore.formats.table import FORMATS
from segcore.project import Project

TABLE = ClassTable.from_names(["road", "sky"])


def labelled_in(folder: Path, count: int = 3, table: ClassTable = TABLE) -> LabelledSet:
    """Pictures of 4 x 3 pixels, of which every label map is different."""
    folder.mkdir(exist_ok=True)
    pictures = []
    for number in range(count):
        path = folder / f"{number}.png"
        Image.fromarray(np.full((3, 4, 3), number, np.uint8)).save(path)
        labels = np.full((3, 4), 255, np.uint8)
        labels.flat[: number + 1] = number % 2
        pictures.append(LabelledPicture(path.name, path, (3, 4), lambda labels=labels: labels))  # type: ignore[misc]
    return LabelledSet(table, pictures)


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    with pytest.raises(FormatError, match="holds something"):
        export_set(labelled_in(tmp_path / "in"), tmp_path / "out", FORMATS["png"])
    assert (tmp_path / "out" / "thesis.tex").read_text() == "years of work"


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labelled = labelled_in(tmp_path / "in")
    written = []

    def full(path: Path, values: object) -> None:
        written.append(path)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(label_files, "write_grey", full)
    with pytest.raises(FormatError, match=r"out cannot be written \(No space left on device\)"):
        export_set(labelled, tmp_path / "new" / "out", FORMATS["mmseg"])
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_dry_run_says_and_writes_nothing(tmp_path: Path) -> None:
    table = ClassTable.from_names(["road", "Himmel", "unlabeled"])
    labelled = labelled_in(tmp_path / "in", table=table)
    report = export_set(labelled, tmp_path / "out", FORMATS["cityscapes"], dry_run=True)
    assert any("Himmel" in finding.text for finding in report.hindrances)
    assert any("unlabeled" in finding.text for finding in report.hindrances)
    with pytest.raises(FormatError) as refused:
        export_set(labelled, tmp_path / "out", FORMATS["cityscapes"])
    assert len(refused.value.problems) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_cityscapes_takes_names_in_capitals_and_says_so(tmp_path: Path) -> None:
    capitals = ClassTable.from_names(["Road", "SKY"])
    labelled = labelled_in(tmp_path / "in", table=capitals)
    report = export_set(labelled, tmp_path / "out", FORMATS["cityscapes"])
    assert any('"Road", "SKY"' in finding.text for finding in report.findings)
    again = import_set(tmp_path / "out", FORMATS["cityscapes"]).labelled
    assert again.classes == capitals
    assert {p.labels().tobytes() for p in again.pictures} == {
        p.labels().tobytes() for p in labelled.pictures
    }
    twice = labelled_in(tmp_path / "twice", table=ClassTable.from_names(["Road", "road"]))
    with pytest.raises(FormatError, match='"Road", "road" are one class of Cityscapes'):
        export_set(twice, tmp_path / "again", FORMATS["cityscapes"])


def test_a_vanished_picture_is_named_before_anything_is_written(tmp_path: Path) -> None:
    labelled = labelled_in(tmp_path / "in")
    (tmp_path / "in" / "1.png").unlink()
    with pytest.raises(FormatError, match=r"1\.png is not there"):
        export_set(labelled, tmp_path / "out", FORMATS["png"])
    assert not (tmp_path / "out").exists()
    export_set(labelled, tmp_path / "out", FORMATS["png"], ExportOptions(pictures=False))
    assert not (tmp_path / "out" / "images").exists()


def test_all_problems_are_said_at_once_and_nothing_is_taken(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_set(labelled_in(tmp_path / "in", 4), out, FORMATS["png"])
    Image.fromarray(np.full((3, 4), 7, np.uint8)).save(out / "labels" / "0.png")
    Image.fromarray(np.zeros((5, 4), np.uint8)).save(out / "labels" / "1.png")
    (out / "labels" / "2.png").write_bytes((out / "labels" / "2.png").read_bytes()[:40])
    (out / "images" / "3.png").write_bytes(b"")
    with pytest.raises(FormatError) as refused:
        import_set(out, FORMATS["png"])
    said = " ".join(refused.value.problems)
    assert len(refused.value.problems) == 4
    for part in ("ids 7", "4 x 5", "2.png", "3.png is empty"):
        assert part in said


@pytest.mark.parametrize("place", ["../in", "/etc", "images/../../in", "C:\\pictures"])
def test_paths_that_lead_out_are_refused(place: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_set(labelled_in(tmp_path / "in"), out, FORMATS["yolo"])
    (out / "data.yaml").write_text(f"train: {json.dumps(place)}\nnames: [road, sky]\n")
    with pytest.raises(FormatError, match="leads out"):
        import_set(out, FORMATS["yolo"])


def test_a_list_of_voc_that_leads_out_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_set(labelled_in(tmp_path / "in"), out, FORMATS["voc"])
    (out / "ImageSets/Segmentation/train.txt").write_text("0\n../../in/1\n")
    with pytest.raises(FormatError, match="leads out"):
        import_set(out, FORMATS["voc"])


def test_colours_of_no_class_are_refused_by_name(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_set(labelled_in(tmp_path / "in"), out, FORMATS["datumaro"])
    Image.fromarray(np.full((3, 4, 3), 77, np.uint8)).save(out / "masks" / "1.png")
    with pytest.raises(FormatError, match="77,77,77"):
        import_set(out, FORMATS["datumaro"])


def test_train_ids_do_not_pass_for_label_ids(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_set(labelled_in(tmp_path / "in"), out, FORMATS["cityscapes"])
    path = next((out / "gtFine").rglob("*_labelIds.png"))
    Image.fromarray(np.full((3, 4), 255, np.uint8)).save(path)
    with pytest.raises(FormatError, match="train ids"):
        import_set(out, FORMATS["cityscapes"])


def test_classes_are_matched_by_name_and_new_ones_come_last(tmp_path: Path) -> None:
    other = ClassTable.from_names(["car", "sky", "road"])
    labelled = labelled_in(tmp_path / "in", 3, other)
    export_set(labelled, tmp_path / "out", FORMATS["png"])
    with Project.create(tmp_path / "p", TABLE):
        pass

    report = import_into(tmp_path / "p", import_set(tmp_path / "out", FORMATS["png"]), "png")

    assert report.new_classes == ("car",)
    with Project.open(tmp_path / "p") as project:
        assert project.classes.names == ("road", "sky", "car")
        for picture in labelled.pictures:
            theirs, mine = picture.labels(), project.labels(picture.name)
            for name in other.names:
                assert (
                    (theirs == other.id_of(name)) == (mine == project.classes.id_of(name))
                ).all()
        assert {row.kind for row in project.origin_rows} == {"imported"}


def test_labels_of_a_person_are_not_replaced_unless_asked(tmp_path: Path) -> None:
    labelled = labelled_in(tmp_path / "in", 2)
    export_set(labelled, tmp_path / "out", FORMATS["png"], ExportOptions(pictures=False))
    imported = import_set(tmp_path / "out", FORMATS["png"])
    with Project.create(tmp_path / "p", TABLE) as project:
        project.add([tmp_path / "in"])
        project.save("0.png", np.ones((3, 4), np.uint8), project.origin_id("person"))

    with pytest.raises(FormatError, match=r"0\.png has labels"):
        import_into(tmp_path / "p", imported, "png")
    with Project.open(tmp_path / "p") as project:
        assert not project.has_labels("1.png")
    report = import_into(tmp_path / "p", imported, "png", existing="keep")
    assert (report.kept, report.pictures) == (("0.png",), ("1.png",))
    with Project.open(tmp_path / "p") as project:
        assert (project.labels("0.png") == 1).all()
    import_into(tmp_path / "p", imported, "png", existing="replace")
    with Project.open(tmp_path / "p") as project:
        assert (project.labels("0.png") == labelled.pictures[0].labels()).all()


def test_labels_alone_need_their_pictures_and_make_no_half_project(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_set(labelled_in(tmp_path / "in"), out, FORMATS["hf"], ExportOptions(pictures=False))
    with pytest.raises(FormatError, match="name the folder with the pictures"):
        import_into(tmp_path / "p", import_set(out, FORMATS["hf"]), "hf")
    assert not (tmp_path / "p").exists()
    options = ImportOptions(pictures=tmp_path / "in")
    import_into(tmp_path / "p", import_set(out, FORMATS["hf"], options), "hf")
    shutil.move(tmp_path / "p", tmp_path / "moved")
    with Project.open(tmp_path / "moved") as project:
        assert project.image_path("1.png").is_file()


def test_a_picture_that_cannot_be_read_stops_the_export(tmp_path: Path) -> None:
    labelled = labelled_in(tmp_path / "in")

    def damaged() -> None:
        raise ImageError("1.png is damaged.")

    bad = LabelledPicture("1.png", labelled.pictures[1].image, (3, 4), damaged)  # type: ignore[arg-type]
    with pytest.raises(ImageError, match="damaged"):
        export_set(
            LabelledSet(TABLE, [labelled.pictures[0], bad]), tmp_path / "out", FORMATS["png"]
        )
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_picture_that_vanishes_meanwhile_is_named(tmp_path: Path) -> None:
    labelled = labelled_in(tmp_path / "in")
    first, second, third = labelled.pictures

    def too_late() -> object:
        assert third.image is not None
        third.image.unlink(missing_ok=True)
        return second.labels()

    pictures = [first, replace(second, labels=too_late), third]  # type: ignore[arg-type]
    with pytest.raises(ImageError, match=r"2\.png cannot be read .* export without pictures"):
        export_set(LabelledSet(TABLE, pictures), tmp_path / "out", FORMATS["png"])
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_an_import_onto_a_full_disk_makes_no_half_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_set(labelled_in(tmp_path / "in"), tmp_path / "labels", FORMATS["png"])
    imported = import_set(tmp_path / "labels", FORMATS["png"])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for place in ("segcore.project.intake.write_maps", "segcore.project.journal.os.fsync"):
        with monkeypatch.context() as patch:
            patch.setattr(place, full)
            with pytest.raises(ProjectError, match=r"new .*\(No space left.*nothing was taken"):
                import_into(tmp_path / "new", imported, "png")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "labels"]
    assert len(import_into(tmp_path / "new", imported, "png").pictures) == 3
