"""What the SegFormer paper's Fig. 3 is said to show, each claim as a number with its bound.

A claim is about one number of every picture. It is *confirmed* where the 95 % interval of its
median over the pictures lies wholly on the side of the bound that it says, *refuted* where it lies
wholly on the other, else *undecided*; *pending* while a model that it compares is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.inspection import erf_figures

SEGFORMER, DEEPLAB, ALLMLP = "segformer", "deeplab", "allmlp"
TARGETS = ("stage1", "stage2", "stage3", "stage4", "head")

LOCAL = 33
"""Side in pixels of the square around the query whose share counts as a local response."""

_DRAWS = 2000

Values = npt.NDArray[np.float64]
Measures = Mapping[str, Values]
"""Name of a measure -> its value in every picture."""

Measured = Mapping[str, Mapping[str, Measures]]
"""Role -> target -> measures; the order of pictures is the same everywhere."""


def measures_of(heat_map: HeatMap) -> dict[str, float]:
    """Of one picture's map, around its middle: areas, radii, and shares near and far.

    `area` is that of the smallest square that holds 50 %, over the picture's; `half_width` half of
    that square's side in pixels; `radius` the root mean square distance; `offset` the centroid's
    distance from the query; `near` the share inside `LOCAL` pixels square; `far` the share outside
    a square half as wide as the picture's shorter side.
    """
    height, width = heat_map.shape
    row, column = height // 2, width // 2
    half = min(height, width) // 4
    near = _square(row, column, LOCAL // 2)
    figures = erf_figures(heat_map, box=near)
    middle = erf_figures(heat_map, box=_square(row, column, half))
    assert figures.box_share is not None, "a box was given"
    assert middle.box_share is not None, "a box was given"
    x, y = figures.centroid
    return {
        "area": figures.area_ratio[50],
        "half_width": figures.equivalent_radius * float(np.sqrt(np.pi)) / 2,
        "radius": figures.radius,
        "offset": float(np.hypot(x - column, y - row)),
        "near": figures.box_share,
        "far": max(round(1 - middle.box_share, 12), 0.0),  # a sum of shares misses 1 by less
    }


def _square(row: int, column: int, reach: int) -> Box:
    return Box(column - reach, row - reach, column + reach + 1, row + reach + 1)


@dataclass(frozen=True)
class Spread:
    """The median over the pictures, its 95 % interval (percentile bootstrap), and how many."""

    median: float
    low: float
    high: float
    pictures: int

    @classmethod
    def of(cls, values: Values) -> Spread:
        """Resampling begins at the same seed each time."""
        rng = np.random.default_rng(0)
        drawn = rng.choice(values, (_DRAWS, len(values)))
        low, high = np.percentile(np.median(drawn, axis=1), (2.5, 97.5))
        return cls(float(np.median(values)), float(low), float(high), len(values))


Side = Literal["below", "above"]
Verdict = Literal["confirmed", "refuted", "undecided", "pending"]


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        text: what is said.
        number: what is computed of every picture, in words.
        roles: whose maps are needed.
        side, bound: where the number has to lie.
    """

    text: str
    number: str
    roles: tuple[str, ...]
    values: Callable[[Measured], Values]
    side: Side
    bound: float

    def judge(self, measured: Measured) -> tuple[Verdict, Spread | None]:
        """The verdict, and the number with its spread where there is one."""
        if any(role not in measured for role in self.roles):
            return "pending", None
        spread = Spread.of(self.values(measured))
        if spread.high < self.bound:
            return ("confirmed" if self.side == "below" else "refuted"), spread
        if spread.low > self.bound:
            return ("confirmed" if self.side == "above" else "refuted"), spread
        return "undecided", spread

    def to_json(self, measured: Measured) -> dict[str, Any]:
        """Claim, bound, number and verdict."""
        verdict, spread = self.judge(measured)
        return {
            "claim": self.text,
            "number": self.number,
            "bound": f"{self.side} {self.bound:g}",
            "verdict": verdict,
            **({} if spread is None else vars(spread)),
        }


def _ratio(
    one: tuple[str, str], other: tuple[str, str], measure: str
) -> Callable[[Measured], Values]:
    def values(measured: Measured) -> Values:
        above = measured[one[0]][one[1]][measure]
        below = measured[other[0]][other[1]][measure]
        ratios: Values = above / np.maximum(below, np.finfo(np.float64).tiny)
        return ratios

    return values


def _plain(role: str, target: str, measure: str) -> Callable[[Measured], Values]:
    return lambda measured: measured[role][target][measure]


CLAIMS = (
    Claim(
        "DeepLabv3+'s field is relatively small even at its deepest stage",
        "half width of DeepLabv3+'s stage 4 over SegFormer's stage 4",
        (DEEPLAB, SEGFORMER),
        _ratio((DEEPLAB, "stage4"), (SEGFORMER, "stage4"), "half_width"),
        "below",
        1.0,
    ),
    Claim(
        "DeepLabv3+'s stage 4 does not see most of the picture",
        "share of DeepLabv3+'s stage 4 far from the query",
        (DEEPLAB,),
        _plain(DEEPLAB, "stage4", "far"),
        "below",
        0.5,
    ),
    Claim(
        "SegFormer is local in its early stages: stage 1",
        "share of SegFormer's stage 1 far from the query",
        (SEGFORMER,),
        _plain(SEGFORMER, "stage1", "far"),
        "below",
        0.5,
    ),
    Claim(
        "SegFormer is local in its early stages: stage 2",
        "share of SegFormer's stage 2 far from the query",
        (SEGFORMER,),
        _plain(SEGFORMER, "stage2", "far"),
        "below",
        0.5,
    ),
    Claim(
        "SegFormer is non-local at stage 4",
        "share of SegFormer's stage 4 far from the query",
        (SEGFORMER,),
        _plain(SEGFORMER, "stage4", "far"),
        "above",
        0.5,
    ),
    Claim(
        "SegFormer's field grows from stage 1 to stage 4",
        "half width of SegFormer's stage 4 over its stage 1",
        (SEGFORMER,),
        _ratio((SEGFORMER, "stage4"), (SEGFORMER, "stage1"), "half_width"),
        "above",
        1.0,
    ),
    Claim(
        "The head adds a strong local response to stage 4's field",
        "share near the query of SegFormer's head over its stage 4",
        (SEGFORMER,),
        _ratio((SEGFORMER, "head"), (SEGFORMER, "stage4"), "near"),
        "above",
        1.0,
    ),
    Claim(
        "On a CNN the All-MLP head reaches no further than the CNN's stage 4",
        "half width of the All-MLP head on a ResNet over that ResNet's stage 4",
        (ALLMLP,),
        _ratio((ALLMLP, "head"), (ALLMLP, "stage4"), "half_width"),
        "below",
        1.0,
    ),
    Claim(
        "So its field stays smaller than SegFormer's",
        "half width of the All-MLP head on a ResNet over SegFormer's head",
        (ALLMLP, SEGFORMER),
        _ratio((ALLMLP, "head"), (SEGFORMER, "head"), "half_width"),
        "below",
        1.0,
    ),
)
