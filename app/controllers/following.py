"""The query follows its point from frame to frame, so that its attention can be watched."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PySide6.QtCore import QObject

from app.controllers.clip import ClipController
from app.controllers.inspection import InspectionController
from app.document import Document
from app.inference.requests import Image, Point
from app.relay import Relay
from segcore.motion import is_cut, motion_between
from segcore.motion.carry import follow

FARTHEST = 10
"""Frames between two between which a point is still found by one flow."""


@dataclass(frozen=True, eq=False)
class _Asked:
    name: str
    image: Image
    point: Point


class FollowingController(QObject):
    """Asks again where the point went, whenever a frame near the last one is opened."""

    def __init__(
        self,
        clip: ClipController,
        document: Document,
        inspection: InspectionController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.follows = True
        self._clip, self._document, self._inspection = clip, document, inspection
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "following")
        self._asked: _Asked | None = None
        inspection.pointChanged.connect(self._note)
        document.imageChanged.connect(self._follow)

    def shutdown(self) -> None:
        """End the thread."""
        self.follows = False
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _note(self, point: Point | None) -> None:
        """A point that goes because another frame came is kept; one that was cleared is not."""
        document, asked = self._document, self._asked
        if point is not None and document.name is not None and document.image is not None:
            self._asked = _Asked(document.name, document.image, point)
        elif point is None and asked is not None and document.image is asked.image:
            self._asked = None

    def _follow(self) -> None:
        asked, document = self._asked, self._document
        if asked is None or not self.follows or document.image is None or document.name is None:
            return
        if document.name == asked.name or document.image.shape != asked.image.shape:
            return
        here, there = self._clip.number_of(document.name), self._clip.number_of(asked.name)
        if here is None or there is None or abs(here - there) > FARTHEST:
            self._asked = None
            return
        self._thread.submit(self._find, asked, document.name, document.image)

    def _find(self, asked: _Asked, name: str, image: Image) -> None:
        motion = motion_between(image, asked.image)
        if not is_cut(image, asked.image, motion):
            self._relay.post(self._take, name, follow(asked.point, motion))

    def _take(self, name: str, point: Point | None) -> None:
        if point is not None and name == self._document.name and self._inspection.point is None:
            self._inspection.query(*point)
