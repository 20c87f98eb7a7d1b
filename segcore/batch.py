"""Many pictures to label maps, without a window: reading ahead and writing behind the model."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from segcore.atomic import replacing
from segcore.classes import ClassTable
from segcore.decoding.pixels import RGB
from segcore.errors import Cancelled, RequestError, SegcoreError, readable
from segcore.geometry import Box
from segcore.images import read_image
from segcore.labels import LabelMap, write_label_map
from segcore.output_names import Job, OnError, plan_outputs
from segcore.progress import CancelToken, ProgressCallback, Ticker

Save = Literal["confidence", "top2", "logits", "features"]
SAVES: tuple[Save, ...] = ("confidence", "top2", "logits", "features")

READ_AHEAD = 2
"""Pictures that are decoded before their turn."""

WRITE_BEHIND = 2
"""Results that may wait for the disk; with more, the model waits."""

Arrays = dict[str, npt.NDArray[Any]]


class Predicted(Protocol):
    """What is needed of a prediction."""

    @property
    def labels(self) -> LabelMap: ...
    @property
    def confidence(self) -> npt.NDArray[np.float16]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


class BatchPredictor(Protocol):
    """What is needed of `segcore.Predictor`; named here so that nothing of torch is."""

    @property
    def classes(self) -> ClassTable: ...
    def encode(self, image: RGB) -> Any: ...
    def predict(self, image: Any, *, cancel: CancelToken | None = None) -> Predicted: ...
    def top2(self, encoded: Any) -> tuple[npt.NDArray[Any], npt.NDArray[np.float16]]: ...
    def logits(self, encoded: Any) -> Iterable[tuple[Box, npt.NDArray[np.float32]]]: ...
    def features(self, encoded: Any) -> Iterable[tuple[Box, Arrays]]: ...


@dataclass
class BatchSummary:
    """How a batch ended.

    Attributes:
        done: the label maps that were written, in the order of the pictures.
        failed: each picture (or input) that was not done, and one sentence why.
        skipped: pictures that were not tried, because the output folder takes no more files.
        notes: what a person should know of how it was done, each sentence once.
    """

    done: list[Path] = field(default_factory=list)
    failed: list[tuple[Path, str]] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was done."""
        return not self.failed and not self.skipped


