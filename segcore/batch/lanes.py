"""One predictor's way through a batch: how many pictures at a time, and how they overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from segcore.batch.contract import BatchPredictor, Save
from segcore.batch.results import Result, predicted
from segcore.decoding.pixels import RGB
from segcore.progress import CancelToken

READ_AHEAD = 2
"""Pictures, beyond a group, that every lane decodes before their turn."""

Finish = Callable[[], Result]
"""Waits for a picture's result. Raises what went wrong with it."""


class Lane(Protocol):
    """A predictor at work; all but `prepare` is called by one thread.

    Attributes:
        group: the most pictures that go through the network together.
        readers, writers: threads that decode and that write.
        ahead: pictures beyond a group that may be decoded before their turn.
        behind: started pictures whose results are not waited for yet.
    """

    group: int
    readers: int
    writers: int
    ahead: int
    behind: int

    def prepare(self, image: RGB) -> Any:
        """Make a picture ready on a reading thread."""

    def start(self, prepared: Sequence[Any]) -> list[Finish]:
        """Begin with up to `group` pictures; one call for each waits for its result."""


class PlainLane:
    """Picture by picture in the calling thread, while others read and write.

    For the CPU one each: its cores are busy with one picture, and several at a time only leave the
    cache sooner.
    """

    group = 1
    ahead = READ_AHEAD
    behind = 0

    def __init__(
        self,
        predictor: BatchPredictor,
        save: frozenset[Save],
        cancel: CancelToken,
        threads: tuple[int, int] = (1, 1),
    ) -> None:
        self._predictor, self._save, self._cancel = predictor, save, cancel
        self.readers, self.writers = threads

    def prepare(self, image: RGB) -> RGB:
        """As it is."""
        return image

    def start(self, prepared: Sequence[RGB]) -> list[Finish]:
        """Nothing begins before it is waited for."""

        def finisher(image: RGB) -> Finish:
            return lambda: predicted(self._predictor, image, self._save, self._cancel)

        return [finisher(image) for image in prepared]


def lane_of(
    predictor: BatchPredictor, save: frozenset[Save], cancel: CancelToken, lanes: int = 1
) -> Lane:
    """The way that suits the predictor's device and what is saved, beside others of as many."""
    if not predictor.device.startswith("cuda"):
        return PlainLane(predictor, save, cancel)
    from segcore.batch.group_lane import GroupLane, can_group, threads_of_a_lane  # bring torch
    from segcore.inference import Predictor

    if isinstance(predictor, Predictor) and can_group(predictor, save):
        return GroupLane(predictor, save, cancel, lanes=lanes)
    return PlainLane(predictor, save, cancel, threads_of_a_lane(lanes))
