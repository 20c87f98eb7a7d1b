from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.panels.banner import ErrorBanner


@pytest.fixture
def banner(qtbot: QtBot) -> Iterator[ErrorBanner]:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    yield ErrorBanner(window)
    window.close()


def test_it_is_hidden_until_there_is_something_to_say(banner: ErrorBanner) -> None:
    assert not banner.isVisible()
    banner.show_message("a.png is empty: choose another file.")
    assert banner.isVisible()
    assert banner.text.text() == "a.png is empty: choose another file."


def test_the_newest_is_shown_and_the_others_counted(banner: ErrorBanner) -> None:
    for sentence in ("one", "two", "three"):
        banner.show_message(sentence)
    assert (banner.text.text(), banner.more.text()) == ("three", "2 more")
    banner.dismiss.click()
    assert (banner.text.text(), banner.more.text()) == ("two", "1 more")


def test_a_notice_does_not_hide_an_error(banner: ErrorBanner) -> None:
    banner.show_message("it broke")
    banner.show_message("by the way", severity="notice")
    assert banner.text.text() == "it broke"
    banner.dismiss.click()
    assert banner.text.text() == "by the way"


def test_a_storm_of_the_same_is_one_message(banner: ErrorBanner) -> None:
    for _ in range(100):
        banner.show_message("the disk is full")
    assert banner.text.text() == "the disk is full  (×100)"
    banner.dismiss.click()
    assert not banner.isVisible()


def test_details_are_offered_where_there_are_some(qtbot: QtBot, banner: ErrorBanner) -> None:
    banner.show_message("it broke")
    assert not banner.details.isVisible()
    banner.show_message("it broke badly", "Traceback …")
    with qtbot.waitSignal(banner.detailsRequested) as asked:
        banner.details.click()
    assert asked.args == ["it broke badly", "Traceback …"]


def test_words_are_words_and_no_markup(banner: ErrorBanner) -> None:
    banner.show_message("<b>odd</b>.png is no picture")
    assert banner.text.textFormat().name == "PlainText"