def predict_folder(
    predictor: BatchPredictor,
    inputs: Sequence[Path],
    out: Path,
    *,
    save: Collection[Save] = (),
    on_error: OnError | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> BatchSummary:
    """Predict every picture of the inputs and write its label map below `out`.

    Written are `classes.json`, an indexed PNG for each picture (see `output_names.plan_outputs`)
    and, where `save` asks for anything, an NPZ of the same name with

    - `confidence`: (H, W) float16, probability of the winning class;
    - `top2_ids` and `top2_probability`: (2, H, W), the winner first;
    - `logits`: (C, h, w) float32, and `stage1` … `stage4`: (C, h, w) float32, of the whole picture;
      where it went through the model in tiles each has the tile's number behind it (`logits_0`),
      and `tiles` (n, 4) int64 has the picture's pixels of each as x0, y0, x1, y1.

    A picture that cannot be read, predicted or written is reported, and the rest go on. Once the
    disk is full or not to be written to, what is left is skipped.

    Args:
        inputs: pictures, and folders that are walked with their subfolders.
        on_error: told of each failure as it happens: the picture and one sentence.

    Raises:
        Cancelled: `cancel` was called; the results so far are on disk.
        RequestError: nothing can be written to `out`, or `save` names something unknown.
    """
    _check_save(save)
    run = _Run(
        predictor,
        out,
        save=frozenset(save),
        on_error=on_error,
        progress=progress,
        cancel=cancel,
    )
    jobs = plan_outputs(inputs, out, run.report)
    if jobs:
        _prepare(out, predictor.classes)
        run.over(jobs)
    return run.summary


class _Run:
    """One batch: the model in this thread, one thread that reads and one that writes."""

    def __init__(
        self,
        predictor: BatchPredictor,
        out: Path,
        *,
        save: frozenset[Save],
        on_error: OnError | None,
        progress: ProgressCallback | None,
        cancel: CancelToken | None,
    ) -> None:
        self.summary = BatchSummary()
        self._predictor = predictor
        self._out = out
        self._save = save
        self._on_error = on_error
        self._progress = progress
        self._cancel = cancel or CancelToken()
        self._written: deque[tuple[Job, Future[None]]] = deque()
        self._disk_is_closed = False

    def report(self, picture: Path, sentence: str) -> None:
        """Keep a failure and tell of it."""
        self.summary.failed.append((picture, sentence))
        if self._on_error is not None:
            self._on_error(picture, sentence)

    def over(self, jobs: Sequence[Job]) -> None:
        """Do all jobs; what was handed to the writer is on disk when this ends, however it ends."""
        ticker = Ticker(len(jobs), self._progress)
        reader = ThreadPoolExecutor(1, "batch-read")
        writer = ThreadPoolExecutor(1, "batch-write")
        try:
            for job, picture in self._read_ahead(jobs, reader):
                self._cancel.raise_if_cancelled()
                if self._disk_is_closed:
                    self.summary.skipped.append(job.picture)
                    continue
                self._do(job, picture, writer)
                self._settle(WRITE_BEHIND)
                ticker.tick(job.picture.name)
        finally:
            reader.shutdown(wait=False, cancel_futures=True)
            self._settle(0)
            writer.shutdown()

    def _read_ahead(
        self, jobs: Sequence[Job], reader: ThreadPoolExecutor
    ) -> Iterator[tuple[Job, Future[RGB]]]:
        waiting: deque[tuple[Job, Future[RGB]]] = deque()
        for job in jobs:
            if len(waiting) > READ_AHEAD:
                yield waiting.popleft()
            waiting.append((job, reader.submit(read_image, job.picture)))
        yield from waiting

    def _do(self, job: Job, picture: Future[RGB], writer: ThreadPoolExecutor) -> None:
        try:
            image = picture.result()
            labels, arrays = self._predict(image)
        except Cancelled:
            raise
        except SegcoreError as error:
            self.report(job.picture, _about(job.picture, error))
        except Exception as error:  # noqa: BLE001 - one bad picture does not end the batch
            self.report(job.picture, _unexpected(job.picture, error))
        else:
            self._written.append((job, writer.submit(self._write, job, labels, arrays)))

    def _predict(self, image: RGB) -> tuple[LabelMap, Arrays]:
        """The label map, and what else was asked for."""
        predictor = self._predictor
        encoded = predictor.encode(image) if self._save - {"confidence"} else image
        prediction = predictor.predict(encoded, cancel=self._cancel)
        self.summary.notes.extend(
            note for note in prediction.notes if note not in self.summary.notes
        )
        arrays: Arrays = {}
        if "confidence" in self._save:
            arrays["confidence"] = prediction.confidence
        if "top2" in self._save:
            arrays["top2_ids"], arrays["top2_probability"] = predictor.top2(encoded)
        if "logits" in self._save:
            arrays |= _by_tile(
                (box, {"logits": values}) for box, values in predictor.logits(encoded)
            )
        if "features" in self._save:
            arrays |= _by_tile(predictor.features(encoded))
        return prediction.labels, arrays

    def _write(self, job: Job, labels: LabelMap, arrays: Arrays) -> None:
        target = self._out / job.output
        target.parent.mkdir(parents=True, exist_ok=True)
        write_label_map(target, labels, self._predictor.classes)
        if arrays:
            with replacing(target.with_suffix(".npz")) as stream:
                np.savez(stream, **arrays)  # type: ignore[arg-type]

    def _settle(self, pending: int) -> None:
        """Wait until no more than `pending` results are unwritten, and look how the others went."""
        while len(self._written) > pending:
            job, written = self._written.popleft()
            error = written.exception()
            if error is None:
                self.summary.done.append(self._out / job.output)
            elif isinstance(error, OSError):
                target = readable(self._out / job.output)
                self._disk_is_closed |= error.errno in (errno.ENOSPC, errno.EROFS, errno.EDQUOT)
                self.report(
                    job.picture,
                    f"{target} cannot be written ({error.strerror or error}): "
                    "make room, or choose another output folder.",
                )
            elif isinstance(error, SegcoreError):
                self.report(job.picture, str(error))
            elif isinstance(error, Exception):
                self.report(job.picture, _unexpected(job.picture, error))
            else:
                raise error


def _by_tile(tiles: Iterable[tuple[Box, Arrays]]) -> Arrays:
    """Arrays under their names of a picture in one piece; numbered, with `tiles`, of several."""
    collected = list(tiles)
    if len(collected) == 1:
        return collected[0][1]
    arrays: Arrays = {"tiles": np.array([box for box, _ in collected], np.int64)}
    for number, (_, values) in enumerate(collected):
        arrays |= {f"{name}_{number}": value for name, value in values.items()}
    return arrays


def _check_save(save: Collection[str]) -> None:
    unknown = [name for name in save if name not in SAVES]
    if unknown:
        raise RequestError(f'There is no "{unknown[0]}" to save: choose among {", ".join(SAVES)}.')


def _prepare(out: Path, classes: ClassTable) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        classes.write(out / "classes.json")
    except OSError as error:
        raise RequestError(
            f"{readable(out)} cannot be written to ({error.strerror or error}): "
            "choose another output folder."
        ) from error


def _about(picture: Path, error: SegcoreError) -> str:
    """The error's sentence, with the picture's name where it has none."""
    sentence = str(error)
    return sentence if readable(picture) in sentence else f"{readable(picture)}: {sentence}"


def _unexpected(picture: Path, error: Exception) -> str:
    trouble = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{readable(picture)} could not be predicted ({trouble}): please report it."
