"""Labels out and in through the window: export, import, labels that lie beside pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.dialogs.export_labels import ExportLabelsDialog
from app.dialogs.import_labels import ImportLabelsDialog
from app.main_window import MainWindow
from app.settings import Settings
from segcore.classes import ClassTable
from segcore.labels import write_label_map
from segcore.project import Project

# What Qt's screenless plugin says of windows, and NumPy of pycocotools.
pytestmark = [
    pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)", extend=True),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

CLASSES = ClassTable.from_names(["road", "sky", "car"])


class NoEngine:
    """An engine that is never asked: these tests load no model."""


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    settings = Settings(path=tmp_path / "studio.ini", theme="light", last_folder=str(tmp_path))
    window = MainWindow(settings, NoEngine())  # type: ignore[arg-type]
    qtbot.addWidget(window)
    window.resize(1200, 800)
    window.show()
    yield window
    window.close()


def drawn(size: tuple[int, int], number: int) -> np.ndarray:
    """Ignore, three classes, a hole and a single pixel."""
    labels = np.full(size, 255, np.uint8)
    labels[5:30, 4:50] = number % 3
    labels[10:20, 10:20] = 255
    labels[32, 7] = 2
    return labels


@pytest.fixture
def labelled(tmp_path: Path, make_pictures: Callable[..., list[Path]]) -> Path:
    """A project of three labelled pictures."""
    with Project.create(tmp_path / "yard", CLASSES) as project:
        for number, name in enumerate(project.add(make_pictures())):
            project.save(name, drawn(project.size(name), number))
        project.set_status(project.images[0], "done")
    return tmp_path / "yard"


def opened(qtbot: QtBot, window: MainWindow, place: Path) -> None:
    window.files.open_paths([place])
    qtbot.waitUntil(lambda: window.core.document.image is not None, timeout=10_000)


def exporting(qtbot: QtBot, window: MainWindow, form: str, folder: Path) -> ExportLabelsDialog:
    """The dialog with a format and a folder chosen, and what would happen worked out."""
    window.actions_by_name["export_labels"].trigger()
    dialog = window.label_files.export_dialog
    assert isinstance(dialog, ExportLabelsDialog)
    dialog.formats.choose(form)
    dialog.folder.setText(str(folder))
    with qtbot.waitSignal(window.label_files.exporting.checked, timeout=10_000):
        dialog.look_again()
    return dialog


def test_coco_is_written_and_its_own_reader_gives_the_labels_back(
    qtbot: QtBot, window: MainWindow, labelled: Path, tmp_path: Path
) -> None:
    from pycocotools.coco import COCO

    opened(qtbot, window, labelled)
    out = tmp_path / "out"
    dialog = exporting(qtbot, window, "coco", out)
    assert "3 pictures" in dialog.state.text()
    assert not out.exists(), "nothing is written before it is asked for"
    with qtbot.waitSignal(window.label_files.exporting.exported, timeout=10_000):
        dialog.go.click()
    assert dialog.open_folder.isEnabled()

    coco = COCO(str(out / "annotations" / "instances_train.json"))
    for image in coco.loadImgs(coco.getImgIds()):
        number = int(Path(image["file_name"]).stem[-1])
        found = np.full((image["height"], image["width"]), 255, np.uint8)
        for annotation in coco.loadAnns(coco.getAnnIds(imgIds=image["id"])):
            found[coco.annToMask(annotation) == 1] = annotation["category_id"] - 1
        np.testing.assert_array_equal(found, drawn(found.shape, number))


def test_what_hinders_is_listed_before_anything_is_written(
    qtbot: QtBot, window: MainWindow, labelled: Path, tmp_path: Path
) -> None:
    with Project.open(labelled) as project:
        project.set_classes(project.classes.with_changed(2, name="unicorn"))
    opened(qtbot, window, labelled)
    dialog = exporting(qtbot, window, "cityscapes", tmp_path / "out")
    assert any("unicorn" in sentence for sentence in dialog.findings.sentences)
    assert not dialog.go.isEnabled()
    dialog = exporting(qtbot, window, "png", labelled)  # which holds something
    assert any("holds something" in sentence for sentence in dialog.findings.sentences)
    assert not dialog.go.isEnabled()


def test_statuses_and_parts_are_obeyed(
    qtbot: QtBot, window: MainWindow, labelled: Path, tmp_path: Path
) -> None:
    opened(qtbot, window, labelled)
    dialog = exporting(qtbot, window, "png", tmp_path / "out")
    assert dialog.pictures.boxes["done"].text().endswith("(1)")
    for status, box in dialog.pictures.boxes.items():
        box.setChecked(status == "done")
    dialog.pictures.files.setCurrentIndex(2)
    with qtbot.waitSignal(window.label_files.exporting.checked, timeout=10_000):
        dialog.look_again()
    with qtbot.waitSignal(window.label_files.exporting.exported, timeout=10_000):
        dialog.go.click()
    assert [path.name for path in (tmp_path / "out").rglob("*.png")] == ["picture0.png"]

    for box in dialog.pictures.boxes.values():
        box.setChecked(True)
    dialog.folder.setText(str(tmp_path / "parts"))
    dialog.parts.way.setCurrentIndex(1)
    for part, share in (("train", 67), ("val", 33), ("test", 0)):
        dialog.parts.spins[part].setValue(share)
    with qtbot.waitSignal(window.label_files.exporting.checked, timeout=10_000):
        dialog.look_again()
    with qtbot.waitSignal(window.label_files.exporting.exported, timeout=10_000):
        dialog.go.click()
    kept = json.loads((tmp_path / "parts" / "splits.json").read_text())
    assert kept["shares"] == {"train": 67.0, "val": 33.0}
    assert "train 2" in dialog.state.text()


def test_rejected_pictures_stay_unless_they_are_chosen(
    qtbot: QtBot, window: MainWindow, labelled: Path, tmp_path: Path
) -> None:
    with Project.open(labelled) as project:
        project.set_status(project.images[0], "rejected")
    opened(qtbot, window, labelled)
    dialog = exporting(qtbot, window, "png", tmp_path / "out")
    assert "2 pictures" in dialog.state.text()
    with qtbot.waitSignal(window.label_files.exporting.checked, timeout=10_000):
        dialog.pictures.boxes["rejected"].setChecked(True)
    assert "3 pictures" in dialog.state.text()


def importing(qtbot: QtBot, window: MainWindow, place: Path) -> ImportLabelsDialog:
    window.actions_by_name["import_labels"].trigger()
    dialog = window.label_files.import_dialog
    assert dialog is not None
    with qtbot.waitSignal(window.label_files.importing.guessed, timeout=10_000):
        dialog.choose(place)
    return dialog


def test_labels_come_into_a_new_project_which_opens(
    qtbot: QtBot, window: MainWindow, labelled: Path, tmp_path: Path
) -> None:
    opened(qtbot, window, labelled)
    dialog = exporting(qtbot, window, "labelme", tmp_path / "out")
    with qtbot.waitSignal(window.label_files.exporting.exported, timeout=10_000):
        dialog.go.click()
    inward = importing(qtbot, window, tmp_path / "out")
    assert inward.what.format.currentData() == "labelme"
    inward.what.target.setCurrentIndex(inward.what.target.findData("new"))
    inward.what.project.setText(str(tmp_path / "again"))
    qtbot.waitUntil(inward.go.isEnabled, timeout=10_000)
    assert "3 pictures" in inward.state.text()
    with qtbot.waitSignal(window.label_files.importing.imported, timeout=10_000):
        inward.go.click()
    session = window.core.session
    qtbot.waitUntil(lambda: session.project is not None and session.project.folder.name == "again")
    qtbot.waitUntil(lambda: len(session.names) == 3, timeout=10_000)
    assert session.project is not None
    for number, name in enumerate(session.names):
        np.testing.assert_array_equal(session.project.labels(name), drawn((40, 60), number))


def test_labels_go_into_the_open_project_the_open_picture_among_them(
    qtbot: QtBot, window: MainWindow, labelled: Path, tmp_path: Path
) -> None:
    new = np.full((40, 60), 1, np.uint8)
    for kind in ("labels", "images"):
        (tmp_path / "set" / kind).mkdir(parents=True)
    write_label_map(tmp_path / "set" / "labels" / "picture0.png", new, CLASSES)
    CLASSES.write(tmp_path / "set" / "classes.json")
    opened(qtbot, window, labelled)
    document = window.core.document
    assert "picture0" in str(document.name)
    dialog = importing(qtbot, window, tmp_path / "set")
    assert dialog.what.target.currentData() == "open"
    qtbot.waitUntil(lambda: "already" in " ".join(dialog.findings.sentences), timeout=10_000)
    assert not dialog.go.isEnabled()
    dialog.what.existing.setCurrentIndex(dialog.what.existing.findData("replace"))
    qtbot.waitUntil(dialog.go.isEnabled, timeout=10_000)
    with qtbot.waitSignal(window.label_files.importing.imported, timeout=10_000):
        dialog.go.click()
    qtbot.waitUntil(
        lambda: document.labels is not None and bool((document.labels == 1).all()), timeout=10_000
    )
    assert "picture0" in str(document.name)


def test_all_problems_are_said_at_once(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, make_pictures: Callable[..., list[Path]]
) -> None:
    (tmp_path / "set" / "labels").mkdir(parents=True)
    pictures = make_pictures(2, "set/images")
    for picture in pictures:
        write_label_map(
            tmp_path / "set" / "labels" / picture.name, np.zeros((3, 3), np.uint8), CLASSES
        )
    CLASSES.write(tmp_path / "set" / "classes.json")
    dialog = importing(qtbot, window, tmp_path / "set")
    dialog.what.project.setText(str(tmp_path / "new"))
    qtbot.waitUntil(lambda: "2 problems" in dialog.state.text(), timeout=10_000)
    assert len(dialog.findings.sentences) == 2
    assert not (tmp_path / "new").exists()


@pytest.fixture
def beside(tmp_path: Path, make_pictures: Callable[..., list[Path]]) -> Path:
    """Pictures with label maps in a folder beside theirs."""
    pictures = make_pictures(2, "images")
    (tmp_path / "labels").mkdir()
    for number, picture in enumerate(pictures):
        write_label_map(tmp_path / "labels" / picture.name, drawn((40, 60), number), CLASSES)
    CLASSES.write(tmp_path / "labels" / "classes.json")
    return tmp_path / "images"


def test_labels_beside_pictures_are_offered_and_taken_when_told_to(
    qtbot: QtBot, window: MainWindow, beside: Path
) -> None:
    opened(qtbot, window, beside)
    bar, document = window.label_files.offer, window.core.document
    qtbot.waitUntil(bar.isVisible, timeout=10_000)
    assert "2 of these pictures" in bar.text.text()
    project = document.project
    assert project is not None
    assert not project.labelled(), "nothing is taken in silence"
    with qtbot.waitSignal(window.label_files.beside.taken, timeout=10_000):
        bar.take.click()
    qtbot.waitUntil(
        lambda: document.labels is not None and np.array_equal(document.labels, drawn((40, 60), 0)),
        timeout=10_000,
    )
    assert document.classes.names == CLASSES.names
    assert not bar.isVisible()


def test_labels_beside_that_were_declined_are_not_offered_again(
    qtbot: QtBot, window: MainWindow, beside: Path
) -> None:
    opened(qtbot, window, beside)
    bar = window.label_files.offer
    qtbot.waitUntil(bar.isVisible, timeout=10_000)
    bar.leave.click()
    assert not bar.isVisible()
    assert Settings.load(window.settings.path).declined_labels == [
        f"png:{beside.parent / 'labels'}"
    ]
    with qtbot.waitSignal(window.core.session.listingEnded, timeout=10_000):
        window.files.open_paths([beside])
    qtbot.wait(300)
    assert not bar.isVisible()
