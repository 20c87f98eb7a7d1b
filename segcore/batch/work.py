"""The lanes of a batch at work: reading ahead of a predictor and writing behind it."""

from __future__ import annotations

import errno
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from segcore.batch.contract import BatchPredictor, InOrderPredictor, Save
from segcore.batch.in_order import InOrder
from segcore.batch.lanes import READ_AHEAD, Finish, Lane, lane_of
from segcore.batch.ledger import Ledger, PictureFile, settings_of
from segcore.batch.reading import PictureReader
from segcore.batch.results import Result, write_result
from segcore.batch.summary import BatchSummary, State
from segcore.classes import ClassTable
from segcore.errors import Cancelled, SegcoreError, readable
from segcore.output_names import Job, OnError
from segcore.progress import CancelToken, ProgressCallback, Ticker

AHEAD_BYTES = 1 << 30
"""What decoded pictures of a lane that wait for their turn may take, but for READ_AHEAD of them."""

WRITE_BEHIND = 2
"""Results of a lane, for each writing thread, that may wait for the disk."""


class Run:
    """What the lanes of a batch share."""

    def __init__(
        self,
        summary: BatchSummary,
        ledger: Ledger,
        saved: frozenset[Save],
        *,
        classes: ClassTable,
        report: OnError,
        progress: ProgressCallback | None,
    ) -> None:
        self.summary, self.saved = summary, saved
        self.pictures = PictureReader()
        self.disk_is_closed = False
        self._ledger, self._classes, self._report = ledger, classes, report
        self._waiting = iter(summary.numbers(State.WAITING))
        self._ticker = Ticker(len(summary.jobs), progress)
        self._ticker.done = len(summary.kept)
        self._guard = threading.RLock()

    def over(self, predictors: Sequence[BatchPredictor], cancel: CancelToken) -> None:
        """Do all jobs; one lane in this thread, several in one thread each."""
        try:
            self._share_out(predictors, cancel)
        finally:
            self.pictures.close()

    def _share_out(self, predictors: Sequence[BatchPredictor], cancel: CancelToken) -> None:
        lanes = [
            LaneRun(self, lane_of(predictor, self.saved, cancel, len(predictors)), cancel)
            for predictor in predictors
        ]
        if len(lanes) == 1:
            order = self._order_of(predictors[0], cancel)
            lanes[0].run(order)
            if order is not None and not self.disk_is_closed:
                order.forget()
            return
        with ThreadPoolExecutor(len(lanes), "batch-lane") as pool:
            running = [pool.submit(lane.run) for lane in lanes]
            try:
                for ended in as_completed(running):
                    ended.result()
            finally:
                self._stop()

    def _order_of(self, predictor: BatchPredictor, cancel: CancelToken) -> InOrder | None:
        """What leads a predictor from frame to frame; None where each stands for itself."""
        if not isinstance(predictor, InOrderPredictor):
            return None
        return InOrder(predictor, settings_of(predictor), self.summary, self.pictures, cancel)

    def next_number(self) -> int | None:
        """The next picture's number; None when all are given out."""
        with self._guard:
            return next(self._waiting, None)

    def job(self, number: int) -> Job:
        """The picture of that number and where its label map goes."""
        return self.summary.jobs[number]

    def tick(self, number: int, steps: int = 1) -> None:
        """Count a picture for the person; with 0 `steps`, say only what is worked on."""
        with self._guard:
            self._ticker.tick(self.job(number).name.rpartition("/")[2], steps)

    def fail(self, number: int, sentence: str) -> None:
        """Keep a failure and tell of it."""
        self.summary.mark(number, State.FAILED)
        with self._guard:
            self._report(self.job(number).picture, sentence)

    def write(self, number: int, file: PictureFile, result: Result) -> None:
        """Put a result into its place and note that it is there."""
        job = self.job(number)
        sizes = write_result(self.summary.out / job.target, result, self._classes)
        self._ledger.add(job, file, self.saved, sizes)

    def _stop(self) -> None:
        with self._guard:
            self._waiting = iter(())


