"""The magic wand: pixels of a colour like the one under the pointer."""

from __future__ import annotations

from app.assistants.scene import Outcome, Scene
from app.assistants.snapping import snapped
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP, translate
from app.tool_options import Options
from segcore.assist.wand import magic_wand
from segcore.assist.windows import window_around
from segcore.geometry import Box

LONGEST = 4096
"""Pixels a side of what is looked at around the pointer, so that a huge picture takes no longer."""
_NEAR = QT_TRANSLATE_NOOP("assistants", "looked for within {:,} px")


def wand(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """What hangs together with the pixel in its colour, or everything of that colour."""
    point = gesture.points[-1]
    if not Box.of_size(scene.size).contains(point):
        return None
    found = magic_wand(
        scene.image,
        point,
        int(options["tolerance"]),
        within=window_around(point, LONGEST, scene.size),
        contiguous=bool(options["contiguous"]) != gesture.wide,
        stops_at_edges=bool(options["edges"]),
    )
    note = "" if max(scene.size) <= LONGEST else translate("assistants", _NEAR).format(LONGEST // 2)
    return snapped(scene, Outcome(found, note), options)
