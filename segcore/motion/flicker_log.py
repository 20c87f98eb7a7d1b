"""What is known of the flicker of a clip's frames: a line of JSON each, only ever added to."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class FlickerFact(NamedTuple):
    """The share of pixels that flipped from the frame before, 0 to 1, and where most did."""

    share: float
    worst: tuple[int, int] | None


class FlickerLog:
    """Facts by the names of frames; every call may come from any thread.

    They can be measured again at any time: a line that cannot be read is left out, and one that
    cannot be written is kept in memory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._facts: dict[str, FlickerFact] = {}
        self._guard = threading.Lock()
        with suppress(OSError):
            for line in path.read_text(encoding="utf-8").splitlines():
                with suppress(ValueError, KeyError, TypeError):
                    entry = json.loads(line)
                    place = entry["worst"]
                    self._take(entry["image"], entry["share"], tuple(place) if place else None)

    def put(self, name: str, share: float | None, worst: tuple[int, int] | None = None) -> None:
        """Note what was measured; None for a share that is void since labels changed."""
        with self._guard:
            self._take(name, share, worst)
            with suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("a", encoding="utf-8") as stream:
                    entry = {"image": name, "share": share, "worst": worst}
                    stream.write(json.dumps(entry) + "\n")

    def get(self, name: str) -> FlickerFact | None:
        """What is known of a frame."""
        with self._guard:
            return self._facts.get(name)

    def shares(self, names: Sequence[str]) -> npt.NDArray[np.float32]:
        """(N,) the shares of these frames, NaN where nothing is known."""
        with self._guard:
            facts = [self._facts.get(name) for name in names]
        return np.array([np.nan if fact is None else fact.share for fact in facts], np.float32)

    def _take(self, name: str, share: float | None, worst: tuple[int, int] | None) -> None:
        if share is None:
            self._facts.pop(name, None)
        else:
            self._facts[name] = FlickerFact(float(share), worst)
