"""Ties the dialogs of export and import, and the offer of labels beside pictures, to the work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.controllers.beside import BesideController, Offer
from app.controllers.exporting import ExportingController
from app.controllers.importing import ImportingController
from app.panels.offer import OfferBar
from app.panels.review_words import status_word
from app.settings import Settings
from app.theme import Theme
from app.user_error import UserError
from app.window.core import Core
from app.window.file_commands import FileCommands
from app.window.obstacles import no_pictures
from app.window.status_link import project_title
from segcore.project import STATUSES

if TYPE_CHECKING:
    from app.dialogs.export_labels import ExportLabelsDialog
    from app.dialogs.import_labels import ImportLabelsDialog
    from segcore.formats.into_project import ImportReport


class LabelFilesLink(QObject):
    """Labels in and out.

    Attributes:
        export_dialog, import_dialog: while they are shown.
        offer: the bar that offers labels beside pictures.
    """

    failed = Signal(object)
    notice = Signal(str)

    def __init__(
        self,
        window: QWidget,
        actions: Actions,
        core: Core,
        *,
        canvas: Canvas,
        files: FileCommands,
        settings: Settings,
        theme: Theme,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self._core = core
        self._files = files
        self._settings = settings
        self._theme = theme
        self.export_dialog: ExportLabelsDialog | None = None
        self.import_dialog: ImportLabelsDialog | None = None
        document, session = core.document, core.session
        self.exporting = ExportingController(document, session, self)
        self.importing = ImportingController(document, session, self)
        self.beside = BesideController(document, session, settings.declined_labels, self)
        core.add_ending(self.exporting.shutdown)
        core.add_ending(self.importing.shutdown)
        core.add_ending(self.beside.shutdown)
        self.offer = OfferBar(canvas.parentWidget() or canvas)
        self._offered: Offer | None = None
        actions["export_labels"].triggered.connect(self.show_export)
        actions["import_labels"].triggered.connect(self.show_import)
        self.beside.offered.connect(self._show_offer)
        self.beside.withdrawn.connect(self.offer.hide)
        self.beside.taken.connect(self._tell_taken)
        self.beside.refused.connect(self._tell_refused)
        self.offer.accepted.connect(self._take)
        self.offer.declined.connect(self._decline)
        self.importing.imported.connect(self._open_new)
        session.projectChanged.connect(self._show_abilities)
        session.projectChanged.connect(self._show_project)
        session.imagesListed.connect(self._show_abilities)
        self._show_abilities()

    def show_export(self) -> None:
        """Show the dialog of an export, as it was left."""
        from app.dialogs.export_labels import ExportLabelsDialog
        from segcore.formats.table import FORMATS

        if self.export_dialog is None:
            words = {status: status_word(status) for status in STATUSES}
            dialog = ExportLabelsDialog(list(FORMATS.values()), words, self._folder(), self._window)
            work = self.exporting
            dialog.checkRequested.connect(work.check)
            dialog.exportRequested.connect(work.start)
            dialog.cancelRequested.connect(work.cancel)
            dialog.folderRequested.connect(_open_folder)
            work.counted.connect(dialog.set_counts)
            work.checked.connect(dialog.set_checked)
            work.progressed.connect(dialog.set_progress)
            work.exported.connect(dialog.set_exported)
            work.refused.connect(dialog.set_refused)
            work.cancelled.connect(dialog.set_cancelled)
            dialog.finished.connect(self._forget_export)
            self._show(dialog)
            self.export_dialog = dialog
        else:
            self.export_dialog.raise_()
        self.export_dialog.look_again()
        self.export_dialog.activateWindow()

    def show_import(self) -> None:
        """Show the dialog of an import."""
        from app.dialogs.import_labels import ImportLabelsDialog
        from segcore.formats.table import FORMATS

        if self.import_dialog is None:
            dialog = ImportLabelsDialog(
                list(FORMATS.values()), self._open_project(), self._folder(), self._window
            )
            work = self.importing
            dialog.guessRequested.connect(work.guess)
            dialog.checkRequested.connect(work.check)
            dialog.importRequested.connect(work.start)
            dialog.cancelRequested.connect(work.cancel)
            work.guessed.connect(dialog.set_guess)
            work.checked.connect(dialog.set_checked)
            work.progressed.connect(dialog.set_progress)
            work.imported.connect(dialog.set_imported)
            work.refused.connect(dialog.set_refused)
            work.cancelled.connect(dialog.set_cancelled)
            dialog.finished.connect(self._forget_import)
            self._show(dialog)
            self.import_dialog = dialog
        else:
            self.import_dialog.raise_()
        self.import_dialog.activateWindow()

    def _show(self, dialog: ExportLabelsDialog | ImportLabelsDialog) -> None:
        tones = self._theme.tones
        dialog.findings.set_colors(tones.danger, tones.warning)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    def _forget_export(self) -> None:
        self.export_dialog = None

    def _forget_import(self) -> None:
        self.import_dialog = None

    def _folder(self) -> Path:
        chosen = self._settings.last_folder
        return Path(chosen) if chosen and Path(chosen).is_dir() else Path.home()

    def _open_project(self) -> str:
        """The title of the project that is open and can be written."""
        project = self._core.session.project
        if project is None or project.read_only:
            return ""
        return project_title(project.folder)

    def _show_project(self) -> None:
        """Another project is open: what the dialogs say is of the one before."""
        if self.export_dialog is not None:
            self.export_dialog.look_again()
        if self.import_dialog is not None:
            self.import_dialog.set_open_project(self._open_project())

    def _show_abilities(self) -> None:
        self._actions.allow("export_labels", no_pictures(self._core))

    def _open_new(self, report: ImportReport) -> None:
        """A project that was made is opened; labels for the open one are shown already."""
        project = self._core.session.project
        if project is None or project.folder != report.project:
            self._files.open_paths([report.project])
        self._tell_taken(report)

    def _show_offer(self, offer: Offer) -> None:
        self._offered = offer
        kind = {"labelme": self.tr("labelme"), "png": self.tr("label maps")}[offer.labels.kind]
        words = self.tr("1 of these pictures has labels in {folder} ({kind}).")
        if len(offer.names) != 1:
            words = self.tr("{count:,} of these pictures have labels in {folder} ({kind}).")
        self.offer.show_offer(
            words.format(count=len(offer.names), folder=offer.labels.folder, kind=kind)
        )

    def _take(self) -> None:
        if self._offered is not None:
            self.beside.take(self._offered)

    def _decline(self) -> None:
        if self._offered is not None:
            self.beside.decline(self._offered)
            self._settings.save()

    def _tell_taken(self, report: ImportReport) -> None:
        words = self.tr("The labels of 1 picture were taken.")
        if len(report.pictures) != 1:
            words = self.tr("The labels of {:,} pictures were taken.").format(len(report.pictures))
        first = [finding.text for finding in report.findings[:1]]
        more = len(report.findings) - 1
        rest = [self.tr("And {} more of this kind.").format(more)] if more > 0 else []
        self.notice.emit(" ".join([words, *first, *rest]))

    def _tell_refused(self, sentences: tuple[str, ...]) -> None:
        more = len(sentences) - 1
        words = sentences[0]
        if more == 1:
            words = self.tr("{sentence} And one more problem.").format(sentence=sentences[0])
        elif more:
            words = self.tr("{sentence} And {count} more problems.").format(
                sentence=sentences[0], count=more
            )
        self.failed.emit(UserError(words, "\n".join(sentences)))


def _open_folder(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
