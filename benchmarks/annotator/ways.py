"""Ways of labelling: what a picture begins with, and which tools the person takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from benchmarks.annotator import tools
from benchmarks.annotator.sheet import MODEL, Sheet
from benchmarks.annotator.studio import Studio
from benchmarks.annotator.taught import taught
from benchmarks.annotator.tools import Tool, Try
from benchmarks.assist_simulation import Labels

REACHED = 0.95
MOST_ACTIONS = 600
LOOKED_AT = 12
"""Wrong regions that are tried, largest first, until something helps."""

ASSISTING: dict[str, Tool] = {
    "click": tools.click,
    "click, snapped": tools.click_snapped,
    "superpixels": tools.superpixels,
    "GrabCut in a box": tools.grabcut,
    "magic wand": tools.wand,
    "fill": tools.fill,
    "small regions": tools.small,
    "boundary": tools.boundary,
    "second best": tools.second_best,
    "logit sliders": tools.sliders,
    "refine in a box": tools.refine,
    "polygon": tools.polygon,
}


@dataclass(frozen=True)
class Way:
    """How a person works.

    Attributes:
        begins: what is there when the work begins: nothing, the model's labels, or those of a
            classifier that the person's first strokes taught.
        tools: beside the brush.
    """

    begins: Literal["empty", "prediction", "scribbles"]
    tools: tuple[Tool, ...] = ()


_ALL = tuple(ASSISTING.values())
WAYS: dict[str, Way] = {
    "brush, empty picture": Way("empty"),
    "all tools, empty picture": Way("empty", _ALL),
    "brush, prediction": Way("prediction"),
    **{f"{name}, prediction": Way("prediction", (tool,)) for name, tool in ASSISTING.items()},
    "all tools, prediction": Way("prediction", _ALL),
    "brush, scribbles": Way("scribbles"),
    "all tools, scribbles": Way("scribbles", _ALL),
}


class Labelled(NamedTuple):
    """What one picture took."""

    actions: int
    begun_at: float
    ended_at: float
    used: Counter[str]

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return {**self._asdict(), "used": dict(self.used)}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Labelled:
        """From a file."""
        return cls(kept["actions"], kept["begun_at"], kept["ended_at"], Counter(kept["used"]))


def label(studio: Studio, truth: Labels, prediction: Labels, way: Way) -> Labelled:
    """Work on a picture until it agrees, or nothing helps any more."""
    actions, used = 0, Counter[str]()
    labels = np.full_like(truth, np.iinfo(truth.dtype).max)
    if way.begins == "prediction":
        labels = prediction.copy()
    elif way.begins == "scribbles":
        labels, actions = taught(studio, truth)
        used["scribble"] = actions
    said = labels != np.iinfo(truth.dtype).max
    sheet = Sheet(truth, labels, np.where(said, MODEL, 0).astype(np.uint8))
    begun = sheet.agreement
    while sheet.agreement < REACHED and actions < MOST_ACTIONS:
        chosen = _best(studio, sheet, way)
        if chosen is None:
            break
        done, class_id = chosen
        sheet.apply(done.proposal, class_id)
        studio.changed()
        actions += done.actions
        used[done.tool] += done.actions
    return Labelled(actions, begun, sheet.agreement, used)


def _best(studio: Studio, sheet: Sheet, way: Way) -> tuple[Try, int] | None:
    """At the largest wrong region what gains most for each action."""
    for wrong in sheet.largest(LOOKED_AT):
        now = tools.moment(studio, sheet, wrong)
        best: tuple[float, Try] | None = None
        for tool in (tools.brush, *way.tools):
            for tried in tool(now):
                gain = sheet.gain(tried.proposal, wrong.class_id) / tried.actions
                if gain > 0 and (best is None or gain > best[0]):
                    best = gain, tried
        if best is not None:
            return best[1], wrong.class_id
    return None
