"""A picture as the session hands it to the document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.lay_under import LabelMap, Origins
from segcore.project import HistoryState, Project

NOTHING_DONE = HistoryState()


def nothing_to_release() -> None:
    """For a picture that nobody else waits for."""


@dataclass(frozen=True, eq=False)
class OpenedImage:
    """A picture read together with its labels.

    Attributes:
        image: (H, W, 3) uint8 RGB, upright.
        labels: (H, W) ids, the project's ignore where nothing has been said.
        origins: (H, W) uint8 rows of the project's origin table.
        labelled: whether the project had labels of it.
        person: the person's row of the origin table.
        history: what can be undone and done again.
        release: to be called once the picture is closed and all its edits are recorded.
    """

    name: str
    image: npt.NDArray[np.uint8]
    labels: LabelMap
    origins: Origins
    labelled: bool
    project: Project
    person: int
    index: int = -1
    history: HistoryState = NOTHING_DONE
    release: Callable[[], None] = nothing_to_release
