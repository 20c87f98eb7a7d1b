"""Everything behind the widgets: document, session, inference and the controllers."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject

from app.controllers.assisting import AssistingController
from app.controllers.class_changes import ClassChangesController
from app.controllers.downloads import DownloadsController
from app.controllers.inspection import InspectionController
from app.controllers.labelling import LabellingController
from app.controllers.missing_pictures import MissingPictures
from app.controllers.opening import OpeningController
from app.controllers.pictures_out import PicturesOut
from app.controllers.prediction import PredictionController
from app.controllers.review import ReviewController
from app.controllers.teaching import TeachingController
from app.controllers.uncertainty import UncertaintyController
from app.controllers.video_work import VideoWork
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.engine import Engine
from app.session import Session
from app.view_state import ViewState
from segcore.errors import SegcoreError

_log = logging.getLogger(__name__)

_PATIENCE = 3.0
"""Seconds that closing waits for a computation to notice that it was called off."""


class Core(QObject):
    """Builds the parts in the order in which they know each other, and ends them in reverse."""

    def __init__(self, engine: Engine | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._endings: list[Callable[[], None]] = []
        self.view_state = ViewState(self)
        self.document = Document(self)
        self.session = Session(self)
        self.client = InferenceClient(engine, self)
        self.opening = OpeningController(self.document, self.session, self)
        self.prediction = PredictionController(self.document, self.session, self.client, self)
        self.inspection = InspectionController(self.document, self.client, self)
        self.labelling = LabellingController(self.document, self.view_state, self)
        self.labelling.strokingChanged.connect(
            lambda: self.client.hand_is_down(down=self.labelling.is_stroking)
        )
        self.assisting = AssistingController(self.document, self.view_state, self.client, self)
        self.downloads = DownloadsController(self)
        self.uncertainty = UncertaintyController(self.document, self.client, self)
        self.pictures_out = PicturesOut(self.document, self.view_state, self)
        self.class_changes = ClassChangesController(self.document, self.session, self)
        self.teaching = TeachingController(
            self.document,
            self.session,
            self.view_state,
            self.client,
            assisting=self.assisting,
            parent=self,
        )
        self.missing_pictures = MissingPictures(self.session, self)
        self.review = ReviewController(self.session, self)
        self.video = VideoWork(self.document, self.session, self.client, self.inspection, self)

    def add_ending(self, end: Callable[[], None]) -> None:
        """Have `end` called on shutdown, before the document and the session are gone."""
        self._endings.append(end)

    def save_everything(self) -> None:
        """Finish the stroke and return once every edit is on disk.

        Raises:
            SegcoreError: the disk refuses; nothing is lost yet.
        """
        self.labelling.end_stroke()
        self.document.flush()

    def shutdown(self) -> bool:
        """End all work; False when the inference thread computes on and dies with the process."""
        self.labelling.end_stroke()
        self.downloads.shutdown()
        ended = self.client.shutdown(_PATIENCE)
        for end in self._endings:
            end()
        self.pictures_out.shutdown()
        self.prediction.shutdown()
        self.class_changes.shutdown()
        self.missing_pictures.shutdown()
        self.review.shutdown()
        self.video.shutdown()
        self.document.shutdown()
        try:
            self.session.shutdown()
        except SegcoreError as error:
            # The person was told and chose to leave all the same.
            _log.error("edits were lost: %s", error)
            if self.session.project is not None:
                self.session.project.close(discard=True)
        return ended
