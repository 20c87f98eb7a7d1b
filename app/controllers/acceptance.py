"""From an accepted proposal to one step of the undo stack.

What has been accepted is worked out whatever is asked next. An answer from before a change of the
labels is worked out again before it becomes an edit.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.assist_job import Job, Preview
from app.controllers.scene_maker import SceneMaker
from app.document import Document
from app.i18n import translate
from app.relay import Relay
from app.user_error import UserError, user_error
from segcore.edits import Edit, Selection, proposed_edit

STROKE_PAUSE = 30
"""Milliseconds until an edit tries again to get between strokes."""
_PATIENCE = 0.05
"""Seconds between deliveries while an accepted edit is waited for."""


class Acceptance(QObject):
    """Makes edits of accepted jobs, on the thread of the assistants; `ended` says that one is done.

    Args:
        again: has a job worked out again, on a scene that it carries.
    """

    ended = Signal()
    failed = Signal(object)

    def __init__(
        self,
        document: Document,
        scenes: SceneMaker,
        thread: ThreadPoolExecutor,
        again: Callable[[Job], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._scenes = scenes
        self._thread = thread
        self._again = again
        self._relay = Relay(self)
        self._accepted: list[Job] = []

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What has been accepted and is no edit yet."""
        return tuple(self._accepted)

    def accept(self, job: Job) -> None:
        """An edit is to be made of it; at once where it is answered, else when `take` says so."""
        job.accepted = True
        self._accepted.append(job)
        if job.answered:
            self.take(job)

    def take(self, job: Job) -> None:
        """An accepted job is answered: have its edit worked out; without one it is done."""
        proposal = None if job.preview is None else job.preview.outcome.proposal
        if job.preview is None or proposal is None:
            self._done(job)
        elif isinstance(proposal, Selection) and job.class_id < 0:
            self._done(job)
            self.failed.emit(UserError(self.tr("There is no active class: choose one first.")))
        else:
            job.future = self._thread.submit(self._work_out, job, job.preview)

    def finish(self, deliver: Callable[[], None]) -> None:
        """Return once all edits are made, or cannot be: the picture is left.

        Args:
            deliver: hands on the answers that have come from the thread.
        """
        while self._accepted and not self._document.stroke_under_way:
            job = self._accepted[0]
            if job.future is not None:
                wait([job.future], _PATIENCE)
            if self._scenes.questions.waiting:
                job.cancel.cancel()  # the answer would be delivered to this thread, which waits
            deliver()
            self._relay.deliver_all()

    def _work_out(self, job: Job, preview: Preview) -> None:
        """On the thread."""
        scene, proposal = job.scene, preview.outcome.proposal
        assert proposal is not None
        try:
            edit = proposed_edit(
                proposal,
                scene.labels,
                scene.origins,
                class_id=max(job.class_id, 0),
                origin=self._origin_of(job, preview),
                name=job.assistant.title,
            )
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            self._relay.post(self.failed.emit, user_error(error, self.tr("Nothing was changed")))
            self._relay.post(self._done, job)
        else:
            self._relay.post(self._make, job, edit)

    def _origin_of(self, job: Job, preview: Preview) -> int:
        """Who says so: a row of the origin table, which is written to disk when it is new."""
        project = self._document.project
        if preview.outcome.model is not None and project is not None:
            return project.origin_id("model", *preview.outcome.model)
        if preview.outcome.propagated and project is not None:
            return project.origin_id("propagated")
        return job.person

    def _make(self, job: Job, edit: Edit | None) -> None:
        document = self._document
        if document.labels is not job.scene.labels:
            self._done(job)
        elif document.stroke_under_way:
            QTimer.singleShot(STROKE_PAUSE, self, lambda: self._make(job, edit))
        elif self._scenes.changes != job.scene.changes:
            job.scene = replace(job.scene, changes=self._scenes.changes)
            self._again(job)
        else:
            self._done(job)
            if edit is not None:
                document.push(
                    edit, applied=False, text=translate("assistants", job.assistant.title)
                )

    def _done(self, job: Job) -> None:
        if job in self._accepted:
            self._accepted.remove(job)
        self.ended.emit()
