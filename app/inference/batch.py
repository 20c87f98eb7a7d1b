"""Predict all: one picture after the other, with decoding ahead and saving behind.

The inference thread only predicts; one thread decodes the next pictures meanwhile, another saves
the last ones. A picture that cannot be read, predicted or saved is reported, and the rest go on.
"""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.inference.engine import Engine
from app.inference.jobs import Job
from app.inference.requests import Answer, BatchItem, Image, PredictBatch
from app.priority import step_behind_the_window
from segcore.errors import Cancelled, SegcoreError
from segcore.progress import Progress, ProgressCallback, Ticker

if TYPE_CHECKING:
    from segcore.batch.smoothed import SmoothedPredictor
    from segcore.inference import Prediction

READ_AHEAD = 2
"""Pictures decoded before their turn."""

SAVE_BEHIND = 2
"""Predictions waiting to be saved; more, and the inference thread waits."""

_MOST_DETAILS = 200
"""Broken pictures listed by name in the details; the rest are counted."""


@dataclass(frozen=True)
class _Trouble:
    name: str
    sentence: str
    details: str


class BatchRun:
    """One run over the pictures of a request, on the inference thread."""

    def __init__(
        self,
        job: Job,
        request: PredictBatch,
        engine: Engine,
        report: ProgressCallback,
        answer: Callable[[Answer], None],
    ) -> None:
        self._job = job
        self._request = request
        self._engine = engine
        self._report = report
        self._answer = answer
        self._troubles: list[_Trouble] = []
        self._opened_meanwhile: deque[str] = deque()
        self._ticker = Ticker(len(request.names), clock=job.clock)
        self._smoothed: SmoothedPredictor | None = None

    def run(self) -> tuple[str, str]:
        """Predict every picture.

        Returns:
            A sentence and its details when pictures were left out, else two empty texts.

        Raises:
            Cancelled: the job was called off; what was predicted until then is saved.
            SegcoreError: not one picture could be done.
        """
        self._smoothed = self._smoothing()
        reader = ThreadPoolExecutor(1, "batch-read", step_behind_the_window)
        writer = ThreadPoolExecutor(1, "batch-save", step_behind_the_window)
        try:
            self._predict_all(self._request.names, reader, writer)
            self._predict_all(tuple(self._opened_meanwhile), reader, writer)
        finally:
            reader.shutdown(wait=False, cancel_futures=True)
            writer.shutdown(wait=True)
        return self._summary()

    def _smoothing(self) -> SmoothedPredictor | None:
        if not self._request.smooth:
            return None
        from segcore.batch.smoothed import SmoothedPredictor  # brings torch

        return SmoothedPredictor(self._engine.predictor(self._request.model), self._request.smooth)

    def _predict_all(
        self, names: Sequence[str], reader: ThreadPoolExecutor, writer: ThreadPoolExecutor
    ) -> None:
        """Predict these pictures; the ones that open meanwhile are to be done once more."""
        saves: deque[Future[None]] = deque()
        again = names is not self._request.names
        for name, picture in self._pictures(names, reader):
            # A smoothed frame cannot be asked for once more: it comes with all that may be shown.
            shown = again or self._smoothed is not None or self._request.store.is_open(name)
            prediction = self._predict(name, picture, confidence=shown)
            progress = self._ticker.tick(name, steps=0 if again else 1)
            if prediction is not None:
                saves.append(writer.submit(self._save, name, prediction, shown=shown))
            while len(saves) > SAVE_BEHIND:
                saves.popleft().result()
            self._report(progress)
        for save in saves:
            save.result()

    def _pictures(
        self, names: Sequence[str], reader: ThreadPoolExecutor
    ) -> Iterator[tuple[str, Future[Image]]]:
        waiting: deque[tuple[str, Future[Image]]] = deque()
        for name in names:
            waiting.append((name, reader.submit(self._request.store.read, name)))
            if len(waiting) > READ_AHEAD:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()

    def _predict(self, name: str, picture: Future[Image], *, confidence: bool) -> Prediction | None:
        try:
            image = picture.result()
            if self._smoothed is not None:
                return self._smoothed.predict(
                    image,
                    confidence=confidence,
                    cancel=self._job.token,
                    progress=self._between_tiles,
                )
            return self._engine.predict_once(
                self._request.model,
                image,
                self._job.token,
                self._between_tiles,
                confidence=confidence,
            )
        except Cancelled:
            raise
        except SegcoreError as error:
            self._leave_out(name, str(error))
        except Exception as error:  # noqa: BLE001 - one bad picture does not end the batch
            self._leave_out(name, f"{name} could not be predicted: {error!r}")
        return None

    def _between_tiles(self, progress: Progress) -> None:
        """Look for a call-off and give way; the person counts pictures, not tiles."""
        self._report(Progress(0, 0, progress.text))

    def _save(self, name: str, prediction: Prediction, *, shown: bool) -> None:
        """Save it, or give it to the window; `shown` says that it has what the window shows."""
        item = BatchItem(
            name, self._request.generation, self._request.model, notes=prediction.notes
        )
        try:
            saved = self._request.store.save(name, prediction)
        except SegcoreError as error:
            self._leave_out(name, str(error))
        except Exception as error:  # noqa: BLE001 - one bad picture does not end the batch
            self._leave_out(name, f"The labels of {name} could not be saved: {error!r}")
        else:
            if not saved and not shown:
                self._opened_meanwhile.append(name)
                return
            self._answer(replace(item, saved=saved, prediction=None if saved else prediction))

    def _leave_out(self, name: str, sentence: str) -> None:
        self._troubles.append(_Trouble(name, sentence, traceback.format_exc()))
        self._answer(BatchItem(name, self._request.generation, self._request.model, error=sentence))

    def _summary(self) -> tuple[str, str]:
        count, total = len(self._troubles), len(self._request.names)
        if count == 0:
            return "", ""
        first = self._troubles[0]
        if count == total:
            raise SegcoreError(first.sentence if total == 1 else _none_done(total, first))
        sentence = f"{count} of {total} pictures were left out; the first: {first.sentence}"
        return sentence, self._details()

    def _details(self) -> str:
        listed = [f"{t.sentence}\n{t.details}" for t in self._troubles[:_MOST_DETAILS]]
        more = len(self._troubles) - len(listed)
        return "\n".join([*listed, f"and {more} more"] if more else listed)


def _none_done(total: int, first: _Trouble) -> str:
    return f"None of the {total} pictures could be predicted; the first: {first.sentence}"
