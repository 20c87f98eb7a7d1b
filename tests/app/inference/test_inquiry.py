"""A question that answers itself: in, through the inference thread, and out again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from app.inference.client import InferenceClient
from app.inference.inquiry import Desk, Inquiry, InquiryAnswer
from app.inference.jobs import JobState, JobStatus
from segcore.errors import RequestError
from segcore.progress import CancelToken, Progress, ProgressCallback

pytestmark = pytest.mark.qt


@dataclass(frozen=True, eq=False)
class CountTo(Inquiry):
    kind: ClassVar[str] = "study"
    last: int

    @property
    def title(self) -> str:
        return f"count to {self.last}"

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        progress: ProgressCallback,
        partial: Callable[[Any], None],
    ) -> Any:
        if self.last < 0:
            raise RequestError("Nobody counts to less than nothing: give a larger number.")
        for number in range(1, self.last):
            partial(number)
            progress(Progress(number, self.last))
        return self.last


def test_partial_answers_come_before_the_last_one(qtbot: Any, client: InferenceClient) -> None:
    answers: list[InquiryAnswer] = []
    client.inquiryAnswered.connect(answers.append)
    asked = CountTo(3)
    client.submit(asked)
    qtbot.waitUntil(lambda: bool(answers) and answers[-1].final)
    assert [(each.value, each.final) for each in answers] == [(1, False), (2, False), (3, True)]
    assert all(each.inquiry is asked for each in answers)


def test_a_refused_question_fails_with_its_sentence(qtbot: Any, client: InferenceClient) -> None:
    ends: list[JobStatus] = []
    client.jobChanged.connect(lambda status: ends.append(status) if status.state.is_end else None)
    client.submit(CountTo(-1))
    qtbot.waitUntil(lambda: bool(ends))
    assert ends[0].state is JobState.FAILED
    assert ends[0].error.startswith("Nobody counts")


def test_every_study_is_answered_in_turn(qtbot: Any, client: InferenceClient) -> None:
    final: list[int] = []
    client.inquiryAnswered.connect(lambda each: final.append(each.value) if each.final else None)
    for last in (4, 2, 3):
        client.submit(CountTo(last))
    qtbot.waitUntil(lambda: len(final) == 3)
    assert final == [4, 2, 3]
