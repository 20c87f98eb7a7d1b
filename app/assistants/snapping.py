"""The boundary of what is proposed, moved to an edge nearby where that is wanted."""

from __future__ import annotations

from dataclasses import replace

from app.assistants.model import looked_in
from app.assistants.scene import Outcome, Scene, Work
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP, translate
from app.tool_options import Options
from segcore.assist.snap import snap_to_labels, snap_to_picture
from segcore.edits import Selection

MOST_PIXELS = 4_000_000
"""Of a selection whose boundary is still moved: beyond it a preview would take seconds."""
_TOO_LARGE = QT_TRANSLATE_NOOP("assistants", "too large to snap")


def snapping(work: Work) -> Work:
    """What another assistant proposes, snapped as the options say."""

    def snapping_work(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
        return snapped(scene, work(scene, gesture, options), options)

    return snapping_work


def snapped(scene: Scene, outcome: Outcome | None, options: Options) -> Outcome | None:
    """The outcome with its boundary on the picture's edges, the model's, or as it is."""
    wanted, reach = options.get("snap", "none"), int(options.get("snap_reach", 4))
    if outcome is None or wanted == "none" or not isinstance(outcome.proposal, Selection):
        return outcome
    selection = outcome.proposal.clipped(scene.size)
    if selection.is_empty:
        return outcome
    if selection.place.area > MOST_PIXELS:
        said = translate("assistants", _TOO_LARGE)
        note = f"{outcome.note}  ·  {said}" if outcome.note else said
        return replace(outcome, note=note)
    if wanted == "picture":
        found = snap_to_picture(selection, scene.image, reach)
    else:
        around = selection.place.grown(2 * reach).clip(*scene.size)
        labels = looked_in(scene, around).evidence.labels(around)
        found = snap_to_labels(selection, labels, around, reach)
    return Outcome(found, outcome.note, outcome.path)
