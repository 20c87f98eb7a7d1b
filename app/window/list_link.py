"""Ties the list of pictures to the session."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject

from app.controllers.prediction import PredictionController
from app.convert import to_qimage
from app.document import Document
from app.panels.images import ImageListPanel
from app.session import Session
from segcore.errors import SegcoreError


class ListLink(QObject):
    """Shows the session's pictures with their thumbnails and how far the work on them is."""

    def __init__(
        self,
        panel: ImageListPanel,
        session: Session,
        document: Document,
        prediction: PredictionController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._session = session
        self._document = document
        session.imagesListed.connect(self._show_names)
        session.currentChanged.connect(panel.set_current)
        session.thumbnailReady.connect(self._show_thumbnail)
        panel.openRequested.connect(session.open_index)
        panel.thumbnailsRequested.connect(self._request_thumbnails)
        document.labelsChanged.connect(self._show_current_status)
        document.imageChanged.connect(self._show_current_status)
        prediction.pictureLabelled.connect(self._show_status_of)

    def _show_names(self) -> None:
        self._panel.set_names(self._session.names)

    def _request_thumbnails(self, positions: list[int]) -> None:
        self._session.show_thumbnails(min(positions), max(positions))
        for position in positions:
            self._show_status(position)
            thumbnail = self._session.request_thumbnail(position)
            if thumbnail is not None:
                self._show_thumbnail(position, thumbnail)

    def _show_thumbnail(self, position: int, thumbnail: npt.NDArray[np.uint8]) -> None:
        self._panel.set_thumbnail(position, to_qimage(thumbnail))

    def _show_current_status(self) -> None:
        if self._session.current >= 0:
            self._show_status(self._session.current)

    def _show_status_of(self, name: str) -> None:
        # Only rows in sight are looked up; the others are when they come into view.
        for position in self._panel.positions_in_sight():
            if position < len(self._session.names) and self._session.names[position] == name:
                self._show_status(position)

    def _show_status(self, position: int) -> None:
        project, names = self._session.project, self._session.names
        if project is None or not 0 <= position < len(names):
            return
        name = names[position]
        try:
            status = str(project.status(name))
            if status == "new" and self._is_labelled(name):
                status = "predicted"
        except SegcoreError:  # a picture that left the project while the list still shows it
            status = ""
        self._panel.set_status(position, status)

    def _is_labelled(self, name: str) -> bool:
        if name == self._document.name:
            return self._document.labelled
        project = self._session.project
        return project is not None and project.has_labels(name)
