"""GrabCut: what stands out in a box."""

from __future__ import annotations

import numpy as np

from app.assistants.model import at_hand, looked_in
from app.assistants.scene import Outcome, Scene
from app.assistants.snapping import snapped
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP, translate
from app.inference.inquiries.assist import Looked
from app.tool_options import Options
from segcore.assist.evidence import Floats
from segcore.assist.grabcut import grab_cut
from segcore.geometry import EMPTY, Box

LEAST_SHARE = 0.05
"""Of the box that the model holds for the active class, for its opinion to count."""
_NOTHING = QT_TRANSLATE_NOOP("assistants", "Nothing stands out in the box")


def grabcut(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """What is foreground in the box, seeded by the model's opinion of the active class."""
    if gesture.box is None:
        return None
    box = gesture.box.clip(*scene.size)
    if box.is_empty:
        return None
    asks = options["model"] and scene.model is not None and _knows_class(scene)
    prior = _opinion(scene, looked_in(scene, box), box) if asks else None
    found = grab_cut(scene.image, box, prior)
    if found.is_empty:
        return Outcome(note=translate("assistants", _NOTHING))
    return snapped(scene, Outcome(found), options)


def rough_grabcut(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """The same of a much smaller picture; the model's opinion counts where it is at hand."""
    box = (gesture.box or EMPTY).clip(*scene.size)
    if box.is_empty:
        return None
    looked = at_hand(scene, box) if options["model"] and _knows_class(scene) else None
    prior = None if looked is None else _opinion(scene, looked, box)
    found = grab_cut(scene.image, box, prior, rough=True)
    return None if found.is_empty else Outcome(found)


def _knows_class(scene: Scene) -> bool:
    return 0 <= scene.class_id < len(scene.classes)


def _opinion(scene: Scene, looked: Looked, box: Box) -> Floats | None:
    """How likely each pixel is of the active class, where the model knows it and sees some."""
    own = looked.classes.id_of(scene.classes[scene.class_id].name)
    if own is None:
        return None
    evidence = looked.evidence
    odds = evidence.upsampled(evidence.probabilities[own], box)
    return odds if float(np.mean(odds > 0.5)) >= LEAST_SHARE else None
