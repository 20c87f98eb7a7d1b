"""Ties the dialog of models to download to the downloads, and both to the model chooser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.controllers.downloads import DownloadsController
from app.user_error import UserError

if TYPE_CHECKING:
    from app.dialogs.hub import HubDialog
    from segcore.checkpoints.hub import Offer


class HubLink(QObject):
    """Shows one dialog, which may be closed while a download goes on.

    Attributes:
        dialog: None until it is first shown.
    """

    modelArrived = Signal(str)
    modelRequested = Signal(str)
    failed = Signal(object)
    notice = Signal(str)

    def __init__(self, window: QWidget, downloads: DownloadsController) -> None:
        super().__init__(window)
        self._window = window
        self._downloads = downloads
        self.dialog: HubDialog | None = None
        downloads.downloaded.connect(self._take_model)
        downloads.failed.connect(self._take_failure)

    def show(self) -> None:
        """Show the dialog, as it was left."""
        if self.dialog is None:
            self.dialog = self._build()
        self._downloads.read_disk()
        if self.dialog.isVisible():
            self.dialog.raise_()
        self.dialog.show()
        self.dialog.activateWindow()

    def _build(self) -> HubDialog:
        from app.dialogs.hub import HubDialog
        from segcore.checkpoints.released import released_models

        dialog, downloads = HubDialog(released_models(), self._window), self._downloads
        dialog.lookUpRequested.connect(downloads.look_up)
        dialog.downloadRequested.connect(downloads.download)
        dialog.cancelRequested.connect(downloads.cancel)
        dialog.modelRequested.connect(self.modelRequested)
        downloads.diskRead.connect(dialog.set_here)
        downloads.lookedUp.connect(self._show_offer)
        downloads.lookUpFailed.connect(self._show_failure)
        downloads.started.connect(dialog.show_started)
        downloads.progressed.connect(dialog.show_progress)
        downloads.cancelled.connect(dialog.show_cancelled)
        return dialog

    def _show_offer(self, offer: Offer) -> None:
        if self.dialog is not None:
            self.dialog.show_offer(str(offer.name), offer.terms.licence)

    def _show_failure(self, _name: str, error: UserError) -> None:
        if self.dialog is not None:
            self.dialog.show_failure(error.sentence)

    def _take_model(self, name: str) -> None:
        from segcore.checkpoints.released import released

        known = released(name)
        segments = known is None or not known.encoder_only
        if segments:
            self.modelArrived.emit(name)
        self._downloads.read_disk()
        if self.dialog is not None:
            self.dialog.show_downloaded(name)
        if segments and not self._is_shown():
            self.notice.emit(
                self.tr("{} is on this machine now: choose it in the model chooser.").format(name)
            )

    def _take_failure(self, name: str, error: UserError) -> None:
        self._show_failure(name, error)
        if not self._is_shown():
            self.failed.emit(error)

    def _is_shown(self) -> bool:
        return self.dialog is not None and self.dialog.isVisible()
