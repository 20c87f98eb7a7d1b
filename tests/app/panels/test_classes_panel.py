from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.panels.class_rows import share_text
from app.panels.classes import ClassesPanel
from segcore.classes import ClassTable

CLASSES = ClassTable.from_names([f"class {i}" for i in range(12)])


@pytest.fixture
def panel(qtbot: QtBot) -> ClassesPanel:
    panel = ClassesPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 600)
    panel.set_classes(CLASSES)
    panel.set_active_class(0)
    panel.show()
    return panel


def row_rect_right(panel: ClassesPanel, row: int) -> QPoint:
    rect = panel.list.visualRect(panel.rows.index(row))
    return QPoint(rect.right() - 12, rect.center().y())


def test_a_click_makes_a_class_active(qtbot: QtBot, panel: ClassesPanel) -> None:
    place = panel.list.visualRect(panel.rows.index(3)).center()
    with qtbot.waitSignal(panel.activeClassRequested) as asked:
        qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == [3]


def test_showing_the_active_class_asks_for_nothing(qtbot: QtBot, panel: ClassesPanel) -> None:
    with qtbot.assertNotEmitted(panel.activeClassRequested):
        panel.set_active_class(5)
    assert panel.list.currentIndex().row() == 5


def test_the_eye_hides_and_shows_without_making_active(qtbot: QtBot, panel: ClassesPanel) -> None:
    with (
        qtbot.assertNotEmitted(panel.activeClassRequested),
        qtbot.waitSignal(panel.hiddenClassesRequested) as asked,
    ):
        qtbot.mouseClick(
            panel.list.viewport(), Qt.MouseButton.LeftButton, pos=row_rect_right(panel, 4)
        )
    assert asked.args == [frozenset({4})]
    panel.set_hidden_classes(frozenset({4, 6}))
    with qtbot.waitSignal(panel.hiddenClassesRequested) as asked:
        qtbot.mouseClick(
            panel.list.viewport(), Qt.MouseButton.LeftButton, pos=row_rect_right(panel, 4)
        )
    assert asked.args == [frozenset({6})]


def test_space_hides_the_active_class(qtbot: QtBot, panel: ClassesPanel) -> None:
    panel.set_active_class(2)
    with qtbot.waitSignal(panel.hiddenClassesRequested) as asked:
        qtbot.keyClick(panel.list, Qt.Key.Key_Space)
    assert asked.args == [frozenset({2})]


def test_only_active_and_all(qtbot: QtBot, panel: ClassesPanel) -> None:
    panel.set_active_class(2)
    with qtbot.waitSignal(panel.hiddenClassesRequested) as asked:
        panel.show_only.click()
    assert asked.args == [frozenset(range(12)) - {2}]
    panel.set_hidden_classes(frozenset({1}))
    with qtbot.waitSignal(panel.hiddenClassesRequested) as asked:
        panel.show_all.click()
    assert asked.args == [frozenset()]


def test_shares_are_told(panel: ClassesPanel) -> None:
    panel.set_shares([0.5, 0.0004] + [0.0] * 10, unlabelled=0.4996)
    said = panel.rows.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "class 0 (class 0, 50.0 %)"
    assert panel.unlabelled.text() == "50.0 % unlabelled"
    panel.set_shares(None)
    assert panel.unlabelled.text() == ""


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, ""), (0.0004, "<0.1 %"), (0.123, "12.3 %"), (1.0, "100.0 %")]
)
def test_share_text(share: float, text: str) -> None:
    assert share_text(share) == text


def test_another_table_forgets_the_shares(panel: ClassesPanel) -> None:
    panel.set_shares([1.0] + [0.0] * 11)
    panel.set_classes(CLASSES.with_class("new"))
    assert panel.rows.rowCount() == 13
    assert panel.rows.index(0).data(panel.rows.ShareRole) is None


def test_the_spin_box_and_the_slider_ask_for_a_brush_size(
    qtbot: QtBot, panel: ClassesPanel
) -> None:
    with qtbot.waitSignal(panel.brushSizeRequested) as asked:
        panel.brush.spin.setValue(100)
    assert asked.args == [100]
    panel.set_brush_size(100)
    with qtbot.waitSignal(panel.brushSizeRequested) as asked:
        qtbot.keyClick(panel.brush.slider, Qt.Key.Key_Right)
    assert asked.args is not None
    assert asked.args[0] > 100


def test_every_step_of_the_slider_changes_a_small_brush(qtbot: QtBot, panel: ClassesPanel) -> None:
    panel.brushSizeRequested.connect(panel.set_brush_size)
    panel.set_brush_size(5)
    for size in (6, 7, 8):
        qtbot.keyClick(panel.brush.slider, Qt.Key.Key_Right)
        assert panel.brush.spin.value() == size
    for size in (7, 6, 5):
        qtbot.keyClick(panel.brush.slider, Qt.Key.Key_Left)
        assert panel.brush.spin.value() == size


def test_showing_a_size_asks_for_nothing(qtbot: QtBot, panel: ClassesPanel) -> None:
    with qtbot.assertNotEmitted(panel.brushSizeRequested):
        panel.set_brush_size(333)
    assert panel.brush.spin.value() == 333


def test_of_very_many_classes_some_are_listed_and_all_are_found(qtbot: QtBot) -> None:
    many = ClassesPanel()
    qtbot.addWidget(many)
    many.set_classes(ClassTable.from_names([f"class {number}" for number in range(65_534)]))
    many.show()
    assert many.rows.rowCount() == 1000
    assert many.more.text() == "64,534 more: type a part of a name"
    with qtbot.waitSignal(many.activeClassRequested) as asked:
        many.search.setText("51234")
        assert [info.id for info in many.rows.classes] == [51234]
        qtbot.keyClick(many.search, Qt.Key.Key_Return)
    assert asked.args == [51234]
    many.set_active_class(51234)
    assert many.rows.row_of(51234) == 999, "the active one is always among them"
    many.search.setText("class")
    assert many.rows.classes[0].id == 51234, "what was used last comes first"
