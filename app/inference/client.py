"""The window's end of the inference thread: requests in, signals out, all on the GUI thread."""

from __future__ import annotations

import sys
import threading

from PySide6.QtCore import QObject, Signal

from app.inference.engine import Engine, SegcoreEngine
from app.inference.inquiry import InquiryAnswer
from app.inference.jobs import Job, JobState, JobStatus
from app.inference.queue import RequestQueue
from app.inference.requests import (
    Answer,
    AtHand,
    AttentionResult,
    BatchItem,
    FieldResult,
    ModelInfo,
    PredictionResult,
    Request,
)
from app.inference.worker import InferenceWorker
from app.relay import Relay

SWITCH_INTERVAL = 0.001
"""Seconds that another thread's Python may hold up the window's."""


class InferenceClient(QObject):
    """Submits requests to the one inference thread and signals what becomes of them."""

    atHandFound = Signal(object)
    modelLoaded = Signal(object)
    predictionReady = Signal(object)
    attentionReady = Signal(object)
    erfReady = Signal(object)
    batchItemReady = Signal(object)
    inquiryAnswered = Signal(object)
    jobChanged = Signal(object)

    def __init__(self, engine: Engine | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._relay = Relay(self)
        self._queue = RequestQueue()
        self._closed = False
        worker = InferenceWorker(
            self._queue, engine or SegcoreEngine(), self._tell_later, self._answer_later
        )
        self._thread = threading.Thread(target=worker.run, name="inference", daemon=True)
        self._thread.start()

    def submit(self, request: Request) -> int:
        """Queue a request; returns the id of its job.

        Of every kind but those that stand in line only the newest request counts: the one that
        still waits or runs ends superseded.
        """
        job = Job(request)
        self._tell(job.status())
        if self._closed:
            self._end(job, JobState.CANCELLED)
            return job.id
        replaced = self._queue.put(job)
        if replaced is not None:
            self._end(replaced, JobState.SUPERSEDED)
        return job.id

    def cancel(self, kind: str | None = None) -> None:
        """Call off the jobs of a kind, or all of them."""
        for job in self._queue.call_off(kind):
            self._end(job, JobState.CANCELLED)

    def pause(self, kind: str, paused: bool = True) -> None:
        """Have what runs of a kind rest where it is, or go on; `jobChanged` says so.

        A job that rests keeps all it has and goes on where it was; everything more urgent is done
        meanwhile.
        """
        for job in self._queue.pause(kind, paused):
            self._tell(job.status())

    def hand_is_down(self, *, down: bool) -> None:
        """Say that the person draws at this moment: batches wait between two pictures."""
        self._queue.hand_is_down(down=down)

    def shutdown(self, timeout: float = 10.0) -> bool:
        """Call everything off and end the thread; False when it does not end in `timeout` seconds.

        The signals of the jobs that end are still sent; afterwards there are none.
        """
        self._closed = True
        for job in self._queue.close():
            self._end(job, JobState.CANCELLED)
        self._thread.join(timeout)
        self._relay.deliver_all()
        self._relay.close()
        return not self._thread.is_alive()

    def _end(self, job: Job, state: JobState) -> None:
        if job.move_to(state):
            self._tell(job.status())

    def _tell(self, status: JobStatus) -> None:
        self.jobChanged.emit(status)

    def _tell_later(self, status: JobStatus) -> None:
        self._relay.post(self._tell, status)

    def _answer_later(self, answer: Answer) -> None:
        self._relay.post(self._send, answer)

    def _send(self, answer: Answer) -> None:
        if isinstance(answer, InquiryAnswer):
            self.inquiryAnswered.emit(answer)
        elif isinstance(answer, AtHand):
            self.atHandFound.emit(answer)
        elif isinstance(answer, ModelInfo):
            self.modelLoaded.emit(answer)
        elif isinstance(answer, PredictionResult):
            self.predictionReady.emit(answer)
        elif isinstance(answer, AttentionResult):
            self.attentionReady.emit(answer)
        elif isinstance(answer, FieldResult):
            self.erfReady.emit(answer)
        else:
            assert isinstance(answer, BatchItem)
            self.batchItemReady.emit(answer)
