"""Everything behind the timeline, built and ended together."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.controllers.choosing import ChoosingController
from app.controllers.clip import ClipController
from app.controllers.clip_marks import ClipMarks
from app.controllers.clip_times import ClipTimes
from app.controllers.flicker import FlickerController
from app.controllers.following import FollowingController
from app.controllers.inspection import InspectionController
from app.controllers.playback import PlaybackController
from app.controllers.propagation import PropagationController
from app.controllers.video_export import VideoExportController
from app.document import Document
from app.inference.client import InferenceClient
from app.session import Session


class VideoWork(QObject):
    """The controllers of a clip."""

    def __init__(
        self,
        document: Document,
        session: Session,
        client: InferenceClient,
        inspection: InspectionController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.clip = ClipController(session, self)
        self.times = ClipTimes(self.clip, session, self)
        self.marks = ClipMarks(self.clip, self)
        self.playback = PlaybackController(self.clip, session, self)
        self.propagation = PropagationController(self.clip, document, session, client, self)
        self.flicker = FlickerController(self.clip, document, session, self)
        self.export = VideoExportController(self.clip, session, self)
        self.choosing = ChoosingController(self.clip, session, self)
        self.following = FollowingController(self.clip, document, inspection, self)

    def cancel(self) -> None:
        """Stop whatever is under way for the clip."""
        self.propagation.cancel()
        self.flicker.cancel()
        self.export.cancel()
        self.choosing.cancel()

    def shutdown(self) -> None:
        """End the threads; after the client's shutdown, before the document's."""
        self.times.shutdown()
        self.playback.shutdown()
        self.propagation.shutdown()
        self.flicker.shutdown()
        self.export.shutdown()
        self.choosing.shutdown()
        self.following.shutdown()
