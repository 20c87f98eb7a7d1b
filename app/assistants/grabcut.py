"""GrabCut: what stands out in a box."""

from __future__ import annotations

import numpy as np

from app.assistants.model import looked_in
from app.assistants.scene import Outcome, Scene
from app.assistants.snapping import snapped
from app.gesture import Gesture
from app.tool_options import Options
from segcore.assist.evidence import Floats
from segcore.assist.grabcut import grab_cut
from segcore.geometry import Box

LEAST_SHARE = 0.05
"""Of the box that the model holds for the active class, for its opinion to count."""


def grabcut(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """What is foreground in the box, seeded by the model's opinion of the active class."""
    if gesture.box is None:
        return None
    box = gesture.box.clip(*scene.size)
    if box.is_empty:
        return None
    prior = _opinion(scene, box) if options["model"] else None
    return snapped(scene, Outcome(grab_cut(scene.image, box, prior)), options)


def _opinion(scene: Scene, box: Box) -> Floats | None:
    """How likely each pixel is of the active class, where the model knows it and sees some."""
    if scene.model is None or not 0 <= scene.class_id < len(scene.classes):
        return None
    looked = looked_in(scene, box)
    own = looked.classes.id_of(scene.classes[scene.class_id].name)
    if own is None:
        return None
    evidence = looked.evidence
    odds = evidence.upsampled(evidence.probabilities[own], box)
    return odds if float(np.mean(odds > 0.5)) >= LEAST_SHARE else None
