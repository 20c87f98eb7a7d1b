"""A full disk, a folder that may not be written, pictures, locks and indexes gone wrong.

Each time: a sentence in the banner, the labels of before intact, and a way on.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from segcore.classes import ClassTable
from segcore.labels import write_label_map
from segcore.project import Project, intake, journal
from segcore.project.index import INDEX_NAME

BEFORE = 2
PAINTED = 1
CLASSES = ClassTable.from_names(["sky", "road", "car"])


@pytest.fixture
def folder(street: Path, tmp_path: Path) -> Path:
    """A project of the three streets; the first is labelled all over."""
    place = tmp_path / "project"
    with Project.create(place, CLASSES) as project:
        names = project.add([street])
        project.save(names[0], np.full((240, 320), BEFORE, np.uint8))
    return place


def opens(person: Any, folder: Path) -> Any:
    core = person.window.core
    core.prediction.automatic = False
    person.opens(folder)
    document = core.document
    person.waits_for(
        lambda: document.project is not None and document.project.folder == folder.resolve()
    )
    core.view_state.active_class = PAINTED
    return core


def paints(person: Any, row: int = 60) -> None:
    person.presses(Qt.Key.Key_B)
    person.drags((60, row), (120, row))


def is_told(person: Any, words: str) -> None:
    banner = person.window.banner
    person.waits_for(lambda: banner.isVisible() and words in banner.text.text())
    assert "\n" not in banner.text.text()


def on_disk(folder: Path, name: str) -> Any:
    with Project.open(folder, read_only=True) as project:
        return project.labels(name)


def test_a_full_disk_is_said_and_what_was_painted_is_kept_until_there_is_room(
    person: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = opens(person, folder)
    name = core.document.name

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "append", full)
    paints(person)
    is_told(person, "No space left on device")
    assert (on_disk(folder, name) == BEFORE).all()
    paints(person, 100)
    assert core.document.labels[60, 90] == core.document.labels[100, 90] == PAINTED
    monkeypatch.undo()
    person.waits_for(lambda: bool((on_disk(folder, name)[[60, 100], 90] == PAINTED).all()))
    assert (on_disk(folder, name) == core.document.labels).all()


def test_a_full_disk_in_an_import_takes_nothing_until_there_is_room(
    person: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = opens(person, folder)
    document = core.document
    first, second = list(core.session.names)[:2]
    (tmp_path / "set" / "labels").mkdir(parents=True)
    for name in (first, second):
        file = tmp_path / "set" / "labels" / f"{Path(name).stem}.png"
        write_label_map(file, np.zeros((240, 320), np.uint8), CLASSES)
    CLASSES.write(tmp_path / "set" / "classes.json")
    paints(person)
    painted = document.labels.copy()
    assert (painted == PAINTED).any()

    person.window.actions_by_name["import_labels"].trigger()
    dialog = person.window.label_files.import_dialog
    dialog.choose(tmp_path / "set")
    dialog.what.existing.setCurrentIndex(dialog.what.existing.findData("replace"))
    person.waits_for(dialog.go.isEnabled)
    whole, written = intake.write_maps, []

    def full(*values: Any) -> None:
        written.append(values)
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        whole(*values)

    monkeypatch.setattr(intake, "write_maps", full)
    dialog.go.click()
    person.waits_for(lambda: "Not imported" in dialog.state.text())
    assert "No space left on device): nothing was taken; make room" in dialog.findings.sentences[0]
    document.flush()
    assert (document.labels == painted).all()
    assert (on_disk(folder, first) == painted).all()
    assert not core.session.project.has_labels(second)

    monkeypatch.undo()
    dialog.go.click()
    person.waits_for(lambda: document.labels is not None and not document.labels.any())
    assert document.name == first
    assert not on_disk(folder, second).any()
    dialog.close()
    person.window.activateWindow()
    person.window.actions_by_name["undo"].trigger()
    person.waits_for(lambda: bool((document.labels == painted).all()))


def test_a_folder_that_may_not_be_written_is_shown_read_only_and_saved_elsewhere(
    person: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Path.open

    def refuse(path: Path, mode: str = "r", *args: Any, **more: Any) -> Any:
        if path.parent == folder and mode not in {"r", "rb"}:
            raise PermissionError(13, "Permission denied")
        return plain(path, mode, *args, **more)

    monkeypatch.setattr(Path, "open", refuse)
    core = opens(person, folder)
    name = core.document.name
    is_told(person, "shown read-only because its folder cannot be written")
    paints(person)
    is_told(person, "save it as another project")
    assert (core.document.labels == BEFORE).all()
    assert not person.window.actions_by_name["remove_pictures"].isEnabled()
    core.session.save_as(tmp_path / "copy")
    person.waits_for(lambda: core.session.project.folder == (tmp_path / "copy").resolve())
    person.waits_for(lambda: core.document.image is not None)
    assert core.document.name == name
    paints(person)
    core.document.flush()
    assert (on_disk(tmp_path / "copy", name)[60, 60:120] == PAINTED).all()
    assert (on_disk(folder, name) == BEFORE).all()


def test_a_vanished_picture_is_named_and_the_others_go_on(person: Any, folder: Path) -> None:
    core = opens(person, folder)
    first, second, third = list(core.session.names)
    paints(person)
    core.session.project.image_path(third).unlink()
    person.presses(Qt.Key.Key_D)
    person.waits_for(lambda: core.document.name == second)
    person.presses(Qt.Key.Key_D)
    is_told(person, Path(third).name)
    assert core.document.image is None
    person.presses(Qt.Key.Key_A)
    person.waits_for(lambda: core.document.name == second)
    person.presses(Qt.Key.Key_A)
    person.waits_for(lambda: core.document.name == first)
    assert (core.document.labels[60, 60:120] == PAINTED).all()


def test_a_project_that_is_open_elsewhere_is_shown_until_it_is_closed_there(
    person: Any, folder: Path
) -> None:
    elsewhere = Project.open(folder)
    core = opens(person, folder)
    name = core.document.name
    is_told(person, "open for writing in")
    paints(person)
    assert (core.document.labels == BEFORE).all()
    elsewhere.record(name, (0, 0, 1, 1), np.zeros((1, 1), np.uint8))
    elsewhere.close()
    person.opens(folder)
    person.waits_for(lambda: core.document.image is not None and not core.document.read_only)
    assert core.document.labels[0, 0] == 0, "what was said elsewhere is seen"
    paints(person)
    core.document.flush()
    assert (on_disk(folder, name)[60, 60:120] == PAINTED).all()


@pytest.mark.parametrize("trouble", ["damaged", "locked"])
def test_labels_do_not_depend_on_the_index(person: Any, folder: Path, trouble: str) -> None:
    index = folder / INDEX_NAME
    holder = None
    if trouble == "damaged":
        index.write_bytes(b"SQLite format 3\0" + b"nonsense" * 500)
    else:
        holder = sqlite3.connect(index, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
    core = opens(person, folder)
    name = core.document.name
    assert (core.document.labels == BEFORE).all()
    paints(person)
    core.document.flush()
    assert (on_disk(folder, name)[60, 60:120] == PAINTED).all()
    if holder is not None:
        holder.close()


def test_a_damaged_label_file_is_named_and_left_as_it_is(person: Any, folder: Path) -> None:
    (file,) = (folder / "labels").rglob("*.png")
    file.write_bytes(file.read_bytes()[:60])
    before = file.read_bytes()
    core = person.window.core
    core.prediction.automatic = False
    person.opens(folder)
    is_told(person, file.name)
    assert core.document.image is None
    person.presses(Qt.Key.Key_D)
    person.waits_for(lambda: core.document.image is not None)
    paints(person)
    core.document.flush()
    assert file.read_bytes() == before
