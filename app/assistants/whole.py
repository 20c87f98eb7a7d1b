"""What works on the whole picture: small regions, boundaries, the last picture's labels."""

from __future__ import annotations

import numpy as np

from app.assistants.scene import Outcome, Scene
from app.gesture import Gesture
from app.i18n import translate
from app.tool_options import Options
from segcore.assist.boundary import grown, shrunk, smoothed
from segcore.assist.regions import small_holes, small_regions
from segcore.edits import Relabelling
from segcore.geometry import Box

CONTEXT = "assistants"


def small(scene: Scene, _gesture: Gesture, options: Options) -> Outcome | None:
    """Small islands, or small holes in the active class, become what is around them."""
    below, what = int(options["below"]), options["what"]
    if what != "all" and scene.class_id < 0:
        return _no_class()
    if what == "holes":
        found, count = small_holes(scene.labels, below, scene.class_id, scene.cancel)
        return Outcome(found, translate(CONTEXT, "Holes: {}").format(f"{count:,}"))
    class_id = scene.class_id if what == "islands" else None
    found, count = small_regions(scene.labels, below, class_id, scene.cancel)
    return Outcome(found, translate(CONTEXT, "Islands: {}").format(f"{count:,}"))


def boundary(scene: Scene, _gesture: Gesture, options: Options) -> Outcome | None:
    """The active class's boundary, or every one, is made smooth or moved."""
    pixels, how, labels = int(options["pixels"]), options["how"], scene.labels
    if how == "smooth_all":
        return _said(smoothed(labels, pixels, cancel=scene.cancel))
    if scene.class_id < 0:
        return _no_class()
    work = {"grow": grown, "shrink": shrunk}.get(str(how))
    if work is not None:
        return _said(work(labels, scene.class_id, pixels, scene.cancel))
    return _said(smoothed(labels, pixels, scene.class_id, scene.cancel))


def copy_last(scene: Scene, _gesture: Gesture, options: Options) -> Outcome | None:
    """What the picture that was open before said of each pixel."""
    last = scene.last()
    if last is None:
        return Outcome(note=translate(CONTEXT, "No other picture has been open"))
    if last.labels.shape != scene.labels.shape or last.labels.dtype != scene.labels.dtype:
        return Outcome(note=translate(CONTEXT, "{} has another size").format(last.name))
    taken = last.labels != scene.ignore
    if options["classes"] == "active":
        taken = last.labels == scene.class_id
    elif options["classes"] == "shown" and scene.hidden:
        taken &= ~np.isin(last.labels, list(scene.hidden))
    if options["onto"] == "unlabelled":
        taken &= scene.origins == 0
    taken &= last.labels != scene.labels
    proposal = Relabelling(Box.of_size(scene.size), taken, last.labels)
    return Outcome(proposal, translate(CONTEXT, "From {}").format(last.name), propagated=True)


def _said(found: Relabelling | None) -> Outcome:
    return Outcome(found, "" if found else translate(CONTEXT, "Nothing to change"))


def _no_class() -> Outcome:
    return Outcome(note=translate(CONTEXT, "Choose a class first"))
