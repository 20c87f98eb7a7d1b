"""The brush that gives pixels the class that the model holds for second."""

from __future__ import annotations

from app.assistants.model import check_classes, ids_of, looked_around, looked_in
from app.assistants.scene import Outcome, Scene
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP, translate
from app.tool_options import Options
from segcore.assist.second_best import second_best as best_of_the_others
from segcore.assist.strokes import stroke_selection

LARGEST = 36_000_000
"""Pixels of the box around a stroke."""
_TOO_LARGE = QT_TRANSLATE_NOOP("assistants", "Zoom in: at most {:,} megapixels a stroke")


def second_best(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """Every pixel under the brush becomes the likeliest class that it is not."""
    area = stroke_selection(gesture.points, int(options["brush_size"]), scene.size)
    if area.is_empty:
        return None
    middle = gesture.points[-1]
    box = area.place
    if box.area > LARGEST:
        note = translate("assistants", _TOO_LARGE).format(LARGEST // 1_000_000)
        return Outcome(note=note)
    check_classes(scene)
    if box.contains(middle):
        looked = looked_around(scene, middle)
        if not looked.evidence.box.covers(box):
            looked = looked_in(scene, box)
    else:
        looked = looked_in(scene, box)
    ids = ids_of(looked, scene)
    labels = scene.labels[box.slices]
    found = best_of_the_others(looked.evidence, area, labels, ids, scene.ignore)
    return None if found.is_empty else Outcome(found.trimmed())