class LaneRun:
    """One lane's part of a batch."""

    def __init__(self, run: Run, lane: Lane, cancel: CancelToken) -> None:
        self._run, self._lane, self._cancel = run, lane, cancel
        self._reader = ThreadPoolExecutor(lane.readers, "batch-read")
        self._writer = ThreadPoolExecutor(lane.writers, "batch-write")
        self._started: deque[tuple[int, PictureFile, Finish]] = deque()
        self._written: deque[tuple[int, Future[None]]] = deque()
        self._largest = 0  # bytes of a picture on its way
        self._order: InOrder | None = None

    def run(self, order: InOrder | None = None) -> None:
        """Do pictures until none is left; what went to the writer is on disk when this ends.

        `order` leads a predictor whose answer depends on the frames before.
        """
        self._order = order
        try:
            for group in self._groups():
                self._cancel.raise_if_cancelled()
                self._start(group)
                self._finish(self._lane.behind)
            self._finish(0)
        finally:
            self._reader.shutdown(wait=False, cancel_futures=True)
            self._settle(0)
            self._writer.shutdown()

    def _groups(self) -> Iterator[list[Reading]]:
        """As many pictures as go through the network together, while the next are read."""
        waiting: deque[Reading] = deque()
        while (number := self._run.next_number()) is not None:
            if self._run.disk_is_closed:
                self._run.summary.mark(number, State.SKIPPED)
                continue
            if len(waiting) >= self._most_waiting(waiting):
                yield [waiting.popleft() for _ in range(min(self._lane.group, len(waiting)))]
            waiting.append(Reading(number, self._reader.submit(self._read, number)))
        while waiting:
            yield [waiting.popleft() for _ in range(min(self._lane.group, len(waiting)))]

    def _most_waiting(self, waiting: Sequence[Reading]) -> int:
        """How many pictures may be read and unused; few while their size is not known, and of
        large ones."""
        least, most = 1 + READ_AHEAD, self._lane.group + self._lane.ahead
        if len(waiting) < least or most == least:
            return least
        self._largest = max(self._largest, *map(Reading.nbytes, waiting))
        if self._largest == 0:
            waiting[0].picture.exception()  # wait for it
            self._largest = waiting[0].nbytes()
        return max(least, min(most, AHEAD_BYTES // max(self._largest, 1)))

    def _read(self, number: int) -> tuple[PictureFile, Any]:
        job = self._run.job(number)
        file = PictureFile.of(job.place) or NO_FILE
        return file, self._lane.prepare(self._run.pictures.read(job))

    def _start(self, group: Sequence[Reading]) -> None:
        numbers: list[int] = []
        files: list[PictureFile] = []
        prepared: list[Any] = []
        for number, picture in group:
            if self._run.disk_is_closed:
                picture.cancel()
                self._run.summary.mark(number, State.SKIPPED)
            elif picture.exception() is not None:
                with self._failures_of(number):
                    picture.result()
                self._run.tick(number)
            else:
                file, image = picture.result()
                numbers.append(number)
                files.append(file)
                prepared.append(image)
        self._started.extend(zip(numbers, files, self._lane.start(prepared)))

    def _finish(self, behind: int) -> None:
        """Hand results to the writer until no more than `behind` pictures are under way."""
        while len(self._started) > behind:
            number, file, finish = self._started.popleft()
            with self._failures_of(number):
                result = self._result(number, finish)
                self._run.summary.note(result.notes)
                write = self._writer.submit(self._run.write, number, file, result)
                self._written.append((number, write))
            self._settle(WRITE_BEHIND * self._lane.writers)
            self._run.tick(number)
            if self._order is not None and self._order.is_due:
                self._settle(0)  # what is kept must not be ahead of the label maps
                self._order.keep()

    def _result(self, number: int, finish: Finish) -> Result:
        order = self._order
        if order is None:
            return finish()
        order.lead_to(number, lambda between: self._run.tick(between, 0))
        result = finish()
        order.came_to(number)
        return result

    @contextmanager
    def _failures_of(self, number: int) -> Iterator[None]:
        """One bad picture does not end the batch."""
        picture = self._run.job(number).picture
        try:
            yield
        except Cancelled:
            raise
        except SegcoreError as error:
            self._run.fail(number, _about(picture, error))
        except Exception as error:  # noqa: BLE001 - as it says above
            self._run.fail(number, _unexpected(picture, error))

    def _settle(self, pending: int) -> None:
        """Wait until no more than `pending` results are unwritten, and look how the others went."""
        while len(self._written) > pending:
            number, written = self._written.popleft()
            error = written.exception()
            job = self._run.job(number)
            if error is None:
                self._run.summary.mark(number, State.DONE)
            elif isinstance(error, OSError):
                closed = error.errno in (errno.ENOSPC, errno.EROFS, errno.EDQUOT)
                self._run.disk_is_closed |= closed
                self._run.fail(number, _unwritten(self._run.summary.out / job.target, error))
            elif isinstance(error, SegcoreError):
                self._run.fail(number, str(error))
            elif isinstance(error, Exception):
                self._run.fail(number, _unexpected(job.picture, error))
            else:
                raise error


class Reading(NamedTuple):
    """A picture on its way: its file as it was before it was read, and what the lane made of it."""

    number: int
    picture: Future[tuple[PictureFile, Any]]

    def nbytes(self) -> int:
        """What it takes once it is read; 0 before, and where it cannot be."""
        if not self.picture.done() or self.picture.exception() is not None:
            return 0
        return int(self.picture.result()[1].nbytes)


NO_FILE = PictureFile(-1, -1)
"""Of a picture that is not there, which its reading will find out."""


def _about(picture: Path, error: SegcoreError) -> str:
    """The error's sentence, with the picture's name where it has none."""
    sentence = str(error)
    return sentence if readable(picture) in sentence else f"{readable(picture)}: {sentence}"


def _unexpected(picture: Path, error: Exception) -> str:
    trouble = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{readable(picture)} could not be predicted ({trouble}): please report it."


def _unwritten(target: Path, error: OSError) -> str:
    return (
        f"{readable(target)} cannot be written ({error.strerror or error}): "
        "make room, or choose another output folder."
    )
