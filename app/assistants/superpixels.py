"""Superpixels: the cells that a stroke touches."""

from __future__ import annotations

from app.assistants.scene import Outcome, Scene
from app.assistants.snapping import snapped
from app.gesture import Gesture
from app.tool_options import Options
from segcore.assist.superpixels import METHODS, Superpixels


def superpixels(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """The cells under the pointer's way; those of the picture are kept at the size in use."""
    side = int(options["cell"])
    method = next((each for each in METHODS if each == options["method"]), METHODS[0])
    cells = scene.memo.keep(
        "superpixels", (side, method), lambda: Superpixels(scene.image, side, method)
    )
    found = cells.collected(gesture.points, int(options["radius"]))
    return None if found.is_empty else snapped(scene, Outcome(found), options)
