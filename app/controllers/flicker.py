"""Flicker of a clip: measured on a thread of its own, shown as a curve and as a map."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.controllers.clip import ClipController
from app.document import Document
from app.priority import step_behind_the_window
from app.relay import Relay
from app.session import Session
from app.user_error import UserError
from segcore.errors import SegcoreError
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.images import read_image
from segcore.labels import LabelMap
from segcore.motion import Flicker, flicker, is_cut, motion_between
from segcore.motion.flicker_log import FlickerFact, FlickerLog
from segcore.project import Project
from segcore.project.confidence import CLIPS
from segcore.project.names import map_path


class FlickerController(QObject):
    """Knows the flicker of every frame that was measured; edited frames are measured again.

    `curveChanged()` when shares are known or void; `mapReady(HeatMap | None)` for the open frame;
    `workChanged(done, total)` with (0, 0) at the end.
    """

    curveChanged = Signal()
    mapReady = Signal(object)
    placeFound = Signal(int, object)
    workChanged = Signal(int, int)
    failed = Signal(object)
    notice = Signal(str)

    def __init__(
        self,
        clip: ClipController,
        document: Document,
        session: Session,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clip, self._document, self._session = clip, document, session
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "flicker", step_behind_the_window)
        self._turn = 0
        self._log: FlickerLog | None = None
        self._log_of: tuple[Project, str] | None = None
        self._visited: set[str] = set()
        self._stale: set[str] = set()
        self._open_name: str | None = None
        self._closed = False
        document.labelsChanged.connect(self._note_change)
        document.imageChanged.connect(self._follow_image)
        clip.clipChanged.connect(self._follow_clip)

    @property
    def shares(self) -> npt.NDArray[np.float32]:
        """(N,) of the clip's frames, NaN where nothing is known."""
        if self._log is None:
            return np.zeros(0, np.float32)
        return self._log.shares(self._clip.names)

    def measure(self) -> None:
        """Measure the range, or all of the clip; labels must be there."""
        project, clip, log = self._session.project, self._clip, self._log
        if project is None or log is None or not clip.is_clip:
            return
        first, last = clip.range
        self._turn += 1
        self._visited.clear()
        self._document.save()
        names = clip.names[max(first - 1, 0) : last + 1]
        self._thread.submit(self._measure, self._turn, project, log, names)

    def cancel(self) -> None:
        """Stop measuring; what is known stays."""
        self._turn += 1
        self.workChanged.emit(0, 0)

    def next_worst(self) -> None:
        """Go to the frame that flickers most of those not visited since the last measurement."""
        shares = self.shares
        names = self._clip.names
        order = [int(i) for i in np.argsort(-np.nan_to_num(shares, nan=-1.0)) if shares[i] > 0]
        fresh = [number for number in order if names[number] not in self._visited]
        if not order:
            self.notice.emit(self.tr("Measure the flicker first: labels are needed on all frames."))
            return
        if not fresh:
            self._visited.clear()
            fresh = order
        number = fresh[0]
        self._visited.add(names[number])
        fact = self._log.get(names[number]) if self._log is not None else None
        self._clip.go_to(number)
        self.placeFound.emit(number, None if fact is None else fact.worst)

    def show_map(self) -> None:
        """Have the flips of the open frame since the one before laid over it."""
        project, clip = self._session.project, self._clip
        if project is None or clip.current < 1 or self._document.labels is None:
            self.mapReady.emit(None)
            return
        before = clip.name_of(clip.current - 1)
        image, labels = self._document.image, self._document.labels.copy()
        ignore = self._document.classes.ignore
        name = self._document.name
        assert image is not None
        assert name is not None
        self._thread.submit(self._map, project, name, before, (image, labels, ignore))

    def shutdown(self) -> None:
        """End the thread."""
        self._closed = True
        self._turn += 1
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def note_changed(self, names: list[str]) -> None:
        """Labels of these frames were changed by somebody else."""
        self._stale.update(names)
        self._measure_stale()

    def _follow_clip(self) -> None:
        project, clip = self._session.project, self._clip
        if project is None or not clip.count:
            self._log = self._log_of = None
        elif self._log_of is None or self._log_of != (project, clip.name):
            self._turn += 1
            self._stale.clear()
            self._log_of = (project, clip.name)
            path = map_path(project.folder, CLIPS, clip.name or "pictures", ".jsonl")
            self._log = FlickerLog(path)
        self.curveChanged.emit()

    def _note_change(self, _box: Box) -> None:
        if self._document.name is not None:
            self._stale.add(self._document.name)

    def _follow_image(self) -> None:
        """The frame that was left is measured again if it was changed."""
        if self._open_name != self._document.name:
            self._open_name = self._document.name
            self._measure_stale()

    def _measure_stale(self) -> None:
        project, log = self._session.project, self._log
        if self._closed or project is None or log is None or not self._stale:
            return
        stale, self._stale = self._stale, set()
        wanted: list[tuple[str, str]] = []
        for name in stale:
            number = self._clip.number_of(name)
            if number is None:
                continue
            for later in (number, number + 1):
                if 0 < later < self._clip.count and log.get(self._clip.name_of(later)) is not None:
                    pair = (self._clip.name_of(later - 1), self._clip.name_of(later))
                    wanted.append(pair)
                    log.put(pair[1], None)
        if wanted:
            self.curveChanged.emit()
            # behind the recorder, which still writes what was changed
            self._document.recorder.submit(
                self.tr("Flicker could not be measured"),
                self._thread.submit,
                self._measure_pairs,
                project,
                log,
                wanted,
            )

    def _measure_pairs(
        self, project: Project, log: FlickerLog, pairs: list[tuple[str, str]]
    ) -> None:
        for before, name in dict.fromkeys(pairs):
            try:
                self._note(log, name, self._between(project, name, before))
            except SegcoreError:
                continue  # a frame that cannot be read has no flicker
        self._relay.post(self.curveChanged.emit)

    def _measure(self, turn: int, project: Project, log: FlickerLog, names: list[str]) -> None:
        total, known = len(names) - 1, 0
        last_image: npt.NDArray[np.uint8] | None = None
        for done, (before, name) in enumerate(pairwise(names)):
            if turn != self._turn:
                return
            try:
                image = read_image(project.image_path(name))
                if last_image is None:
                    last_image = read_image(project.image_path(before))
                found = self._between(project, name, before, images=(image, last_image))
                last_image = image
            except SegcoreError:
                found, last_image = None, None
            self._note(log, name, found)
            known += found is not None
            if done % 5 == 4 or done + 1 == total:
                self._relay.post(self._tell, turn, done + 1, total)
        self._relay.post(self._end, turn, known)

    def _between(
        self,
        project: Project,
        name: str,
        before: str,
        *,
        images: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]] | None = None,
    ) -> Flicker | None:
        """None where one of them has no labels, or a cut lies between them."""
        if not (project.has_labels(name) and project.has_labels(before)):
            return None
        image, other = images or (
            read_image(project.image_path(name)),
            read_image(project.image_path(before)),
        )
        if image.shape != other.shape:
            return None
        motion = motion_between(image, other)
        if is_cut(image, other, motion):
            return None
        return flicker(
            project.labels(name), project.labels(before), motion, ignore=project.classes.ignore
        )

    @staticmethod
    def _note(log: FlickerLog, name: str, found: Flicker | None) -> None:
        if found is None:
            log.put(name, None)
        else:
            log.put(name, found.share, found.worst)

    def _tell(self, turn: int, done: int, total: int) -> None:
        if turn == self._turn:
            self.workChanged.emit(done, total)
            self.curveChanged.emit()

    def _end(self, turn: int, known: int) -> None:
        if turn == self._turn:
            self.workChanged.emit(0, 0)
            self.curveChanged.emit()
            if not known:
                self.notice.emit(
                    self.tr("No two frames next to each other have labels: predict the clip first.")
                )

    def _map(
        self,
        project: Project,
        name: str,
        before: str,
        frame: tuple[npt.NDArray[np.uint8], LabelMap, int],
    ) -> None:
        image, labels, ignore = frame
        try:
            other = read_image(project.image_path(before))
            motion = motion_between(image, other)
            found = flicker(labels, project.labels(before), motion, ignore=ignore)
        except SegcoreError as error:
            self._relay.post(self.failed.emit, UserError(str(error)))
            return
        values = found.flips.astype(np.float32)
        box = Box.of_size(found.flips.shape)
        heat = HeatMap(values, self.tr("classes that flipped since the frame before"), box)
        self._relay.post(self._take_map, name, heat, FlickerFact(found.share, found.worst))

    def _take_map(self, name: str, heat: HeatMap, _fact: FlickerFact) -> None:
        if name == self._document.name:
            self.mapReady.emit(heat)
