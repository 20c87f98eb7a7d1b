"""Label maps that take long to read are kept between looking through a set and taking it.

A map of a million shapes takes a minute to draw, and an import asks for it several times.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

from segcore.formats.contract import LabelledPicture
from segcore.labels import LabelMap

SLOW = 0.5
"""Seconds: what takes longer is worth its memory."""

MOST_BYTES = 256 << 20


class SlowMaps:
    """Keeps label maps of a set that were slow, as long as there is room for them."""

    def __init__(self) -> None:
        self._kept: dict[str, LabelMap] = {}
        self._bytes = 0

    def watched(self, picture: LabelledPicture) -> LabelledPicture:
        """The picture, whose labels are kept once they were slow to read."""
        return replace(picture, labels=partial(self._labels, picture))

    def _labels(self, picture: LabelledPicture) -> LabelMap:
        known = self._kept.get(picture.name)
        if known is not None:
            return known.copy()
        begin = time.perf_counter()
        labels = picture.labels()
        slow = time.perf_counter() - begin > SLOW
        if slow and self._bytes + labels.nbytes <= MOST_BYTES:
            self._bytes += labels.nbytes
            self._kept[picture.name] = labels.copy()
        return labels
