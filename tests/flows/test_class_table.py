"""The class table from the window: added, renamed, ordered, merged, split, found, locked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QLineEdit

from segcore.project.class_changes import pixels_of


def shown(window: Any) -> list[str]:
    rows = window.classes.rows
    return [rows.index(row).data() for row in range(rows.rowCount())]


def choose(window: Any, class_id: int, what: str) -> None:
    window.classes._do(what, class_id, window.classes.rows.row_of(class_id))


def part_of(window: Any, class_id: int, from_right: int) -> QPoint:
    panel = window.classes
    rect = panel.list.visualRect(panel.rows.index(panel.rows.row_of(class_id)))
    return QPoint(rect.right() - from_right, rect.center().y())


def test_classes_are_changed_in_every_picture(person: Any, street: Path, qtbot: Any) -> None:
    window = person.window
    core, panel = window.core, window.classes
    document = core.document
    names = sorted(path.name for path in street.iterdir())
    person.opens(street)
    person.waits_for_the_prediction_of(names[0])
    core.prediction.predict_all()
    person.waits_until_nothing_runs()
    document.flush()
    project = core.session.project
    table = document.classes
    road, sky = table.id_of("Road"), table.id_of("Sky")

    # added with what was typed, named in place, found by typing
    person.presses(Qt.Key.Key_Slash)
    person.waits_for(panel.search.hasFocus)
    qtbot.keyClicks(panel.search, "tram")
    panel.add.click()
    tram = document.classes.id_of("tram")
    assert tram == len(table)
    assert core.view_state.active_class == tram
    panel.add.click()
    person.waits_for(lambda: panel.list.findChild(QLineEdit) is not None)
    editor = panel.list.findChild(QLineEdit)
    editor.setText("kiosk")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    person.waits_for(lambda: document.classes[tram + 1].name == "kiosk")
    panel.focus_search()
    qtbot.keyClicks(panel.search, "SK")
    assert shown(window) == ["kiosk", "Sky"]  # what was used last first
    qtbot.keyClicks(panel.search, "y")
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert core.view_state.active_class == sky
    person.waits_for(lambda: panel.rows.rowCount() == len(document.classes))

    # ordered: the digits follow
    panel.rows.request_move(panel.rows.row_of(tram), 0)
    assert shown(window)[0] == "tram"
    person.presses(Qt.Key.Key_1)
    assert core.view_state.active_class == tram

    # a colour
    panel.colorRequested.emit(tram)
    dialog = window.findChild(QColorDialog)
    dialog.setCurrentColor(QColor(1, 2, 3))
    dialog.accept()
    assert document.classes[tram].color == (1, 2, 3)

    # locked, and only over
    for from_right, lock in ((64, True), (44, False)):
        qtbot.mouseClick(
            panel.list.viewport(), Qt.MouseButton.LeftButton, pos=part_of(window, sky, from_right)
        )
        protection = core.view_state.protection
        assert (sky in protection.locked) is True
        assert (protection.over == frozenset({sky})) is not lock

    # split off in this picture
    document.flush()
    before = pixels_of(project, sky)
    choose(window, sky, "split")
    split = window.class_table_link.dialog
    split.name.setText("cloud")
    split.scope.setCurrentIndex(split.scope.findData("this"))
    with qtbot.waitSignal(core.class_changes.finished, timeout=60_000):
        split.go.click()
    cloud = document.classes.id_of("cloud")
    assert np.count_nonzero(document.labels == cloud) == before[names[0]]
    document.flush()
    assert pixels_of(project, cloud) == {names[0]: before[names[0]]}

    # merged in all, said before with pictures and pixels
    before = pixels_of(project, road)
    assert len(before) == 3
    choose(window, road, "merge")
    merge = window.class_table_link.dialog
    total = f"{sum(before.values()):,} pixels in 3 pictures."
    person.waits_for(lambda: merge.count.text() == total)
    merge.target.setCurrentText("tram")
    with qtbot.waitSignal(core.class_changes.finished, timeout=60_000):
        merge.go.click()
    document.flush()
    assert pixels_of(project, road) == {}
    assert pixels_of(project, tram) == before
    assert "Road" not in shown(window)
    assert document.undo_stack.undoText() == "Merge Road into tram"

    # one step back brings it back here, after another start too
    person.starts_again()
    window = person.window
    document = window.core.document
    person.opens(street)
    person.waits_for(lambda: document.name == names[0])
    person.waits_until_nothing_runs()
    person.waits_for(lambda: document.undo_stack.undoText() == "Merge Road into tram")
    window.actions_by_name["undo"].trigger()
    assert np.count_nonzero(document.labels == road) == before[names[0]]
    assert "Road" in shown(window)
    document.flush()
    assert pixels_of(window.core.session.project, road) == {names[0]: before[names[0]]}


def test_who_said_it_is_shown_and_filtered(person: Any, street: Path, qtbot: Any) -> None:
    window = person.window
    core = window.core
    name = min(path.name for path in street.iterdir())
    person.opens(street)
    person.waits_for_the_prediction_of(name)
    core.view_state.active_class = 0
    window.actions_by_name["tool_brush"].trigger()
    person.drags((100, 100), (140, 100))
    legend = window.classes.origins
    assert not legend.isVisible()
    before = window.canvas.grab().toImage()
    window.actions_by_name["overlay_origins"].trigger()
    person.waits_for(legend.isVisible)
    said = [legend.rows.index(row).data() for row in range(legend.rows.rowCount())]
    assert any(text.startswith("model ") for text in said)
    assert "person" in said
    place = person.place_of((120, 100))
    other = person.place_of((300, 200))
    image = window.canvas.grab().toImage()
    assert image.pixelColor(place) != before.pixelColor(place)
    person_row = next(info.id for info in legend.rows.classes if info.name == "person")
    legend.hiddenRequested.emit(frozenset({person_row}))
    hidden = window.canvas.grab().toImage()
    assert hidden.pixelColor(place) != image.pixelColor(place)
    assert hidden.pixelColor(other) == image.pixelColor(other)
