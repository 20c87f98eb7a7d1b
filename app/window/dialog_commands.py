"""The dialogs: settings, model, program, details of an error."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.actions import Actions
from app.i18n import available_languages, language_title
from app.logging_setup import log_folder
from app.settings import Settings
from app.window.model_link import ModelLink

# Dialogs are imported when they are first shown: the window is on the screen sooner without them.


class DialogCommands(QObject):
    """Shows dialogs beside the window's work: none of them stops it."""

    settingsApplied = Signal()

    def __init__(
        self, window: QWidget, settings: Settings, models: ModelLink, actions: Actions
    ) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._models = models
        self._actions = actions
        actions["first_steps"].triggered.connect(self.show_first_steps)

    def show_settings(self) -> None:
        """The settings, at their first page."""
        from app.dialogs.settings import GENERAL

        self._open_settings(GENERAL)

    def show_shortcuts(self) -> None:
        """The settings, at the keys."""
        from app.dialogs.settings import SHORTCUTS

        self._open_settings(SHORTCUTS)

    def show_model_info(self) -> None:
        """What there is to say of the model in use."""
        from app.dialogs.facts import FactsDialog

        info = self._models.model
        name = info.name if info else self.tr("No model is loaded yet")
        title = self.tr("Model information")
        _show(FactsDialog(title, name, "", self._models.facts(), self._window))

    def show_protocol(self) -> None:
        """How pictures go into the model, to be chosen."""
        from app.dialogs.protocol import ProtocolDialog

        dialog = ProtocolDialog(self._models.protocol, self._window)
        dialog.protocolRequested.connect(self._models.use_protocol)
        _show(dialog)

    def show_about(self) -> None:
        """Versions and licences."""
        from app.dialogs.about import AboutDialog

        _show(AboutDialog(self._models.licence_text(), self._window))

    def show_first_steps(self) -> None:
        """What most people do first."""
        from app.dialogs.first_steps import FirstStepsDialog

        _show(FirstStepsDialog(self._actions.key_of, self._window))

    def show_details(self, sentence: str, details: str) -> None:
        """What lies behind a message of the banner."""
        from app.dialogs.error_details import ErrorDetailsDialog

        _show(ErrorDetailsDialog(sentence, details, self._window))

    def open_log_folder(self) -> None:
        """The folder of the log files, in the system's file manager."""
        folder = log_folder()
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _open_settings(self, page: int) -> None:
        from app.dialogs.settings import SettingsDialog

        languages = [(code, language_title(code)) for code in available_languages()]
        dialog = SettingsDialog(self._settings, languages, page, self._window)
        dialog.settingsApplied.connect(self.settingsApplied)
        _show(dialog)


def _show(dialog: QWidget) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.show()
