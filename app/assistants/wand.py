"""The magic wand: pixels of a colour like the one under the pointer."""

from __future__ import annotations

from app.assistants.scene import Outcome, Scene
from app.assistants.snapping import snapped
from app.gesture import Gesture
from app.tool_options import Options
from segcore.assist.wand import magic_wand
from segcore.geometry import Box


def wand(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """What hangs together with the pixel in its colour, or everything of that colour."""
    point = gesture.points[-1]
    if not Box.of_size(scene.size).contains(point):
        return None
    found = magic_wand(
        scene.image,
        point,
        int(options["tolerance"]),
        contiguous=bool(options["contiguous"]) != gesture.wide,
        stops_at_edges=bool(options["edges"]),
    )
    return snapped(scene, Outcome(found), options)
