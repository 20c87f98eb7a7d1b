"""Pictures held out to measure on, so that nothing of them leaks into training.

Whole groups (folders, videos) are held out: two frames of one video are nearly one picture.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from segcore.errors import TrainingError
from segcore.training.samples import Samples, Subset


class Opened(NamedTuple):
    """What to train on, and what is held out to measure on."""

    trained: Samples
    held_out: Samples | None


def held_out_apart(samples: Samples, share: float, seed: int) -> Opened:
    """What to train on and what to measure on: about that share of the pictures.

    Raises:
        TrainingError: all pictures are of one group, so that nothing can be held out.
    """
    if share <= 0:
        return Opened(samples, None)
    groups: dict[str, list[int]] = {}
    for index in range(len(samples)):
        groups.setdefault(samples.group(index), []).append(index)
    if len(samples) == 1:
        raise TrainingError(
            "Only one picture has labels, so that none can be held out: label another, or hold "
            "nothing out."
        )
    if len(groups) < 2:
        raise TrainingError(
            f"All {len(samples)} pictures are of one folder or video, of which none can be held "
            "out without leaking: add pictures from elsewhere, or hold nothing out."
        )
    names = sorted(groups)
    order = np.random.default_rng([seed, 2]).permutation(len(names))
    wanted = share * len(samples)
    held: list[int] = []
    for place in order[:-1]:
        if len(held) >= wanted:
            break
        held.extend(groups[names[place]])
    held_set = set(held)
    kept = [index for index in range(len(samples)) if index not in held_set]
    return Opened(Subset(samples, kept), Subset(samples, sorted(held)))
