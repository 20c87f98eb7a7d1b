"""The settings dialog: the look and habits of the window, and its keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.room import take_room
from app.dialogs.shortcuts_page import ShortcutsPage
from app.settings import Settings

GENERAL, SHORTCUTS = 0, 1


class SettingsDialog(QDialog):
    """Shows the settings; they are changed, and `settingsApplied` sent, when it is accepted."""

    settingsApplied = Signal()

    def __init__(
        self,
        settings: Settings,
        languages: Sequence[tuple[str, str]],
        page: int = GENERAL,
        parent: QWidget | None = None,
    ) -> None:
        """`languages` are codes with the languages' names for themselves."""
        super().__init__(parent)
        self.setObjectName("dialog.settings")
        self.setWindowTitle(self.tr("Settings"))
        self._settings = settings
        self.theme = self._combo(
            "settings.theme",
            [
                ("system", self.tr("Like the system")),
                ("light", self.tr("Light")),
                ("dark", self.tr("Dark")),
            ],
            settings.theme,
        )
        self.language = self._combo(
            "settings.language", [("", self.tr("Like the system")), *languages], settings.language
        )
        self.auto_predict = QCheckBox(
            self.tr("Run the model on a picture that has no labels when it is opened"), self
        )
        self.auto_predict.setObjectName("settings.auto_predict")
        self.auto_predict.setChecked(settings.auto_predict)
        self.shortcuts = ShortcutsPage(settings.shortcuts, self)

        self.pages = QTabWidget(self)
        self.pages.setObjectName("settings.pages")
        self.pages.setDocumentMode(True)
        self.pages.tabBar().setDrawBase(False)
        self.pages.addTab(self._general_page(), self.tr("General"))
        self.pages.addTab(self.shortcuts, self.tr("Keyboard"))
        self.pages.setCurrentIndex(page)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 12)
        layout.addWidget(self.pages, 1)
        layout.addWidget(buttons)
        take_room(self, 640, 560)

    def accept(self) -> None:
        """Qt: take the settings over and close."""
        self._settings.theme = self.theme.currentData()
        self._settings.language = self.language.currentData()
        self._settings.auto_predict = self.auto_predict.isChecked()
        self._settings.shortcuts = self.shortcuts.overrides()
        self.settingsApplied.emit()
        super().accept()

    def _combo(self, name: str, choices: Sequence[tuple[str, str]], chosen: str) -> QComboBox:
        combo = QComboBox(self)
        combo.setObjectName(name)
        for value, text in choices:
            combo.addItem(text, value)
        combo.setCurrentIndex(max(combo.findData(chosen), 0))
        return combo

    def _general_page(self) -> QWidget:
        page = QWidget(self)
        form = QFormLayout(page)
        form.setContentsMargins(12, 16, 12, 12)
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(12)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        form.addRow(self.tr("&Theme"), self.theme)
        form.addRow(self.tr("&Language"), self.language)
        note = QLabel(self.tr("Another language is used from the next start on."), page)
        note.setProperty("role", "muted")
        form.addRow("", note)
        form.addRow(self.tr("Prediction"), self.auto_predict)
        return page
