"""Ties adding, removing and bringing back pictures to the menus, the list and the dialogs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from app.actions import Actions
from app.controllers.origin_filter import OriginFilter
from app.controllers.picture_list import PictureListController
from app.dialogs.removed_pictures import RemovedPicturesDialog
from app.panels.images import ImageListPanel
from app.window.core import Core
from app.window.obstacles import no_pictures, not_writable
from app.window.status_link import MessageLink
from segcore.images import IMAGE_SUFFIXES

_CHANGES = ("add_pictures", "add_folder", "remove_pictures", "removed_pictures")


class PictureListLink(QObject):
    """The actions that change which pictures the project has and where it finds them, and the
    filter by origin."""

    def __init__(
        self,
        panel: ImageListPanel,
        actions: Actions,
        core: Core,
        messages: MessageLink,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._panel = panel
        self._actions = actions
        self._core = core
        self._session = core.session
        self._window = window
        self._missing = core.missing_pictures
        self._missing.failed.connect(messages.show_error)
        self._missing.notice.connect(messages.show_notice)
        self.dialog: RemovedPicturesDialog | None = None
        self.controller = PictureListController(core.session, self)
        self.controller.failed.connect(messages.show_error)
        self.controller.notice.connect(messages.show_notice)
        self.controller.removedChanged.connect(self._show_removed)
        self._origins = OriginFilter(core.session, self)
        self._origins.found.connect(lambda mask: panel.set_only(mask, "origin"))
        self._origins.failed.connect(messages.show_error)
        panel.originFilterRequested.connect(self._origins.want)
        core.add_ending(self.controller.shutdown)
        core.add_ending(self._origins.shutdown)
        core.session.chosen = self._chosen
        actions["add_pictures"].triggered.connect(self._add_files)
        actions["add_folder"].triggered.connect(self._add_folder)
        actions["find_missing"].triggered.connect(self._find_missing)
        actions["remove_pictures"].triggered.connect(self._remove)
        actions["removed_pictures"].triggered.connect(self._show_dialog)
        line = QAction(self)
        line.setSeparator(True)
        panel.set_actions([line, actions["remove_pictures"]])
        core.session.projectChanged.connect(self._show_abilities)
        core.session.imagesListed.connect(self._show_abilities)
        self._show_abilities()

    def _chosen(self) -> list[str]:
        names = self._session.names
        return [names[position] for position in self._panel.selected_positions()]

    def _add_files(self) -> None:
        endings = " ".join(f"*{suffix}" for suffix in sorted(IMAGE_SUFFIXES))
        paths, _chosen = QFileDialog.getOpenFileNames(
            self._window,
            self.tr("Add pictures to the project"),
            "",
            self.tr("Pictures ({})").format(endings) + ";;" + self.tr("All files (*)"),
        )
        if paths:
            self.controller.add([Path(path) for path in paths])

    def _add_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(
            self._window, self.tr("Add a folder of pictures to the project")
        )
        if path:
            self.controller.add([Path(path)])

    def _find_missing(self) -> None:
        dialog = QFileDialog(self._window, self.tr("Where the missing pictures are now"))
        dialog.setObjectName("dialog.find_missing")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda folder: self._missing.find_in(Path(folder)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _remove(self) -> None:
        current = self._session.current_name
        self.controller.remove(self._chosen() or ([current] if current is not None else []))

    def _show_dialog(self) -> None:
        dialog = RemovedPicturesDialog(self.controller.removed, self._window)
        self.dialog = dialog
        dialog.restoreRequested.connect(self.controller.restore)
        dialog.finished.connect(self._forget_dialog)
        dialog.open()

    def _forget_dialog(self) -> None:
        self.dialog = None

    def _show_removed(self) -> None:
        if self.dialog is not None:
            self.dialog.set_names(self.controller.removed)

    def _show_abilities(self) -> None:
        obstacle = not_writable(self._core)
        for name in _CHANGES:
            self._actions.allow(name, obstacle)
        self._actions.allow("remove_pictures", obstacle or no_pictures(self._core))
