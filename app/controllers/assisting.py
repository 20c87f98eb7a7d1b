"""From what a hand does with an assisting tool to a preview, and from that to one edit.

An assistant works on a thread; of what is asked, the newest counts, but for what has been accepted:
that is worked out in any case, and becomes one step of the undo stack. Answers from before a change
of the labels are worked out again before they become an edit.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.assistants.scene import Assistant
from app.assistants.table import ASSISTANTS
from app.controllers.assist_job import Job, Preview, without_protected
from app.controllers.readiness import Readiness
from app.controllers.scene_maker import SceneMaker
from app.document import Document
from app.gesture import Gesture
from app.i18n import translate
from app.inference.client import InferenceClient
from app.priority import step_behind_the_window
from app.relay import Relay
from app.user_error import UserError, user_error
from app.view_state import ViewState
from segcore.edits import Edit, Selection, proposed_edit
from segcore.errors import Cancelled
from segcore.geometry import Box

STROKE_PAUSE = 30
"""Milliseconds until an edit tries again to get between strokes."""
_PATIENCE = 0.05
"""Seconds between deliveries while an accepted edit is waited for."""


class AssistingController(QObject):
    """Works out what gestures mean, previews it, and makes an edit of it when told.

    `previewChanged` carries a `Preview` or None, `busyChanged` whether something is worked out,
    `activeChanged` whether there is anything to accept or to cancel. `ended` says that the hand's
    gesture has become an edit, or is not wanted any more, so that its tool begins anew; `accepted`
    carries the gesture of which an edit is made.
    """

    previewChanged = Signal(object)
    busyChanged = Signal(bool)
    activeChanged = Signal(bool)
    ended = Signal()
    accepted = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        document: Document,
        view_state: ViewState,
        client: InferenceClient,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._view_state = view_state
        self._scenes = SceneMaker(document, view_state, client, self)
        self._wanted: Job | None = None
        self._accepted: list[Job] = []
        self._shown: Preview | None = None
        self._busy = self._active = False
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "assist", initializer=step_behind_the_window)
        self._readiness = Readiness(self._scenes, view_state, self._thread, self)
        document.imageLeaving.connect(self._finish)
        document.imageChanged.connect(self._begin_picture)
        document.labelsChanged.connect(self._note_change)
        view_state.toolChanged.connect(self._follow_tool)
        view_state.optionsChanged.connect(self._follow_options)
        view_state.protectionChanged.connect(self._ask_again)
        view_state.activeClassChanged.connect(self._follow_class)
        self.destroyed.connect(lambda: self._thread.shutdown(wait=False, cancel_futures=True))

    @property
    def preview(self) -> Preview | None:
        """What is shown now."""
        return self._shown

    @property
    def asked(self) -> Gesture | None:
        """What was asked last and waits for a yes or a no."""
        return None if self._wanted is None else self._wanted.gesture

    @property
    def is_active(self) -> bool:
        """Whether there is something to accept or to cancel."""
        return self._wanted is not None

    @property
    def is_busy(self) -> bool:
        """Whether something is being worked out, or an edit being made."""
        waiting = self._wanted is not None and not self._wanted.answered
        return waiting or bool(self._accepted)

    def ask(self, gesture: Gesture, assistant: Assistant | None = None) -> None:
        """Have a gesture worked out and previewed, in place of the one before.

        Its tool's assistant does so, unless another one is given.
        """
        job = self._job_of(gesture, assistant or ASSISTANTS[gesture.tool])
        if job is None:
            return
        self._let_go()
        self._readiness.make_way(gesture.points[-1] if gesture.points else None)
        self._wanted = job
        self._submit(job)
        self._tell_state()

    def approach(self, x: int, y: int) -> None:
        """The pointer is over an image pixel: have at hand what the tool will need there."""
        self._readiness.approach(x, y)

    def drop(self) -> None:
        """Want what was asked last no more; what was accepted goes on."""
        self._let_go()
        self._show(None)
        self._tell_state()

    def accept(self) -> bool:
        """Make an edit of what was asked last; False when there is nothing to accept."""
        job = self._wanted
        if job is None:
            return False
        if not self._document.may_be_changed():
            self.cancel()
            return True
        job.accepted = True
        self._wanted = None
        self._accepted.append(job)
        if job.answered:
            self._commit(job)
        self._tell_state()
        self.ended.emit()
        self.accepted.emit(job.gesture)
        return True

    def cancel(self) -> bool:
        """Leave everything as it was; False when there was nothing to cancel."""
        if self._wanted is None and self._shown is None:
            return False
        self.drop()
        self.ended.emit()
        return True

    def propose(self, tool: str) -> None:
        """Ask for what a standing tool proposes, which needs no hand."""
        if (row := ASSISTANTS.get(tool)) is not None and row.standing:
            self.ask(Gesture(tool))

    def _job_of(self, gesture: Gesture, assistant: Assistant) -> Job | None:
        scene = self._scenes.scene()
        if scene is None:
            return None
        protection = replace(self._view_state.protection, models=scene.models)
        options = self._view_state.options(gesture.tool)
        return Job(
            gesture, assistant, scene, options, protection, self._document.person, scene.cancel
        )

    def _submit(self, job: Job) -> None:
        job.answered, job.preview = False, None
        job.future = self._thread.submit(self._work, job)

    def _work(self, job: Job) -> None:
        """On the thread."""
        try:
            if not job.cancel.cancelled:
                self._work_roughly(job)
                outcome = job.assistant.work(job.scene, job.gesture, job.options)
                preview = None if outcome is None else without_protected(job, outcome)
                self._relay.post(self._take, job, preview)
        except Cancelled:
            self._relay.post(self._take, job, None)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The tool could not do its work"))
            self._relay.post(self._take, job, None, failure)

    def _work_roughly(self, job: Job) -> None:
        """Show soon what the full answer will be like; Cancelled when nobody wants that now."""
        rough = job.assistant.rough
        if rough is None or job.accepted:
            return
        outcome = rough(job.scene, job.gesture, job.options)
        if outcome is not None:
            self._relay.post(self._show_roughly, job, without_protected(job, outcome))
        job.cancel.raise_if_cancelled()

    def _show_roughly(self, job: Job, preview: Preview) -> None:
        if job is self._wanted and not job.answered:
            self._show(preview)

    def _take(self, job: Job, preview: Preview | None, failure: UserError | None = None) -> None:
        job.answered, job.preview = True, preview
        if failure is not None and (job is self._wanted or job.accepted):
            self.failed.emit(failure)
        if job.accepted:
            self._commit(job)
        elif job is self._wanted:
            self._show(preview)
        self._tell_state()

    def _commit(self, job: Job) -> None:
        """Have the edit worked out; without one the job is done."""
        proposal = None if job.preview is None else job.preview.outcome.proposal
        if job.preview is None or proposal is None:
            self._done(job)
        elif isinstance(proposal, Selection) and job.class_id < 0:
            self._done(job)
            self.failed.emit(UserError(self.tr("There is no active class: choose one first.")))
        else:
            job.future = self._thread.submit(self._work_out, job, job.preview)

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
            self._submit(job)
        else:
            self._done(job)
            if edit is not None:
                document.push(
                    edit, applied=False, text=translate("assistants", job.assistant.title)
                )

    def _done(self, job: Job) -> None:
        if job in self._accepted:
            self._accepted.remove(job)
        if self._wanted is None and not self._accepted:
            self._show(None)
        self._tell_state()
        if self._wanted is None:
            self.propose(self._view_state.tool)

    def _finish(self) -> None:
        """The picture is left: what was accepted is done first, the rest is not wanted."""
        self._readiness.forget()
        self.cancel()
        while self._accepted and not self._document.stroke_under_way:
            job = self._accepted[0]
            if job.future is not None:
                wait([job.future], _PATIENCE)
            if self._scenes.questions.waiting:
                job.cancel.cancel()  # the answer would be delivered to this thread, which waits
            self._relay.deliver_all()

    def _begin_picture(self) -> None:
        self._scenes.begin_picture()
        self.propose(self._view_state.tool)
        self._readiness.begin()

    def _note_change(self, _box: Box) -> None:
        self._scenes.changes += 1
        if not self._document.stroke_under_way:
            self._ask_again()

    def _ask_again(self, *_: Any) -> None:
        """The ground has changed: what is wanted is worked out anew."""
        if self._wanted is not None:
            self.ask(self._wanted.gesture, self._wanted.assistant)

    def _follow_tool(self, tool: str) -> None:
        self._readiness.forget()
        self.cancel()
        self.propose(tool)
        self._readiness.begin()

    def _follow_options(self, tool: str) -> None:
        if self._wanted is not None and self._wanted.gesture.tool == tool:
            self._ask_again()

    def _follow_class(self, class_id: int) -> None:
        job = self._wanted
        if job is None:
            return
        known = 0 <= class_id < len(self._document.classes)
        job.scene = replace(job.scene, class_id=class_id if known else -1)
        if job.assistant.follows_class or not job.answered:
            self._ask_again()
        elif job.preview is not None:
            job.preview = replace(job.preview, class_id=job.class_id)
            self._show(job.preview)

    def _let_go(self) -> None:
        if self._wanted is not None:
            self._wanted.cancel.cancel()
            self._wanted = None

    def _show(self, preview: Preview | None) -> None:
        if preview is not self._shown:
            self._shown = preview
            self.previewChanged.emit(preview)

    def _tell_state(self) -> None:
        busy = any(not job.answered for job in (self._wanted, *self._accepted) if job is not None)
        if busy != self._busy:
            self._busy = busy
            self.busyChanged.emit(busy)
        if self.is_active != self._active:
            self._active = self.is_active
            self.activeChanged.emit(self._active)
