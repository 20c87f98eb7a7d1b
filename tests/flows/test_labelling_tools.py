"""Every labelling tool through the real window: previewed, accepted, taken back, protected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.window.core import Core
from segcore.classes import ClassTable
from segcore.edits import Protection
from segcore.geometry import Box

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
CLASS = 8


class Labeller:
    """Somebody at the window with a picture of plain labels: left half 1, right half 2."""

    def __init__(self, person: Any, street: Path) -> None:
        self.person = person
        person.window.core.prediction.automatic = False
        names = sorted(path.name for path in street.iterdir())
        self.names = names
        person.opens(street)
        person.waits_for(lambda: self.core.document.name == names[0])
        document = self.core.document
        document.set_classes(ClassTable.from_names([f"class {i}" for i in range(10)]))
        labels, origins = document.labels, document.origins
        labels[:, :160] = 1
        labels[:, 160:] = 2
        origins[...] = document.project.origin_id("model", "m", "0" * 64)
        document.labelsChanged.emit(_whole(labels))
        self.core.view_state.active_class = CLASS

    @property
    def core(self) -> Core:
        core: Core = self.person.window.core
        return core

    @property
    def labels(self) -> np.ndarray:
        labels = self.core.document.labels
        assert labels is not None
        return labels

    @property
    def steps(self) -> int:
        return int(self.core.document.undo_stack.count())

    def waits_for_the_preview(self) -> int:
        """Until something is proposed and nothing is worked out; how many pixels."""
        assisting = self.core.assisting
        self.person.waits_for(lambda: assisting.preview is not None and not assisting.is_busy)
        return int(assisting.preview.count)

    def waits(self) -> None:
        self.person.waits_for(lambda: not self.core.assisting.is_busy)

    def points(self, point: tuple[int, int]) -> None:
        QTest.mouseMove(self.person.window.canvas, self.person.place_of(point))
        QApplication.processEvents()

    def clicks(self, point: tuple[int, int], modifier: Qt.KeyboardModifier = NONE) -> None:
        place = self.person.place_of(point)
        QTest.mouseClick(self.person.window.canvas, LEFT, modifier, place)

    def begins_drag(self, *points: tuple[int, int], modifier: Qt.KeyboardModifier = NONE) -> None:
        canvas = self.person.window.canvas
        QTest.mousePress(canvas, LEFT, modifier, self.person.place_of(points[0]))
        for point in points[1:]:
            QTest.mouseMove(canvas, self.person.place_of(point))
            QApplication.processEvents()

    def lets_go(self, point: tuple[int, int], modifier: Qt.KeyboardModifier = NONE) -> None:
        canvas = self.person.window.canvas
        QTest.mouseRelease(canvas, LEFT, modifier, self.person.place_of(point))


def _whole(labels: np.ndarray) -> Any:
    return Box.of_size((labels.shape[0], labels.shape[1]))


@pytest.fixture
def labeller(person: Any, street: Path) -> Labeller:
    return Labeller(person, street)


def test_a_rectangle_is_seen_before_it_is_there_and_esc_leaves_no_trace(
    labeller: Labeller,
) -> None:
    before = labeller.labels.copy()
    labeller.person.presses(Qt.Key.Key_M)
    labeller.begins_drag((20, 20), (40, 30), (59, 49))
    assert labeller.waits_for_the_preview() == 40 * 30
    assert (labeller.labels == before).all()
    QTest.keyClick(labeller.person.window.canvas, Qt.Key.Key_Escape)
    labeller.lets_go((59, 49))
    labeller.waits()
    assert (labeller.labels == before).all()
    assert labeller.steps == 0
    labeller.begins_drag((20, 20), (59, 49))
    labeller.lets_go((59, 49))
    labeller.person.waits_for(lambda: labeller.steps == 1)
    assert (labeller.labels[20:50, 20:60] == CLASS).all()
    labeller.person.presses(Qt.Key.Key_Z, CTRL)
    assert (labeller.labels == before).all()
    labeller.begins_drag((20, 20), (59, 49), modifier=CTRL)
    labeller.lets_go((59, 49), CTRL)
    labeller.person.waits_for(lambda: bool((labeller.labels[20:50, 20:60] == 255).all()))
    assert (labeller.core.document.origins[20:50, 20:60] == 0).all()


def test_a_lasso_takes_what_it_encloses(labeller: Labeller) -> None:
    labeller.person.presses(Qt.Key.Key_L)
    labeller.begins_drag((40, 40), (100, 40), (100, 90), (40, 90))
    labeller.lets_go((40, 90))
    labeller.person.waits_for(lambda: labeller.steps == 1)
    assert (labeller.labels[42:88, 42:98] == CLASS).all()
    assert (labeller.labels == CLASS).sum() < 62 * 52


def test_undo_in_a_polygon_takes_back_corners_and_never_an_edit(labeller: Labeller) -> None:
    person, canvas = labeller.person, labeller.person.window.canvas
    person.presses(Qt.Key.Key_G)
    labeller.clicks((200, 100))
    person.waits_for(lambda: labeller.steps == 1)
    before = labeller.labels.copy()
    person.presses(Qt.Key.Key_P)
    for corner in ((40, 40), (100, 40), (100, 100)):
        labeller.clicks(corner)
    assert labeller.waits_for_the_preview() > 1500
    assert canvas.holds_gesture
    for _ in range(2):
        person.presses(Qt.Key.Key_Z, CTRL)
        assert (labeller.labels == before).all()
    person.presses(Qt.Key.Key_Y, CTRL)
    person.presses(Qt.Key.Key_Y, CTRL)
    labeller.clicks((40, 100))
    assert labeller.steps == 1
    labeller.begins_drag((40, 100), (30, 110))
    labeller.lets_go((30, 110))
    labeller.clicks((70, 40))  # on an edge: a corner is put in
    labeller.begins_drag((70, 40), (70, 20))
    labeller.lets_go((70, 20))
    labeller.waits_for_the_preview()
    person.presses(Qt.Key.Key_Return)
    person.waits_for(lambda: labeller.steps == 2)
    assert not canvas.holds_gesture
    assert labeller.labels[30, 70] == CLASS
    assert labeller.labels[105, 36] == CLASS
    assert labeller.labels[30, 45] == 1
    person.presses(Qt.Key.Key_Z, CTRL)
    assert (labeller.labels == before).all()


def test_a_polygon_closes_by_double_click_and_is_given_up_by_esc(labeller: Labeller) -> None:
    person, canvas = labeller.person, labeller.person.window.canvas
    person.presses(Qt.Key.Key_P)
    for corner in ((40, 40), (100, 40), (100, 100), (60, 70)):
        labeller.clicks(corner)
    QTest.keyClick(canvas, Qt.Key.Key_Backspace)
    assert labeller.waits_for_the_preview() > 0
    person.presses(Qt.Key.Key_Escape)
    labeller.waits()
    assert not canvas.holds_gesture
    assert labeller.steps == 0
    for corner in ((40, 40), (100, 40)):
        labeller.clicks(corner)
    labeller.clicks((100, 100))
    QTest.mouseDClick(canvas, LEFT, NONE, person.place_of((100, 100)))
    person.waits_for(lambda: labeller.steps == 1)
    assert labeller.labels[60, 90] == CLASS


def test_fill_shows_the_region_under_the_pointer_and_shift_the_class(labeller: Labeller) -> None:
    labels = labeller.labels
    labels[100:110, 20:30] = 2
    labeller.core.document.labelsChanged.emit(_whole(labels))
    labeller.person.presses(Qt.Key.Key_G)
    labeller.points((22, 102))
    assert labeller.waits_for_the_preview() == 100
    assert labeller.steps == 0
    labeller.clicks((25, 105), SHIFT)
    labeller.person.waits_for(lambda: labeller.steps == 1)
    assert not (labeller.labels == 2).any()
    assert (labeller.labels[:, 160:] == CLASS).all()


def test_small_regions_and_boundaries_wait_for_enter(labeller: Labeller) -> None:
    person, labels = labeller.person, labeller.labels
    labels[50:53, 50:53] = 3
    labels[80:110, 80:110] = 3
    labeller.core.document.labelsChanged.emit(_whole(labels))
    person.presses(Qt.Key.Key_I)
    assert labeller.waits_for_the_preview() == 9
    assert "1" in labeller.core.assisting.preview.outcome.note
    person.presses(Qt.Key.Key_Return)
    person.waits_for(lambda: labeller.steps == 1)
    assert labeller.labels[51, 51] == 1
    labeller.core.view_state.active_class = 3
    labeller.core.view_state.set_option("boundary", "how", "grow")
    labeller.core.view_state.set_option("boundary", "pixels", 2)
    person.presses(Qt.Key.Key_O)
    labeller.waits_for_the_preview()
    before = labeller.labels.copy()
    person.presses(Qt.Key.Key_Escape)
    labeller.waits()
    assert (labeller.labels == before).all()
    person.presses(Qt.Key.Key_B)
    person.presses(Qt.Key.Key_O)
    labeller.waits_for_the_preview()
    button = person.window.findChild(QPushButton, "tool_options.apply")
    QTest.mouseClick(button, LEFT)
    person.waits_for(lambda: labeller.steps == 2)
    assert (labeller.labels[80:110, 78:112] == 3).all()


def test_the_last_pictures_labels_are_copied_and_stay_as_they_were(labeller: Labeller) -> None:
    person, core = labeller.person, labeller.core
    person.presses(Qt.Key.Key_M)
    labeller.begins_drag((20, 20), (59, 49))
    labeller.lets_go((59, 49))
    person.waits_for(lambda: labeller.steps == 1)
    core.document.flush()
    project, first = core.session.project, labeller.names[0]
    there = project.labels(first)
    person.presses(Qt.Key.Key_D)
    person.waits_for(lambda: core.document.name == labeller.names[1])
    core.view_state.set_option("copy_last", "classes", "active")
    person.presses(Qt.Key.Key_D, SHIFT)
    assert labeller.waits_for_the_preview() == 40 * 30
    person.presses(Qt.Key.Key_Return)
    person.waits_for(lambda: labeller.steps == 1)
    assert (labeller.labels[20:50, 20:60] == CLASS).all()
    assert (labeller.labels == CLASS).sum() == 40 * 30
    row = int(core.document.origins[30, 30])
    assert next(r.kind for r in project.origin_rows if r.id == row) == "propagated"
    core.document.flush()
    assert (project.labels(first) == there).all()


def test_every_tool_heeds_what_is_protected(labeller: Labeller) -> None:
    person, core = labeller.person, labeller.core
    core.view_state.protection = Protection(locked=frozenset({2}))
    note = person.window.view_parts.tool_options.protection
    assert note.isChecked()
    assert "locked" in note.toolTip()
    person.presses(Qt.Key.Key_B)
    person.drags((100, 60), (220, 60))
    assert (labeller.labels[60, 100:160] == CLASS).all()
    person.presses(Qt.Key.Key_M)
    labeller.begins_drag((100, 80), (220, 120))
    labeller.waits_for_the_preview()
    assert core.assisting.preview.hidden == 61 * 41
    labeller.lets_go((220, 120))
    person.waits_for(lambda: labeller.steps == 2)
    person.presses(Qt.Key.Key_G)
    labeller.clicks((250, 20))
    labeller.waits()
    person.presses(Qt.Key.Key_E)
    person.drags((150, 180), (220, 180))
    assert (labeller.labels[:, 160:] == 2).all()
    assert labeller.labels[180, 150] == 255
    note.fill_menu()
    nothing = next(a for a in note.menu().actions() if a.objectName() == "protection.nothing")
    nothing.trigger()
    assert not core.view_state.protection.is_on
    core.view_state.protection = Protection(ground="model")
    person.presses(Qt.Key.Key_B)
    core.view_state.active_class = 4
    person.drags((100, 60), (220, 60))
    assert (labeller.labels[60, 100:150] == CLASS).all(), "a person said it"
    assert (labeller.labels[60, 165:215] == 4).all()


def test_the_list_of_regions_leads_to_a_region_and_changes_it(labeller: Labeller) -> None:
    person, labels = labeller.person, labeller.labels
    labels[50:53, 50:54] = 3
    labeller.core.document.labelsChanged.emit(_whole(labels))
    window = person.window
    panel = window.view_parts.regions
    window.tabs.setCurrentWidget(panel)
    person.waits_for(lambda: panel.rows.rowCount() == 3)
    panel.table.selectRow(2)
    assert labeller.waits_for_the_preview() == 12
    seen = window.canvas.viewport.visible
    assert seen.contains((51, 51))
    assert seen.width < 320
    QTest.mouseClick(panel.relabel, LEFT)
    person.waits_for(lambda: labeller.steps == 1)
    assert (labeller.labels[50:53, 50:54] == CLASS).all()
    panel.small_only.setChecked(True)
    person.waits_for(lambda: panel.rows.rowCount() == 1)
    panel.table.selectRow(0)
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    person.waits_for(lambda: labeller.steps == 2)
    assert (labeller.labels[50:53, 50:54] == 255).all()


def test_a_pen_that_presses_less_paints_thinner_and_its_other_end_erases(
    labeller: Labeller,
) -> None:
    person = labeller.person
    person.presses(Qt.Key.Key_B)
    labeller.core.view_state.brush_size = 30
    pen(person, QPointingDevice.PointerType.Pen, 0.2, (60, 60), (100, 60))
    thin = int((labeller.labels[:, 80] == CLASS).sum())
    pen(person, QPointingDevice.PointerType.Pen, 1.0, (60, 150), (100, 150))
    thick = int((labeller.labels[120:, 80] == CLASS).sum())
    assert thin in (6, 7)
    assert thick in (30, 31)
    pen(person, QPointingDevice.PointerType.Eraser, 1.0, (80, 150), (81, 150))
    assert labeller.labels[150, 80] == 255
    labeller.core.view_state.set_option("brush", "shape", "square")
    person.drags((250, 100), (251, 100))
    assert (labeller.labels[86:116, 236:266] == CLASS).all()


def pen(
    person: Any, kind: QPointingDevice.PointerType, pressure: float, *points: tuple[int, int]
) -> None:
    device = QPointingDevice(
        "pen",
        7,
        QInputDevice.DeviceType.Stylus,
        kind,
        QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
        1,
        2,
    )
    kinds = [QEvent.Type.TabletPress, QEvent.Type.TabletMove, QEvent.Type.TabletRelease]
    places = [person.place_of(points[0]), person.place_of(points[1]), person.place_of(points[1])]
    for event, place in zip(kinds, places):
        up = event == QEvent.Type.TabletRelease
        moved = event == QEvent.Type.TabletMove
        at = QPointF(QPoint(place))
        QApplication.sendEvent(
            person.window.canvas,
            QTabletEvent(
                event,
                device,
                at,
                at,
                0.0 if up else pressure,
                0,
                0,
                0,
                0,
                0,
                NONE,
                Qt.MouseButton.NoButton if moved else LEFT,
                Qt.MouseButton.NoButton if up else LEFT,
            ),
        )
