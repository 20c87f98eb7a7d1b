"""Ties the list of pictures to the session and to what is noted about the pictures."""

from __future__ import annotations

import time
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer

from app.convert import to_qimage
from app.panels.images import ImageListPanel
from app.pictures.thumbnails import SmallLabels, small_labels
from app.window.core import Core
from segcore.errors import SegcoreError

EDIT_PAUSE = 400
"""Milliseconds without an edit before the open picture's thumbnail is made anew."""


class ListLink(QObject):
    """Shows the session's pictures with their thumbnails and how far the work on them is."""

    def __init__(self, panel: ImageListPanel, core: Core, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._session = core.session
        self._document = core.document
        self._places: dict[str, int] = {}
        self._edited_timer = QTimer(self)
        self._edited_timer.setSingleShot(True)
        self._edited_timer.setInterval(EDIT_PAUSE)
        self._edited_timer.timeout.connect(self._renew_edited)
        self._edited = ""
        session, document = core.session, core.document
        core.prediction.in_sight = panel.positions_in_sight
        session.labels_at_hand = self._labels_at_hand
        session.imagesListed.connect(self._show_names)
        session.currentChanged.connect(panel.set_current)
        session.thumbnailReady.connect(self._show_thumbnail)
        panel.openRequested.connect(session.open_index)
        panel.thumbnailsRequested.connect(self._request_thumbnails)
        document.labelsChanged.connect(self._note_edit)
        document.predictionChanged.connect(self._note_edit)
        document.imageLeaving.connect(self._renew_edited)
        document.imageChanged.connect(self._show_current_status)
        document.classesChanged.connect(self._show_classes)
        core.prediction.pictureLabelled.connect(self._renew)
        core.review.factsRead.connect(panel.set_facts)
        core.review.ranksFound.connect(panel.set_ranks)
        core.review.changed.connect(self._show_changed)

    def position_of(self, name: str) -> int:
        """A picture's place in the session's names; -1 where it is not among them."""
        names = self._session.names
        for place in range(len(self._places), len(names)):
            self._places[names[place]] = place
        return self._places.get(name, -1)

    def _show_names(self) -> None:
        names = self._session.names
        if len(names) < len(self._places) or not names:
            self._places.clear()
        self._panel.set_names(names)

    def _request_thumbnails(self, positions: list[int]) -> None:
        self._session.show_thumbnails(min(positions), max(positions))
        for position in positions:
            self._show_status(position)
            thumbnail = self._session.request_thumbnail(position)
            if thumbnail is not None:
                self._show_thumbnail(position, thumbnail)

    def _show_thumbnail(self, position: int, thumbnail: npt.NDArray[np.uint8]) -> None:
        self._panel.set_thumbnail(position, to_qimage(thumbnail))

    def _show_classes(self) -> None:
        """Colours may be others now, and there may be more classes to filter by."""
        self._session.outdate_thumbnails()
        self._panel.outdate_thumbnails()
        self._panel.set_classes(self._document.classes.shown)

    def _note_edit(self) -> None:
        self._edited = self._document.name or ""
        self._edited_timer.start()
        if not self._document.stroke_under_way:  # the project hears of it when it is done
            self._show_current_status()

    def _renew_edited(self) -> None:
        self._edited_timer.stop()
        if self._edited:
            self._renew(self._edited)
            self._edited = ""

    def _renew(self, name: str) -> None:
        """The labels of a picture have changed."""
        position = self.position_of(name)
        if position < 0:
            return
        self._panel.rows.set_edited(position, time.time())
        self._session.outdate_thumbnail(position)
        self._panel.outdate_thumbnails([position])
        self._show_status(position)

    def _show_changed(self, names: Iterable[str]) -> None:
        project = self._session.project
        for name in names:
            position = self.position_of(name)
            if position < 0 or project is None:
                continue
            self._show_status(position)
            self._panel.set_comment(position, project.comment(name))

    def _show_current_status(self) -> None:
        if self._session.current >= 0:
            self._show_status(self._session.current)

    def _show_status(self, position: int) -> None:
        project, names = self._session.project, self._session.names
        if project is None or not 0 <= position < len(names):
            return
        name = names[position]
        try:
            state = project.state(name)
            status = state.status
            if status == "new" and self._is_labelled(name):
                status = "predicted"
        except SegcoreError:  # a picture that left the project while the list still shows it
            self._panel.set_status(position, "")
            return
        self._panel.set_status(position, status)
        self._panel.set_uncertainty(position, state.uncertainty)

    def _labels_at_hand(self, name: str) -> SmallLabels | None:
        """Those of the open picture: reading 400 megapixels again takes seconds."""
        document = self._document
        if name != document.name or document.labels is None or not document.labelled:
            return None
        return small_labels(document.labels, document.classes)

    def _is_labelled(self, name: str) -> bool:
        if name == self._document.name:
            return self._document.labelled
        project = self._session.project
        return project is not None and project.has_labels(name)
