"""Frames that go on from those before, in a batch that was ended and is begun again.

A running mean over the frames of a video is no frame's own: whoever begins in the middle needs it
as it was there. It is kept in a file beside the label maps every so many frames, once their maps
are in their places; the frames between it and the next one to do are followed anew, without maps.
Without the file they are followed from the last known cut, or from the first frame on.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from segcore.atomic import replacing
from segcore.batch.contract import InOrderPredictor
from segcore.batch.ledger import PictureFile, Settings
from segcore.batch.reading import PictureReader
from segcore.batch.summary import BatchSummary, State
from segcore.errors import Cancelled, SegcoreError
from segcore.motion.smoothing import Past
from segcore.output_names import Job
from segcore.progress import CancelToken

MEAN_NAME = "running-mean.npz"

KEPT_EVERY = 32
"""Frames: what is followed anew after a kill at most, and how rarely some 20 MB are written."""


class _Place(NamedTuple):
    """Where the mean stands: after the frame of this number, or before the first one."""

    number: int
    past: Past | None


class InOrder:
    """Brings a predictor to where the next frame needs it, and remembers how far it came."""

    def __init__(
        self,
        predictor: InOrderPredictor,
        settings: Settings,
        summary: BatchSummary,
        pictures: PictureReader,
        cancel: CancelToken,
    ) -> None:
        """`settings` are what all label maps of the folder are made with, as the ledger has it."""
        self._predictor, self._summary, self._pictures = predictor, summary, pictures
        self._cancel = cancel
        self._settings = json.dumps(settings, sort_keys=True)
        self._path = summary.out / MEAN_NAME
        self._begins = {0}  # frames at which the mean begins anew
        self._kept = self._read()
        self._at = _Place(-1, None)
        self._since = 0  # frames that were added to it since it was kept

    def lead_to(self, number: int, told: Callable[[int], None]) -> None:
        """Have the mean stand right before a frame; `told` of each that is followed for it.

        Raises:
            Cancelled: it was called off.
            SegcoreError: a frame that was finished cannot be read again.
        """
        known = [_Place(begin - 1, None) for begin in self._begins if begin <= number]
        known += [place for place in (self._kept, self._at) if place and place.number < number]
        nearest = max(known, key=lambda place: place.number)
        if nearest.number != self._at.number:
            self._predictor.go_on_from(nearest.past)
            self._at = nearest
        for between in range(nearest.number + 1, number):
            self._cancel.raise_if_cancelled()
            self._follow(between)
            told(between)

    def came_to(self, number: int) -> None:
        """Say that the predictor has taken in a frame."""
        if self._predictor.began_anew:
            self._begins.add(number)
        self._at = _Place(number, self._predictor.past)
        self._since += 1

    @property
    def is_due(self) -> bool:
        """Whether the mean is to be kept, once all label maps up to here are in their places."""
        return self._since >= KEPT_EVERY

    def keep(self) -> None:
        """Put the mean beside the label maps; if the disk refuses, a later run has more to do."""
        self._since = 0
        number, past = self._at
        if past is None:
            return
        facts = {
            "number": number,
            "begins": sorted(self._begins),
            "settings": self._settings,
            "frames": _digest(self._summary.jobs[: number + 1]),
        }
        with suppress(OSError), replacing(self._path) as stream:
            np.savez(stream, facts=json.dumps(facts), frame=past.frame, logits=past.logits)

    def forget(self) -> None:
        """Leave no file behind: every frame has been dealt with."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _follow(self, number: int) -> None:
        """Add a frame to the mean; one that was left out before may be left out again."""
        try:
            image = self._pictures.read(self._summary.jobs[number])
            self._predictor.follow(image, cancel=self._cancel)
        except Cancelled:
            raise
        except SegcoreError:
            if self._summary.state_of(number) in (State.KEPT, State.DONE):
                raise
            return
        self.came_to(number)

    def _read(self) -> _Place | None:
        """What an earlier run kept; None where it is of other frames, damaged or not there."""
        try:
            with np.load(self._path, allow_pickle=False) as kept:
                facts = json.loads(str(kept["facts"]))
                past = Past(kept["frame"], kept["logits"])
            number, begins = int(facts["number"]), {int(each) for each in facts["begins"]}
            ours = facts["settings"] == self._settings and facts["frames"] == _digest(
                self._summary.jobs[: number + 1]
            )
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return None
        if not ours:
            return None
        self._begins |= begins
        return _Place(number, past)


def _digest(jobs: Iterable[Job]) -> str:
    """Of the frames of a plan, and of their files as they are now."""
    digest = hashlib.sha256()
    last = None
    for job in jobs:
        digest.update(repr((job.target, job.name)).encode())
        if job.place != last:
            digest.update(repr(PictureFile.of(job.place)).encode())
            last = job.place
    return digest.hexdigest()
