"""Local refinement: the model's labels of a box, seen again enlarged."""

from __future__ import annotations

import numpy as np

from app.assistants.model import check_classes, ids_of, model_of
from app.assistants.scene import Outcome, Scene
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP, translate
from app.inference.inquiries.assist import Looked, RefineInquiry
from app.tool_options import Options
from segcore.assist.logit_sliders import LogitSettings, slid_labels
from segcore.edits import Relabelling
from segcore.errors import RequestError

LONGEST = 2048
"""Pixels a side of a box that is looked at again."""
_THE_SAME = QT_TRANSLATE_NOOP("assistants", "From near the model says the same")


def refine(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """The pixels of the box whose class is another one from near."""
    if gesture.box is None:
        return None
    box = gesture.box.clip(*scene.size)
    if box.is_empty:
        return None
    if max(box.size) > LONGEST:
        raise RequestError(
            f"The box is {box.width:,} x {box.height:,} pixels, too large to be looked at from "
            f"near: draw one of at most {LONGEST:,} a side."
        )
    check_classes(scene)
    model = model_of(scene)
    zoom, share = int(options["zoom"]) / 100, int(options["share"]) / 100
    kept: list[Looked] = scene.memo.keep("refined", (model.spec, box, zoom, share), list)
    if not kept:
        kept.append(scene.ask(RefineInquiry(model.spec, scene.image, box, zoom, share)))
    looked = kept[0]
    ids = ids_of(looked, scene)
    found = slid_labels(looked.evidence, box, LogitSettings(), ids, scene.ignore)
    differs = found.region & (found.ids != scene.labels[box.slices])
    if not np.any(differs):
        return Outcome(note=translate("assistants", _THE_SAME))
    return Outcome(Relabelling(box, differs, found.ids).trimmed())
