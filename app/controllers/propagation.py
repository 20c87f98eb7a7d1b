"""Labels of the open frame carried to its neighbours: previewed, saved with an undo for each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.controllers.clip import ClipController
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.inquiries.video import PropagatedFrame, PropagateInquiry, PropagationEnd
from app.inference.inquiry import InquiryAnswer
from app.inference.jobs import JobState, JobStatus
from app.inference.requests import Image, ModelInfo
from app.lay_under import MODEL_KIND, NOBODY, PERSON_KIND, joined_classes
from app.pictures.claims import Claims
from app.relay import Relay
from app.session import Session
from app.user_error import UserError, user_error
from segcore.edits import Edit, replace_all
from segcore.images import read_image
from segcore.project import Kind, Move, Project
from segcore.project.confidence import write_confidence

PROPAGATED: Final = "propagated"
_SETTLED = ("done", "approved")
_UNTOUCHED = ("new", "predicted")


class FramesOfProject:
    """Frames for the inference thread, read from the project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def read(self, name: str) -> Image:
        """The frame, uint8 RGB (H, W, 3)."""
        return read_image(self._project.image_path(name))

    def is_corrected(self, name: str) -> bool:
        """Whether a person has said anything of the frame, or it is settled."""
        status = self._project.status(name)
        if status in _SETTLED:
            return True
        if status != "in_work" or not self._project.has_labels(name):
            return False
        persons = [row.id for row in self._project.origin_rows if row.kind == PERSON_KIND]
        return bool(np.isin(self._project.origins(name), persons).any())


