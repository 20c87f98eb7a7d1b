"""Questions of the assistants: a new one is not taken for the one that it replaces."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.controllers.model_questions import ModelQuestions
from app.inference.inquiry import InquiryAnswer
from app.inference.jobs import JobState
from segcore.errors import Cancelled
from segcore.progress import CancelToken


@dataclass
class Status:
    id: int
    state: JobState
    error: str = ""


class Client(QObject):
    """Answers when told; tells at once, in the call, of the question that is replaced."""

    modelLoaded = Signal(object)
    inquiryAnswered = Signal(object)
    jobChanged = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Any] = []

    def submit(self, inquiry: Any) -> int:
        self.asked.append(inquiry)
        number = len(self.asked)
        self.jobChanged.emit(Status(number, JobState.QUEUED))
        if number > 1:
            self.jobChanged.emit(Status(number - 1, JobState.SUPERSEDED))
        return number


def test_a_question_that_replaces_one_nobody_waits_for_is_answered(qtbot: QtBot) -> None:
    client = Client()
    questions = ModelQuestions(client)  # type: ignore[arg-type]
    first, second = CancelToken(), CancelToken()
    told: list[Any] = []

    def ask() -> None:
        try:
            questions.ask("first", first)  # type: ignore[arg-type]
        except Cancelled:
            told.append("given up")
        told.append(questions.ask("second", second))  # type: ignore[arg-type]

    thread = threading.Thread(target=ask)
    thread.start()
    qtbot.waitUntil(lambda: client.asked == ["first"])
    first.cancel()
    qtbot.waitUntil(lambda: client.asked == ["first", "second"])
    client.inquiryAnswered.emit(InquiryAnswer("second", 7, final=True))  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: not thread.is_alive())
    assert told == ["given up", 7]
