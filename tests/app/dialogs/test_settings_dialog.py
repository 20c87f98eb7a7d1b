from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from app.dialogs.settings import SHORTCUTS, SettingsDialog
from app.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(path=tmp_path / "studio.ini")


@pytest.fixture
def dialog(qtbot: QtBot, settings: Settings) -> SettingsDialog:
    dialog = SettingsDialog(settings, [("en", "English")], SHORTCUTS)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_accepting_takes_the_choices_over(
    qtbot: QtBot, dialog: SettingsDialog, settings: Settings
) -> None:
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    dialog.language.setCurrentIndex(dialog.language.findData("en"))
    dialog.auto_predict.setChecked(False)
    with qtbot.waitSignal(dialog.settingsApplied):
        dialog.accept()
    assert (settings.theme, settings.language, settings.auto_predict) == ("dark", "en", False)


def test_cancelling_changes_nothing(dialog: SettingsDialog, settings: Settings) -> None:
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    dialog.shortcuts.choose("action.fit")
    dialog.shortcuts.first.setKeySequence(QKeySequence("Ctrl+0"))
    dialog.reject()
    assert settings == Settings(path=settings.path)


def test_a_key_is_changed_and_only_the_change_is_kept(
    dialog: SettingsDialog, settings: Settings
) -> None:
    dialog.shortcuts.choose("action.fit")
    assert dialog.shortcuts.first.keySequence() == QKeySequence("F")
    dialog.shortcuts.first.setKeySequence(QKeySequence("Ctrl+0"))
    dialog.accept()
    assert settings.shortcuts == {"action.fit": ["Ctrl+0"]}


def test_two_actions_on_one_key_are_warned_of_at_once(dialog: SettingsDialog) -> None:
    page = dialog.shortcuts
    assert not page.warning.isVisible()
    page.choose("action.tool_fill")
    page.first.setKeySequence(QKeySequence("B"))
    assert page.warning.isVisible()
    assert page.warning.text() == "B is the key of: Brush, Fill. Only one of them can have it."
    page.reset.click()
    assert not page.warning.isVisible()


def test_a_third_key_that_no_field_shows_stays(dialog: SettingsDialog, settings: Settings) -> None:
    dialog.shortcuts.choose("action.zoom_in")
    dialog.shortcuts.first.setKeySequence(QKeySequence("Ctrl+Up"))
    dialog.accept()
    assert settings.shortcuts == {"action.zoom_in": ["Ctrl+Up", "Ctrl+=", "+"]}


def test_a_key_can_be_taken_away(dialog: SettingsDialog, settings: Settings) -> None:
    dialog.shortcuts.choose("action.tool_pan")
    dialog.shortcuts.first.clear()
    dialog.accept()
    assert settings.shortcuts == {"action.tool_pan": []}


def test_all_defaults_come_back(qtbot: QtBot, tmp_path: Path) -> None:
    settings = Settings(path=tmp_path / "a.ini", shortcuts={"action.fit": ["X"], "action.redo": []})
    dialog = SettingsDialog(settings, [])
    qtbot.addWidget(dialog)
    assert dialog.shortcuts.overrides() == settings.shortcuts
    dialog.shortcuts.reset_all.click()
    dialog.accept()
    assert settings.shortcuts == {}


def test_the_filter_finds_actions_by_name_and_key(dialog: SettingsDialog) -> None:
    table = dialog.shortcuts.table

    def shown() -> set[str]:
        rows = (row for row in range(table.rowCount()) if not table.isRowHidden(row))
        return {item.text() for row in rows if (item := table.item(row, 0)) is not None}

    dialog.shortcuts.filter.setText("brush")
    assert shown() == {"Brush", "Smaller Brush", "Larger Brush"}
    dialog.shortcuts.filter.setText("ctrl+shift+z")
    assert shown() == {"Redo"}
