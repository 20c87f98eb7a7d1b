"""One question at a time: the last one asked counts, and what answers another is dropped."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.inference.client import InferenceClient
from app.inference.inquiry import Inquiry, InquiryAnswer
from app.inference.jobs import JobState, JobStatus


class Asking(QObject):
    """Asks inquiries of one kind, which has a slot of its own in the queue.

    `answered` carries the inquiry and its value, `refused` a sentence and details, `progressed`
    steps done and in all, and `busyChanged` whether an answer is awaited.
    """

    answered = Signal(object, object)
    refused = Signal(str, str)
    progressed = Signal(int, int)
    busyChanged = Signal(bool)

    def __init__(self, client: InferenceClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._asked: Inquiry | None = None
        self._job = 0
        client.inquiryAnswered.connect(self._take)
        client.jobChanged.connect(self._follow)

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._asked is not None

    def ask(self, inquiry: Inquiry) -> None:
        """Ask; an answer to an earlier question no longer counts."""
        was_busy = self.busy
        self._asked = inquiry
        self._job = self._client.submit(inquiry)
        if not was_busy:
            self.busyChanged.emit(self.busy)

    def call_off(self) -> None:
        """Want no answer any more."""
        if self._asked is not None:
            kind = self._asked.kind
            self._end()
            self._client.cancel(kind)

    def _take(self, answer: InquiryAnswer) -> None:
        if answer.inquiry is self._asked and answer.final:
            self._end()
            self.answered.emit(answer.inquiry, answer.value)

    def _follow(self, status: JobStatus) -> None:
        if self._asked is None or status.id != self._job:
            return
        if status.progress is not None:
            self.progressed.emit(status.progress.done, status.progress.total)
        if status.state in (JobState.CANCELLED, JobState.FAILED):
            self._end()
            if status.error:
                self.refused.emit(status.error, status.details)

    def _end(self) -> None:
        self._asked = None
        self.busyChanged.emit(self.busy)
