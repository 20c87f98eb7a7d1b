from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QColor, QImage, QShortcut
from pytestqt.qtbot import QtBot

from app.panels.images import ImageListPanel

SelectionFlag = QItemSelectionModel.SelectionFlag
NAMES = [f"street/{i:03}.jpg" for i in range(200)]


@pytest.fixture
def panel(qtbot: QtBot) -> ImageListPanel:
    panel = ImageListPanel()
    qtbot.addWidget(panel)
    panel.resize(240, 500)
    panel.show()
    return panel


def test_only_rows_in_sight_ask_for_thumbnails(qtbot: QtBot, panel: ImageListPanel) -> None:
    with qtbot.waitSignal(panel.thumbnailsRequested) as asked:
        panel.set_names(NAMES)
    assert asked.args is not None
    assert asked.args[0] == list(range(len(asked.args[0])))
    assert 4 <= len(asked.args[0]) <= 12


def test_scrolling_asks_for_what_comes_into_view(qtbot: QtBot, panel: ImageListPanel) -> None:
    with qtbot.waitSignal(panel.thumbnailsRequested):
        panel.set_names(NAMES)
    with qtbot.waitSignal(panel.thumbnailsRequested) as asked:
        panel.list.scrollToBottom()
    assert asked.args is not None
    assert asked.args[0][-1] == 199


def test_a_thumbnail_is_shown_and_not_asked_for_again(qtbot: QtBot, panel: ImageListPanel) -> None:
    with qtbot.waitSignal(panel.thumbnailsRequested):
        panel.set_names(NAMES[:3])
    image = QImage(72, 48, QImage.Format.Format_RGB32)
    image.fill(QColor(200, 10, 10))
    for position in range(3):
        panel.set_thumbnail(position, image)
    shot = panel.list.viewport().grab().toImage()
    ratio = shot.devicePixelRatio()
    assert shot.pixelColor(int(40 * ratio), int(31 * ratio)).red() > 150
    with qtbot.assertNotEmitted(panel.thumbnailsRequested, wait=150):
        panel.resize(250, 500)


def test_a_click_asks_for_the_picture(qtbot: QtBot, panel: ImageListPanel) -> None:
    panel.set_names(NAMES)
    place = panel.list.visualRect(panel.rows.index(2)).center()
    with qtbot.waitSignal(panel.openRequested) as asked:
        qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == [2]


def test_the_arrow_keys_go_from_picture_to_picture(qtbot: QtBot, panel: ImageListPanel) -> None:
    panel.set_names(NAMES)
    panel.set_current(4)
    with qtbot.waitSignal(panel.openRequested) as asked:
        qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    assert asked.args == [5]


def test_a_key_with_ctrl_opens_a_picture_without_choosing_the_one_before_with_it(
    qtbot: QtBot, panel: ImageListPanel
) -> None:
    panel.set_names(NAMES)
    panel.set_current(4)
    QShortcut("Ctrl+U", panel, lambda: panel.set_current(7))
    qtbot.keyClick(panel.list, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: panel.list.currentIndex().row() == 7)
    assert panel.selected_positions() == [7]


def test_news_of_the_pictures_leave_what_is_chosen(panel: ImageListPanel) -> None:
    panel.set_names(NAMES)
    panel.set_current(4)
    panel.list.selectionModel().select(panel.rows.index(6), SelectionFlag.Select)
    panel.refresh()
    assert panel.selected_positions() == [4, 6]


def test_showing_the_current_picture_asks_for_nothing(qtbot: QtBot, panel: ImageListPanel) -> None:
    panel.set_names(NAMES)
    with qtbot.assertNotEmitted(panel.openRequested):
        panel.set_current(150)
    assert panel.list.currentIndex().row() == 150


def test_the_filter_leaves_matching_names_and_their_places(
    qtbot: QtBot, panel: ImageListPanel
) -> None:
    panel.set_names(NAMES)
    panel.set_current(7)
    with qtbot.assertNotEmitted(panel.openRequested):
        panel.filter.setText("STREET/1")
    assert panel.rows.rowCount() == 100
    assert panel.count.text() == "100 of 200 pictures"
    place = panel.list.visualRect(panel.rows.index(3)).center()
    with qtbot.waitSignal(panel.openRequested) as asked:
        qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == [103]
    panel.filter.clear()
    assert panel.list.currentIndex().row() == 103


def test_a_list_that_grows_keeps_its_place(qtbot: QtBot, panel: ImageListPanel) -> None:
    names = list(NAMES)
    panel.set_names(names)
    panel.set_current(20)
    scrolled = panel.list.verticalScrollBar().value()
    names.extend(f"more/{i}.jpg" for i in range(50))
    with qtbot.waitSignal(panel.rows.rowsInserted):
        panel.set_names(names)
    assert panel.rows.rowCount() == 250
    assert panel.list.currentIndex().row() == 20
    assert panel.list.verticalScrollBar().value() == scrolled


def test_a_filtered_list_grows_by_what_matches(panel: ImageListPanel) -> None:
    names = list(NAMES)
    panel.set_names(names)
    panel.filter.setText("more")
    names.extend(["more/1.jpg", "other.jpg", "more/2.jpg"])
    panel.set_names(names)
    assert [panel.rows.position(row) for row in range(panel.rows.rowCount())] == [200, 202]


def test_another_list_takes_the_place_of_the_first(panel: ImageListPanel) -> None:
    panel.set_names(NAMES)
    panel.set_status(0, "done")
    panel.set_names(["one.jpg"])
    assert panel.count.text() == "1 picture"
    assert panel.rows.index(0).data(panel.rows.StatusRole) == ""


def test_names_and_status_are_told_to_screen_readers(panel: ImageListPanel) -> None:
    panel.set_names(["a.jpg"])
    panel.set_status(0, "done")
    said = panel.rows.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "a.jpg (done)"


def test_a_hundred_thousand_pictures_are_listed_and_filtered_at_once(
    panel: ImageListPanel,
) -> None:
    names = [f"folder{i // 1000}/picture{i}.jpg" for i in range(100_000)]
    start = time.process_time()
    panel.set_names(names)
    panel.set_current(50_000)
    panel.list.scrollToBottom()
    panel.list.viewport().repaint()
    panel.filter.setText("99")
    panel.list.viewport().repaint()
    assert time.process_time() - start < 0.4
    assert panel.rows.rowCount() == sum("99" in name for name in names)


def test_rows_are_painted_anew_only_for_news(qtbot: QtBot, panel: ImageListPanel) -> None:
    panel.set_names(NAMES)
    panel.set_uncertainty(3, 0.25)
    with qtbot.assertNotEmitted(panel.rows.dataChanged):
        panel.set_uncertainty(3, 0.25)
        panel.set_uncertainty(4, float("nan"))
    with qtbot.waitSignal(panel.rows.dataChanged):
        panel.set_uncertainty(3, float("nan"))
