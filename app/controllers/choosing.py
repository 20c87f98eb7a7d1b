"""Choosing frames of a clip for labelling; those by content are looked through on a thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.controllers.clip import ClipController
from app.priority import step_behind_the_window
from app.relay import Relay
from app.session import Session
from segcore.errors import SegcoreError
from segcore.images import read_thumbnail
from segcore.motion.choosing import described, every_nth, least_certain, most_different
from segcore.project import Project

_SIDE = 48


class ChoosingController(QObject):
    """`chosen(list of frame numbers)` when it is done."""

    chosen = Signal(object)
    workChanged = Signal(int, int)
    notice = Signal(str)

    def __init__(
        self, clip: ClipController, session: Session, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._clip, self._session = clip, session
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "choosing", step_behind_the_window)
        self._turn = 0

    def choose(self, way: str, number: int) -> None:
        """Choose in the range: every `number`-th frame, or `number` frames by another way."""
        project, clip = self._session.project, self._clip
        if project is None or not clip.is_clip:
            return
        first, last = clip.range
        names = clip.names[first : last + 1]
        self._turn += 1
        if way == "every":
            self._tell_chosen(first, every_nth(len(names), number))
        elif way == "uncertainty":
            values = np.array([project.uncertainty(name) for name in names], np.float32)
            apart = max(len(names) // (4 * max(number, 1)), 1)
            found = least_certain(values, number, apart=apart)
            if not found:
                self.notice.emit(self.tr("How uncertain frames are is known once predicted."))
            self._tell_chosen(first, found)
        else:
            self._thread.submit(self._by_content, self._turn, project, names, first, number)

    def cancel(self) -> None:
        """Choose nothing."""
        self._turn += 1
        self.workChanged.emit(0, 0)

    def shutdown(self) -> None:
        """End the thread."""
        self._turn += 1
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _by_content(
        self, turn: int, project: Project, names: list[str], first: int, wanted: int
    ) -> None:
        descriptions, numbers = [], []
        for number, name in enumerate(names):
            if turn != self._turn:
                return
            try:
                thumbnail = read_thumbnail(project.image_path(name), _SIDE)
            except SegcoreError:
                continue  # a damaged frame is not worth labelling
            descriptions.append(described(thumbnail))
            numbers.append(number)
            if number % 20 == 0:
                self._relay.post(self.workChanged.emit, number, len(names))
        found = [numbers[i] for i in most_different(descriptions, wanted)]
        self._relay.post(self.workChanged.emit, 0, 0)
        self._relay.post(self._tell_chosen, first, found)

    def _tell_chosen(self, first: int, found: list[int]) -> None:
        self.chosen.emit([first + number for number in found])
