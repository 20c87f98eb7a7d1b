"""Pictures added to the open project, removed from it and brought back, in the real window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.pictures.listing import Source
from segcore.classes import ClassTable
from segcore.project import Project

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def labeller(person: Any, street: Path) -> Any:
    """The three streets opened, not predicted, with three classes; the first one is painted in."""
    core = person.window.core
    core.prediction.automatic = False
    person.opens(street)
    person.waits_for(lambda: len(core.session.names) == 3 and core.document.image is not None)
    person.waits_for(lambda: core.document.name == core.session.names[0])
    core.document.set_classes(ClassTable.from_names(["sky", "road", "car"]))
    core.view_state.active_class = 1
    person.presses(Qt.Key.Key_B)
    person.drags((60, 60), (120, 60))
    core.document.recorder.flush()  # some tests go on with the project itself
    return person


def chooses(person: Any, *names: str) -> None:
    """Choose rows of the list together, as with Ctrl held."""
    panel, session = person.window.images, person.window.core.session
    selection = panel.list.selectionModel()
    selection.clearSelection()
    for name in names:
        row = panel.rows.row_of(session.names.index(name))
        selection.select(panel.rows.index(row), QItemSelectionModel.SelectionFlag.Select)


def triggers(person: Any, name: str) -> None:
    action = person.window.actions_by_name[name]
    assert action.isEnabled()
    action.trigger()


def waits_for_the_disk(person: Any, names: list[str]) -> Project:
    project: Project = person.window.core.session.project
    person.waits_for(lambda: list(project.images) == names)
    return project


def test_a_removed_picture_is_brought_back_with_its_labels(labeller: Any) -> None:
    window, core = labeller.window, labeller.window.core
    first, second, third = list(core.session.names)
    painted = core.document.labels.copy()
    assert (painted == 1).any()
    chooses(labeller, first, third)
    triggers(labeller, "remove_pictures")
    labeller.waits_for(lambda: core.document.name == second)
    assert core.session.names == [second]
    project = waits_for_the_disk(labeller, [second])
    labeller.waits_for(lambda: "2 pictures are removed" in window.banner.text.text())
    assert set(project.removed) == {first, third}

    triggers(labeller, "removed_pictures")
    dialog = next(d for d in window.children() if d.objectName() == "dialog.removed_pictures")
    names = [dialog.list.model().index(row, 0).data() for row in range(2)]
    dialog.list.setCurrentIndex(dialog.list.model().index(names.index(first), 0))
    assert dialog.restore.text() == "&Restore"
    QTest.mouseClick(dialog.restore, LEFT)
    labeller.waits_for(lambda: core.document.name == first)
    assert np.array_equal(core.document.labels, painted)
    assert core.session.names == [second, first]
    assert core.document.undo_stack.canUndo(), "its history is back as well"
    labeller.waits_for(lambda: dialog.list.model().rowCount() == 1)
    QTest.mouseClick(dialog.restore, LEFT)
    labeller.waits_for(lambda: core.session.names == [second, first, third])
    dialog.close()


def test_the_last_picture_can_go_too_and_nothing_is_open_then(labeller: Any) -> None:
    window, core = labeller.window, labeller.window.core
    names = list(core.session.names)
    chooses(labeller, *names)
    triggers(labeller, "remove_pictures")
    labeller.waits_for(lambda: core.document.image is None)
    waits_for_the_disk(labeller, [])
    assert core.session.names == []
    triggers(labeller, "removed_pictures")
    dialog = next(d for d in window.children() if d.objectName() == "dialog.removed_pictures")
    QTest.mouseClick(dialog.restore, LEFT)
    labeller.waits_for(lambda: sorted(core.session.names) == names)
    labeller.waits_for(lambda: core.document.image is not None)
    dialog.close()


def test_a_listing_goes_on_while_pictures_are_removed(
    person: Any, street: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core, session = person.window.core, person.window.core.session
    core.prediction.automatic = False
    go_on = Event()

    def in_two_parts(source: Source, project: Project) -> Iterator[list[str]]:
        names = sorted(project.add(source.folders))
        yield names[:2]
        go_on.wait(20)
        yield names  # as a folder is added: all that are known by then

    monkeypatch.setattr("app.session.names_of", in_two_parts)
    ended: list[int] = []
    session.listingEnded.connect(lambda: ended.append(len(session.names)))
    person.opens(street)
    person.waits_for(lambda: len(session.names) == 2 and core.document.image is not None)
    first, second = session.names
    chooses(person, first)
    triggers(person, "remove_pictures")
    person.waits_for(lambda: core.document.name == second)
    assert session.names == [second]
    go_on.set()
    person.waits_for(lambda: bool(ended) and ended[-1] == 2)
    assert session.names[0] == second
    assert first not in session.names
    person.waits_for(lambda: sorted(core.session.project.images) == sorted(session.names))


def test_pictures_are_added_behind_the_others(
    labeller: Any, street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = labeller.window.core
    before = list(core.session.names)
    more = tmp_path / "more"
    more.mkdir()
    for number in (1, 2):
        shutil.copy(street / before[0], more / f"new {number}.png")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(more / "new 1.png")], ""))
    triggers(labeller, "add_pictures")
    labeller.waits_for(lambda: len(core.session.names) == 4)
    assert core.session.names[:3] == before
    labeller.waits_for(lambda: core.document.name == core.session.names[3])
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(more))
    triggers(labeller, "add_folder")
    labeller.waits_for(lambda: len(core.session.names) == 5)
    waits_for_the_disk(labeller, list(core.session.names))


def test_the_list_is_filtered_by_who_said_it_and_a_class_split_by_what_is_chosen(
    labeller: Any,
) -> None:
    window, core = labeller.window, labeller.window.core
    panel = window.images
    first, second, third = list(core.session.names)
    project = core.session.project
    model = project.origin_id("model", "m", "0" * 64)
    for name in (second, third):
        project.save(name, np.full((240, 320), 1, np.uint8), model)
    person, machine = (panel.filters.origins.findData(kind) for kind in ("person", "model"))
    panel.filters.origins.setCurrentIndex(person)
    labeller.waits_for(lambda: panel.rows.rowCount() == 1)
    assert panel.rows.position(0) == 0
    panel.filters.origins.setCurrentIndex(machine)
    labeller.waits_for(lambda: panel.rows.rowCount() == 2)
    panel.filters.clear()
    labeller.waits_for(lambda: panel.rows.rowCount() == 3)

    chooses(labeller, first, third)
    window.classes.changeRequested.emit("split", 1)
    dialog = window.class_table_link.dialog
    dialog.scope.setCurrentIndex(dialog.scope.findData("chosen"))
    assert "2" in dialog.scope.currentText()
    dialog.name.setText("wet road")
    dialog.go.click()
    labeller.waits_for(lambda: window.class_table_link.dialog is None)
    core.document.flush()
    assert (project.labels(first) == 3).any()
    assert (project.labels(second) == 1).all()
    assert (project.labels(third) == 3).all()