class PropagationController(QObject):
    """Asks the inference thread for carried labels and keeps them.

    `previewReady(PropagatedFrame)`: to be shown, and nothing is saved; the same request once more
    goes on. `frameSaved(name)` for each frame; `ended(sentence)`.
    """

    previewReady = Signal(object)
    previewDropped = Signal()
    frameSaved = Signal(str)
    workChanged = Signal(int, int)
    ended = Signal(str)
    failed = Signal(object)
    notice = Signal(str)

    def __init__(
        self,
        clip: ClipController,
        document: Document,
        session: Session,
        client: InferenceClient,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.reach = 10
        self.previews = False
        self._clip, self._document, self._session = clip, document, session
        self._client = client
        self._relay = Relay(self)
        self._writer = ThreadPoolExecutor(1, "propagation")
        self._model: ModelInfo | None = None
        self._asked: PropagateInquiry | None = None
        self._job = 0
        self._done = 0
        self._place: tuple[Project, Claims] | None = None
        self._previewed: tuple[str, int] | None = None
        self._is_preview = False
        client.modelLoaded.connect(self._take_model)
        client.inquiryAnswered.connect(self._take)
        client.jobChanged.connect(self._follow_job)
        document.imageChanged.connect(self.drop_preview)
        session.projectLeaving.connect(self.cancel)

    @property
    def is_running(self) -> bool:
        """Whether labels are being carried."""
        return self._asked is not None

    @property
    def has_preview(self) -> bool:
        """Whether the next frame is shown and nothing saved yet."""
        return self._previewed is not None

    def propagate(self, direction: int) -> None:
        """Carry the open frame's labels forward (1) or back (-1)."""
        document, clip, project = self._document, self._clip, self._session.project
        if self.is_running or project is None or clip.current < 0 or self._model is None:
            return
        if not document.may_be_changed():
            return
        if document.name != clip.name_of(clip.current):
            return  # the frame is still on its way
        if document.image is None or document.labels is None or not document.labelled:
            self.notice.emit(self.tr("There is nothing to carry yet: label this frame first."))
            return
        names = self._targets(direction)
        if not names:
            self.notice.emit(self.tr("There is no frame in that direction."))
            return
        document.set_classes(joined_classes(document.classes, self._model.classes))
        assert document.name is not None
        begun = (document.name, direction)
        preview = self.previews and self._previewed != begun
        self.drop_preview()
        self._previewed = None
        self._is_preview = preview
        self._done = 0
        self._place = (project, self._session.claims)
        self._asked = PropagateInquiry(
            self._model.spec,
            document.name,
            document.image,
            document.labels.copy(),
            document.classes,
            tuple(names[:1] if preview else names),
            FramesOfProject(project),
        )
        self._begun = begun
        self.workChanged.emit(0, len(self._asked.names))
        self._job = self._client.submit(self._asked)

    def cancel(self) -> None:
        """Stop; frames done so far are kept."""
        self.drop_preview()
        if self._asked is not None:
            self._asked = None
            self._client.cancel(PropagateInquiry.kind)
            self.workChanged.emit(0, 0)

    def drop_preview(self) -> None:
        """Take the preview away."""
        if self._previewed is not None:
            self._previewed = None
            self.previewDropped.emit()

    def shutdown(self) -> None:
        """Save what has arrived."""
        self._writer.shutdown(wait=True)
        self._relay.deliver_all()
        self._relay.close()

    def _targets(self, direction: int) -> list[str]:
        clip = self._clip
        here = clip.current
        first, last = clip.range if clip.chosen_range else (0, clip.count - 1)
        ahead = range(here + 1, last + 1) if direction > 0 else range(here - 1, first - 1, -1)
        numbers = list(ahead)[: self.reach or None]
        return [clip.name_of(number) for number in numbers]

    def _take_model(self, info: ModelInfo) -> None:
        self._model = info

    def _take(self, answer: InquiryAnswer) -> None:
        if answer.inquiry is not self._asked or self._asked is None:
            return
        if isinstance(answer.value, PropagatedFrame):
            self._done += 1
            if self._is_preview:
                # One frame was all: whoever asks again now goes on, before the end is heard of.
                self._asked, self._previewed = None, self._begun
                self.workChanged.emit(0, 0)
                self.previewReady.emit(answer.value)
            else:
                self.workChanged.emit(self._done, len(self._asked.names))
                assert self._place is not None
                self._writer.submit(self._save, *self._place, answer.value)
            return
        if answer.final and isinstance(answer.value, PropagationEnd):
            self._asked = None
            self.workChanged.emit(0, 0)
            self._writer.submit(self._relay.post, self.ended.emit, self._words(answer.value))

    def _words(self, end: PropagationEnd) -> str:
        frames = self.tr("Labels were carried over 1 frame")
        if end.frames != 1:
            frames = self.tr("Labels were carried over {} frames").format(end.frames)
        return {
            "cut": self.tr("{}; there is a cut.").format(frames),
            "corrected": self.tr("{}; the next one was corrected by a person.").format(frames),
        }.get(end.why, f"{frames}.")

    def _follow_job(self, status: JobStatus) -> None:
        if status.id != self._job:
            return
        if status.error:
            self.failed.emit(UserError(status.error, status.details))
        if status.state in (JobState.CANCELLED, JobState.FAILED):
            self._asked = None
            self.workChanged.emit(0, 0)

    def _save(self, project: Project, claims: Claims, frame: PropagatedFrame) -> None:
        """On the writer's thread."""
        try:
            origin = project.origin_id(PROPAGATED)
            if not claims.claim(frame.name, 0.2):
                self._relay.post(self._put_into_document, project, frame, origin)
                return
            try:
                maps = project.maps(frame.name)
                edit = _edit_of(project, maps.labels, maps.origins, frame.labels, origin)
                if edit is not None:
                    untouched = project.status(frame.name) in _UNTOUCHED
                    project.record_edit(frame.name, edit, Move(Kind.DO, self._step, edit))
                    project.fold(frame.name)
                    if untouched:  # no person has looked at it so far
                        project.set_status(frame.name, "predicted")
                kept = _gives_way(project)[maps.origins]
                write_confidence(project.folder, frame.name, np.where(kept, frame.confidence, 0))
            finally:
                claims.release(frame.name)
        except Exception as error:  # noqa: BLE001 - told to the person; frames before are kept
            words = self.tr("The carried labels could not be saved")
            self._relay.post(self._fail, user_error(error, words))
        else:
            self._relay.post(self.frameSaved.emit, frame.name)

    @property
    def _step(self) -> str:
        return self.tr("Carry labels")

    def _fail(self, failure: UserError) -> None:
        self.failed.emit(failure)
        self.cancel()

    def _put_into_document(self, project: Project, frame: PropagatedFrame, origin: int) -> None:
        """The person has gone to that frame meanwhile: it is done in the window."""
        document = self._document
        labels, origins = document.labels, document.origins
        if document.name != frame.name or labels is None or origins is None:
            self._writer.submit(self._save, project, self._session.claims, frame)
            return
        edit = _edit_of(project, labels, origins, frame.labels, origin)
        if edit is not None:
            document.push(edit, applied=False, text=self._step)
        self.frameSaved.emit(frame.name)


def _gives_way(project: Project) -> npt.NDArray[np.bool_]:
    """(256,) True for the rows of the origin table that carried labels may take the place of."""
    table = np.zeros(256, np.bool_)
    rows = (row.id for row in project.origin_rows if row.kind in (MODEL_KIND, PROPAGATED))
    table[[NOBODY, *rows]] = True
    return table


def _edit_of(
    project: Project,
    labels: npt.NDArray[np.generic],
    origins: npt.NDArray[np.uint8],
    carried: npt.NDArray[np.generic],
    origin: int,
) -> Edit | None:
    table = _gives_way(project)
    return replace_all(
        labels, origins, carried.astype(labels.dtype), table, origin, name="Carry labels"
    )
