"""From what a hand does with an assisting tool to a preview, which may become an edit.

An assistant works on a thread; of what is asked, the newest counts, but for what has been accepted.
What an assistant can say roughly and at once is worked out on a thread of its own, for the other
one may be waiting for the model.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.assistants.scene import Assistant, Work
from app.assistants.table import ASSISTANTS
from app.controllers.acceptance import Acceptance
from app.controllers.assist_job import Job, Preview, without_protected
from app.controllers.readiness import Readiness
from app.controllers.scene_maker import SceneMaker
from app.document import Document
from app.gesture import Gesture
from app.inference.client import InferenceClient
from app.priority import step_behind_the_window
from app.relay import Relay
from app.user_error import UserError, user_error
from app.view_state import ViewState
from segcore.errors import Cancelled, SegcoreError
from segcore.geometry import Box

_ROUGH_SECONDS = 0.5
"""That a full answer waits for the rough one, at most."""

_log = logging.getLogger(__name__)


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
        self._shown: Preview | None = None
        self._busy = self._active = False
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "assist", initializer=step_behind_the_window)
        self._rough_thread = ThreadPoolExecutor(1, "assist-rough")
        self._readiness = Readiness(self._scenes, view_state, self._thread, self)
        self._acceptance = Acceptance(document, self._scenes, self._thread, self._submit, self)
        self._acceptance.ended.connect(self._end)
        self._acceptance.failed.connect(self.failed)
        document.imageLeaving.connect(self._finish)
        document.imageChanged.connect(self._begin_picture)
        document.labelsChanged.connect(self._note_change)
        view_state.toolChanged.connect(self._follow_tool)
        view_state.optionsChanged.connect(self._follow_options)
        view_state.protectionChanged.connect(self._ask_again)
        view_state.activeClassChanged.connect(self._follow_class)
        document.predictionChanged.connect(self._readiness.begin)
        threads = (self._thread, self._rough_thread)

        def end() -> None:
            for thread in threads:
                thread.shutdown(wait=False, cancel_futures=True)

        self.destroyed.connect(end)

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
        return waiting or bool(self._acceptance.jobs)

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
        self._wanted = None
        self._acceptance.accept(job)
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
        rough = job.assistant.rough
        roughly = None
        if rough is not None and not job.accepted:
            roughly = self._rough_thread.submit(self._work_roughly, job, rough)
        job.future = self._thread.submit(self._work, job, roughly)

    def _work(self, job: Job, roughly: Future[None] | None) -> None:
        """On the thread."""
        try:
            if roughly is not None:
                wait([roughly], _ROUGH_SECONDS)  # it is shown first, and has the cores for itself
            job.cancel.raise_if_cancelled()
            outcome = job.assistant.work(job.scene, job.gesture, job.options)
            preview = None if outcome is None else without_protected(job, outcome)
            self._relay.post(self._take, job, preview)
        except Cancelled:
            self._relay.post(self._take, job, None)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The tool could not do its work"))
            self._relay.post(self._take, job, None, failure)

    def _work_roughly(self, job: Job, rough: Work) -> None:
        """On the thread of rough answers: show soon what the full answer will be like.

        What fails here fails again in full, and is said then.
        """
        try:
            job.cancel.raise_if_cancelled()
            outcome = rough(job.scene, job.gesture, job.options)
            if outcome is not None:
                self._relay.post(self._show_roughly, job, without_protected(job, outcome))
        except Cancelled:
            pass
        except SegcoreError as error:
            _log.info("A tool could not answer roughly: %s", error)

    def _show_roughly(self, job: Job, preview: Preview) -> None:
        if job is self._wanted and not job.answered:
            self._show(preview)

    def _take(self, job: Job, preview: Preview | None, failure: UserError | None = None) -> None:
        job.answered, job.preview = True, preview
        if failure is not None and (job is self._wanted or job.accepted):
            self.failed.emit(failure)
        if job.accepted:
            self._acceptance.take(job)
        elif job is self._wanted:
            self._show(preview)
        self._tell_state()

    def _end(self) -> None:
        """Something that was accepted is an edit now, or will never be one."""
        if self._wanted is None and not self._acceptance.jobs:
            self._show(None)
        self._tell_state()
        if self._wanted is None:
            self.propose(self._view_state.tool)

    def _finish(self) -> None:
        """The picture is left: what was accepted is done first, the rest is not wanted."""
        self._readiness.forget()
        self.cancel()
        self._acceptance.finish(self._relay.deliver_all)

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
        busy = any(
            not job.answered for job in (self._wanted, *self._acceptance.jobs) if job is not None
        )
        if busy != self._busy:
            self._busy = busy
            self.busyChanged.emit(busy)
        if self.is_active != self._active:
            self._active = self.is_active
            self.activeChanged.emit(self._active)
