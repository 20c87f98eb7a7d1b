from __future__ import annotations

import sys

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.actions import Actions
from app.dialogs.about import AboutDialog, installed_version
from app.dialogs.error_details import ErrorDetailsDialog
from app.dialogs.facts import FactsDialog
from app.dialogs.first_steps import FirstStepsDialog


def texts(dialog: FactsDialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel)]


def test_facts_are_shown_and_copied(qtbot: QtBot) -> None:
    dialog = FactsDialog("Model", "street-b0", "", [("Licence", "CC BY-NC 4.0"), ("Classes", "11")])
    qtbot.addWidget(dialog)
    assert {"street-b0", "Licence", "CC BY-NC 4.0"} <= set(texts(dialog))
    button = dialog.findChild(QPushButton, "facts.copy")
    assert isinstance(button, QPushButton)
    button.click()
    assert QGuiApplication.clipboard().text() == ("street-b0\nLicence: CC BY-NC 4.0\nClasses: 11")


def test_about_says_versions_and_licences_without_loading_torch(qtbot: QtBot) -> None:
    had_torch = "torch" in sys.modules
    dialog = AboutDialog("CC BY-NC 4.0: for non-commercial use only")
    qtbot.addWidget(dialog)
    said = dialog.plain_text()
    for words in (sys.version.split()[0], installed_version("torch"), "Apache", "non-commercial"):
        assert words in said
    assert ("torch" in sys.modules) == had_torch


def test_a_package_that_is_missing_is_said_to_be() -> None:
    assert installed_version("no-such-package-at-all") == "not installed"


def test_first_steps_name_the_keys_that_there_are(qtbot: QtBot) -> None:
    """A key that somebody changed is named as it is now."""
    owner = QWidget()
    qtbot.addWidget(owner)
    actions = Actions(owner, {"action.tool_query": ["Ctrl+F12"]})
    dialog = FirstStepsDialog(actions.key_of)
    qtbot.addWidget(dialog)
    said = dialog.plain_text()
    assert "Ctrl+F12: Click a pixel" in said
    assert "Ctrl+Shift+E: Write the labels" in said


def test_details_are_copied_with_their_sentence(qtbot: QtBot) -> None:
    dialog = ErrorDetailsDialog("It broke.", "Traceback …")
    qtbot.addWidget(dialog)
    dialog.copy.click()
    assert QGuiApplication.clipboard().text() == "It broke.\n\nTraceback …"
    assert dialog.details.isReadOnly()
