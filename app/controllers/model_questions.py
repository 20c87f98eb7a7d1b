"""Questions to the model from the thread of the assistants, which waits for the answers."""

from __future__ import annotations

import queue
from typing import Any

from PySide6.QtCore import QObject

from app.inference.client import InferenceClient
from app.inference.inquiry import Inquiry, InquiryAnswer
from app.inference.jobs import JobState, JobStatus
from app.inference.requests import ModelInfo
from app.relay import Relay
from segcore.errors import Cancelled, SegcoreError
from segcore.progress import CancelToken

_LOOK_UP = 0.02
"""Seconds between looks at whether anybody still waits."""

_Answer = tuple[bool, Any]


class ModelQuestions(QObject):
    """Passes inquiries on to the inference thread; one at a time, as there is one asking thread."""

    def __init__(self, client: InferenceClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._relay = Relay(self)
        self._asked: Inquiry | None = None
        self._job: int | None = 0
        self._before: int | None = 0
        self._answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        self.model: ModelInfo | None = None
        self.waiting = False
        client.modelLoaded.connect(self._take_model)
        client.inquiryAnswered.connect(self._take)
        client.jobChanged.connect(self._follow)

    def ask(self, inquiry: Inquiry, cancel: CancelToken) -> Any:
        """The answer; on another thread than this object's.

        Raises:
            Cancelled: nobody wants it any more.
            SegcoreError: the model refuses.
        """
        answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        self.waiting = True
        try:
            self._relay.post(self._submit, inquiry, answers)
            return self._awaited(answers, cancel)
        finally:
            self.waiting = False

    def _awaited(self, answers: queue.SimpleQueue[_Answer], cancel: CancelToken) -> Any:
        while True:
            cancel.raise_if_cancelled()
            try:
                answered, value = answers.get(timeout=_LOOK_UP)
            except queue.Empty:
                continue
            if answered:
                return value
            raise value

    def _submit(self, inquiry: Inquiry, answers: queue.SimpleQueue[_Answer]) -> None:
        self._asked, self._answers = inquiry, answers
        # The client tells at once of the question before, which this one replaces.
        self._before, self._job = self._job, None
        self._job = self._client.submit(inquiry)

    def _take(self, answer: InquiryAnswer) -> None:
        if answer.inquiry is self._asked and answer.final:
            self._end(answered=True, value=answer.value)

    def _follow(self, status: JobStatus) -> None:
        if self._asked is None or status.id == self._before or self._job not in (None, status.id):
            return
        if status.state is JobState.FAILED:
            self._end(answered=False, value=SegcoreError(status.error))
        elif status.state in (JobState.CANCELLED, JobState.SUPERSEDED):
            self._end(answered=False, value=Cancelled())

    def _end(self, *, answered: bool, value: Any) -> None:
        self._asked = None
        self._answers.put((answered, value))

    def _take_model(self, model: ModelInfo) -> None:
        self.model = model
