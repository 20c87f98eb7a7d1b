"""The one thread that does all inference for the life of the window."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import replace

from app.inference.batch import BatchRun
from app.inference.engine import Engine
from app.inference.inquiry import Inquiry, InquiryAnswer
from app.inference.jobs import Job, JobState, JobStatus
from app.inference.queue import RequestQueue
from app.inference.requests import (
    Answer,
    AttentionResult,
    FieldResult,
    LoadModel,
    PredictBatch,
    PredictImage,
    PredictionResult,
    QueryPoint,
)
from app.priority import step_behind_the_window
from segcore.errors import Cancelled, SegcoreError
from segcore.progress import Progress

PROGRESS_INTERVAL = 0.05
"""Seconds between two reports of one job, so that the window is not flooded."""

CALM_INTERVAL = 0.2
"""The same once a job runs for a second: nobody reads faster, and each has the window painted."""

CALM_AFTER = 1.0

LONGEST_ASIDE = 2.0
"""Seconds for which a batch waits while the person draws; then its next picture or tile comes."""


class InferenceWorker:
    """Serves the jobs of a queue until it is closed; no exception ends it.

    Args:
        tell: receives every change of a job.
        answer: receives what was asked for; called before the job is told to be finished.
    """

    def __init__(
        self,
        queue: RequestQueue,
        engine: Engine,
        tell: Callable[[JobStatus], None],
        answer: Callable[[Answer], None],
    ) -> None:
        self._queue = queue
        self._engine = engine
        self._tell = tell
        self._answer = answer

    def run(self) -> None:
        """Serve until the queue is closed; the body of the inference thread."""
        step_behind_the_window()
        while (job := self._queue.take()) is not None:
            self._serve(job)

    def _serve(self, job: Job) -> None:
        try:
            job.move_to(JobState.RUNNING)
            self._tell(job.status())
            self._work(job)
        except Cancelled:
            self._end(job, job.reason)
        except SegcoreError as error:
            self._end(job, JobState.FAILED, str(error), traceback.format_exc())
        except MemoryError:
            sentence = f"There is not enough memory for {job.request.title}: close other programs."
            self._end(job, JobState.FAILED, sentence, traceback.format_exc())
        except Exception as error:  # noqa: BLE001 - the worker outlives whatever a job does
            sentence = f"Something went wrong inside the program: {_first_line(error)}"
            self._end(job, JobState.FAILED, sentence, traceback.format_exc())
        finally:
            self._queue.release(job)

    def _work(self, job: Job) -> None:
        request = job.request
        if isinstance(request, PredictBatch):
            batch = BatchRun(job, request, self._engine, self._progress_of(job), self._answer)
            error, details = batch.run()
            self._end(job, JobState.FINISHED, error, details)
            return
        answer = self._answer_to(job)
        job.token.raise_if_cancelled()
        self._answer(answer)
        self._end(job, JobState.FINISHED)

    def _answer_to(self, job: Job) -> Answer:
        request = job.request
        report = self._progress_of(job)
        report(Progress(0, 0))
        if isinstance(request, Inquiry):
            value = request.answer(
                self._engine,
                job.token,
                report,
                lambda known: self._answer(InquiryAnswer(request, known, final=False)),
            )
            return InquiryAnswer(request, value)
        if isinstance(request, LoadModel):
            self._answer(self._engine.at_hand())
            info = self._engine.load(request.model)
            return replace(info, generation=request.generation)
        if isinstance(request, PredictImage):
            prediction = self._engine.predict(request, job.token, report)
            return PredictionResult(
                request.image_name, request.generation, prediction, request.model, prediction.notes
            )
        if isinstance(request, QueryPoint):
            heads, mean, cell = self._engine.attention(request)
            return AttentionResult(
                request.image_name,
                request.generation,
                request.point,
                request.stage,
                request.block,
                heads,
                mean,
                cell,
            )
        assert not isinstance(request, PredictBatch)
        fields, figures = self._engine.fields(request, job.token, report)
        return FieldResult(request.image_name, request.generation, request.point, fields, figures)

    def _progress_of(self, job: Job) -> Callable[[Progress], None]:
        """A callback for between two steps: looks for a call-off, gives way, reports."""
        began = time.monotonic()
        last = 0.0

        def report(progress: Progress) -> None:
            nonlocal last
            job.token.raise_if_cancelled()
            self._give_way(job)
            self._stand_aside(job)
            while job.is_paused and not job.token.cancelled:
                self._queue.rest(job)
                self._give_way(job)
            job.token.raise_if_cancelled()
            now = time.monotonic()
            interval = CALM_INTERVAL if now - began > CALM_AFTER else PROGRESS_INTERVAL
            if progress.total > 0 and now - last >= interval:
                last = now
                self._tell(job.status(progress))

        return report

    def _give_way(self, job: Job) -> None:
        while (urgent := self._queue.take_before(job.kind)) is not None:
            self._serve(urgent)

    def _stand_aside(self, job: Job) -> None:
        begin = time.monotonic()
        while self._queue.stand_aside(job, begin + LONGEST_ASIDE):
            self._give_way(job)
        job.leave_out(time.monotonic() - begin)

    def _end(self, job: Job, state: JobState, error: str = "", details: str = "") -> None:
        if job.move_to(state):
            self._tell(job.status(None, error, details))


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
