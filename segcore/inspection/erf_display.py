"""How the values of receptive fields become colours, each kind on a stated normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from segcore.errors import RequestError
from segcore.heatmap import LOG_SCALE, POWER, HeatMap, Normalisation

DISPLAYS: tuple[Normalisation, ...] = get_args(Normalisation)

_UNITS = {
    "log": f"log10({LOG_SCALE:g} v / top + 1) / log10({LOG_SCALE + 1:g})",
    "replknet": "log10(v + 1) / log10(top + 1)",
    "power": f"(v / top)^{POWER:g}",
    "linear": "v / top",
}


@dataclass(frozen=True)
class ErfDisplay:
    """How values become colours.

    Attributes:
        kind: `log`, of values scaled to their top first, so that it does not depend on the scale of
            the gradient; `replknet`, log10(v + 1) of the values as they are, which does, and is
            that script's; `power`; `linear`.
        shared: the top is the largest value of all maps of the figure; else each map's own, since
            gradients of different networks and stages have no common unit.
    """

    kind: Normalisation = "log"
    shared: bool = False

    def __post_init__(self) -> None:
        if self.kind not in DISPLAYS:
            raise RequestError(
                f'There is no display "{self.kind}": choose from {", ".join(DISPLAYS)}.'
            )

    @property
    def words(self) -> str:
        """What stands beside the colours."""
        whose = "of all maps" if self.shared else "of each map"
        return f"{_UNITS[self.kind]}, top: largest |v| {whose}"

    def top_of(self, maps: Sequence[HeatMap]) -> float | None:
        """The value of the last colour where all share it."""
        if not self.shared:
            return None
        return max((float(np.abs(each.values).max(initial=0)) for each in maps), default=0.0)
