"""Logit sliders: what the model would have said with other biases, where it has the say."""

from __future__ import annotations

import numpy as np

from app.assistants.model import at_hand, check_classes, ids_of, looked_in
from app.assistants.scene import Outcome, Scene
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP, translate
from app.inference.inquiries.assist import Looked
from app.tool_options import Options
from segcore.assist.logit_sliders import LogitSettings, slid_labels
from segcore.edits import Relabelling
from segcore.edits.protection import Choice
from segcore.geometry import Box

LARGEST = 36_000_000
"""Pixels that are looked at at once."""
_SOON = 2_000_000
"""Pixels of which the exact answer is there as soon as a rough one."""
_TOO_LARGE = QT_TRANSLATE_NOOP("assistants", "Zoom in: at most {:,} megapixels at once")
FIXED = 2
"""Numbers of the gesture before the biases: temperature and least confidence."""


def logits(scene: Scene, gesture: Gesture, _options: Options) -> Outcome | None:
    """The pixels of the box, or of the picture, that come out as another class.

    Only what nobody or a model has said changes.
    """
    box = _box_of(scene, gesture)
    if box.is_empty or len(gesture.numbers) < FIXED:
        return None
    if box.area > LARGEST:
        note = translate("assistants", _TOO_LARGE).format(LARGEST // 1_000_000)
        return Outcome(note=note)
    check_classes(scene)
    return _slid(scene, gesture, looked_in(scene, box), rough=False)


def rough_logits(scene: Scene, gesture: Gesture, _options: Options) -> Outcome | None:
    """The same, where a least confidence or many pixels make the exact answer slow; else None.

    And None where the model has yet to look.
    """
    box = _box_of(scene, gesture)
    slow = len(gesture.numbers) >= FIXED and (gesture.numbers[1] > 0 or box.area > _SOON)
    slow = slow and not box.is_empty and box.area <= LARGEST
    looked = at_hand(scene, box) if slow else None
    return None if looked is None else _slid(scene, gesture, looked, rough=True)


def _box_of(scene: Scene, gesture: Gesture) -> Box:
    return (gesture.box or Box.of_size(scene.size)).clip(*scene.size)


def _slid(scene: Scene, gesture: Gesture, looked: Looked, *, rough: bool) -> Outcome | None:
    box = _box_of(scene, gesture)
    temperature, least_confidence, *bias = gesture.numbers
    settings = LogitSettings(tuple(bias), temperature, least_confidence)
    ids = ids_of(looked, scene)
    scene.cancel.raise_if_cancelled()
    found = slid_labels(looked.evidence, box, settings, ids, scene.ignore, rough=rough)
    may_change = np.zeros(256, np.bool_)
    may_change[[0, *scene.models]] = True
    place = box.slices
    region = found.region & Choice(may_change).of(scene.origins[place])
    region &= found.ids != scene.labels[place]
    return Outcome(Relabelling(box, region, found.ids).trimmed()) if region.any() else None
