"""A GPU's way through a batch: pictures go through the network together, and nothing waits.

Reading threads decode, resize and stage. The lane's thread uploads a group, starts the network and
the last step, and asks for the label maps; only then does it wait for those of the group before it,
which the GPU has finished meanwhile. So two groups are under way at any time, and the GPU always
has something to do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from segcore.batch.contract import Save
from segcore.batch.gathering import Gathered, Staged, Window, gather
from segcore.batch.lanes import Finish
from segcore.batch.results import Result, predicted
from segcore.batch.streams import Streams, streams_of
from segcore.decoding.pixels import RGB
from segcore.errors import Cancelled
from segcore.inference import Predictor
from segcore.inference.label_tensors import as_labels, label_tensors
from segcore.inference.passes import (
    MOST_AT_ONCE,
    all_passes,
    combined,
    pixels_at_once,
    windows_at_once,
)
from segcore.inference.torch_backend import TorchBackend
from segcore.progress import CancelToken

MOST_THREADS = 8
"""Reading or writing threads of a lane; several lanes share the cores."""


class GroupLane:
    """See the module; `Lane` says what the attributes are.

    The same on every device, so that it can be tried out without a GPU.
    """

    group = MOST_AT_ONCE
    ahead = 2 * MOST_AT_ONCE
    behind = MOST_AT_ONCE

    def __init__(
        self,
        predictor: Predictor,
        save: frozenset[Save],
        cancel: CancelToken,
        *,
        lanes: int = 1,
        streams: Streams | None = None,
    ) -> None:
        """Of a predictor whose backend is torch's with fast numerics; see `can_group`."""
        backend = predictor.backend
        assert isinstance(backend, TorchBackend)
        self._predictor, self._backend = predictor, backend
        self._save, self._cancel = save, cancel
        self._streams = streams or streams_of(backend.device)
        self._most = MOST_AT_ONCE
        self.readers, self.writers = threads_of_a_lane(lanes)

    def prepare(self, image: RGB) -> Staged:
        """Resize and cut it and lay it where the device fetches it.

        What has more pixels than go through the network together is left to go alone.
        """
        encoded = self._predictor.encode(image, budget=0)
        passes = all_passes(encoded)
        sizes = [window.model_size for each in passes for window in each.windows]
        if sum(height * width for height, width in sizes) > pixels_at_once(self._backend):
            return Staged(passes, ())
        windows = [
            Window(turn, place, self._streams.staged(each.model_image(place)))
            for turn, each in enumerate(passes)
            for place in range(len(each.windows))
        ]
        return Staged(passes, windows)

    def start(self, prepared: Sequence[Staged]) -> list[Finish]:
        """Begin with a group; what cannot go together is done when it is waited for."""
        with self._streams.here():
            gathered = gather(prepared)
            for size, turn in gathered.turns():
                self._cancel.raise_if_cancelled()
                self._compute(gathered, turn, min(self._most, windows_at_once(self._backend, size)))
            return [
                self._finisher(staged, gathered, number) for number, staged in enumerate(prepared)
            ]

    def _compute(self, gathered: Gathered, turn: Sequence[int], most: int) -> None:
        """The logits of windows of one size, `most` at a time; halved where memory runs out."""
        done = 0
        while done < len(turn):
            chunk = turn[done : done + most]
            obstacle = self._attempt(lambda: self._network(gathered, chunk))  # noqa: B023
            short = isinstance(obstacle, torch.OutOfMemoryError)
            if short:
                self._make_room()
            if obstacle is None:
                done += len(chunk)
            elif short and len(chunk) > 1:
                self._most = most = len(chunk) // 2  # the same answers: nothing to tell
            else:
                gathered.give_up(chunk, _told(obstacle))
                done += len(chunk)

    def _network(self, gathered: Gathered, chunk: Sequence[int]) -> None:
        pictures = self._streams.uploaded([gathered.windows[number].pixels for number in chunk])
        logits = self._backend.logits(self._backend.normalised(pictures))
        gathered.notes += self._backend.take_notes()
        gathered.put(chunk, logits)

    def _finisher(self, staged: Staged, gathered: Gathered, number: int) -> Finish:
        """Start the last step of a picture and its way back."""
        notes = gathered.obstacles.get(number, ())
        if not staged.windows or number in gathered.obstacles:
            return lambda: self._alone(staged, (*gathered.notes, *notes))
        fetching: list[_Fetching] = []
        obstacle = self._attempt(lambda: fetching.append(self._fetch(staged, gathered, number)))
        gathered.let_go(number)
        if obstacle is not None:
            told = _told(obstacle)
            return lambda: self._alone(staged, (*gathered.notes, *told))
        return lambda: self._fetched(fetching[0], (*gathered.notes, *staged.passes[0].notes))

    def _fetch(self, staged: Staged, gathered: Gathered, number: int) -> _Fetching:
        found = label_tensors(
            combined(staged.passes, gathered.logits_of(number)),
            staged.passes[0].size,
            self._predictor.classes,
            self._backend.device,
            confidence="confidence" in self._save,
        )
        return _Fetching(self._streams.downloaded(found.wanted), self._streams.arrival())

    def _fetched(self, fetching: _Fetching, notes: Sequence[str]) -> Result:
        self._cancel.raise_if_cancelled()
        fetching.arrived()
        ids, *confidence = [host.numpy() for host in fetching.hosts]
        arrays = {"confidence": confidence[0]} if confidence else {}
        return Result(as_labels(ids), arrays, tuple(notes))

    def _alone(self, staged: Staged, notes: Sequence[str]) -> Result:
        """As a picture goes by itself, with all that is done there where memory is short."""
        with self._streams.here():
            result = predicted(self._predictor, staged.image, self._save, self._cancel)
        return Result(result.labels, result.arrays, (*notes, *result.notes))

    def _attempt(self, work: Callable[[], None]) -> Exception | None:
        """What went wrong, once all that it held is let go of."""
        try:
            work()
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - its pictures go alone, and say what is wrong
            return error.with_traceback(None)
        return None

    def _make_room(self) -> None:
        self._backend.make_room()
        self._streams.make_room()


@dataclass(frozen=True)
class _Fetching:
    """A label map on its way to the host, and its confidence where it is wanted."""

    hosts: Sequence[torch.Tensor]
    arrived: Callable[[], None]


def can_group(predictor: Predictor, save: frozenset[Save]) -> bool:
    """Whether a `GroupLane` gives all that is to be saved, as picture by picture gives it."""
    backend = predictor.backend
    return (
        isinstance(backend, TorchBackend)
        and backend.normalises_bytes
        and save <= {"confidence"}
        and (predictor.gives_confidence or not save)
    )


def threads_of_a_lane(lanes: int) -> tuple[int, int]:
    """Reading and writing threads: decoding takes about as long as packing the label map."""
    cores = max(2, (os.cpu_count() or 2) // lanes)
    return min(MOST_THREADS, cores), min(MOST_THREADS, max(1, cores // 2))


def _told(obstacle: Exception) -> tuple[str, ...]:
    """A note; memory that runs out is told of by what is done about it."""
    if isinstance(obstacle, torch.OutOfMemoryError):
        return ()
    trouble = " ".join(f"{type(obstacle).__name__}: {obstacle}".split())
    return (f"Pictures went through the network one by one, since together failed ({trouble}).",)
