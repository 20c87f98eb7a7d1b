"""The magic wand: pixels of a colour like the one under the pointer."""

from __future__ import annotations

from app.assistants.scene import Outcome, Scene
from app.assistants.snapping import snapped
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP, translate
from app.tool_options import Options
from segcore.assist.wand import magic_wand
from segcore.assist.windows import window_around
from segcore.edits import Selection
from segcore.geometry import Box

LONGEST = 4096
"""Pixels a side of what is looked at around the pointer, so that a huge picture takes no longer."""
_QUICK = 600
"""Pixels a side of what is looked at in no time."""
_NEAR = QT_TRANSLATE_NOOP("assistants", "looked for within {:,} px")


def wand(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """What hangs together with the pixel in its colour, or everything of that colour."""
    found = _found(scene, gesture, options, rough=False)
    note = "" if max(scene.size) <= LONGEST else translate("assistants", _NEAR).format(LONGEST // 2)
    return None if found is None else snapped(scene, Outcome(found, note), options)


def rough_wand(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """The same from fewer pixels, where it runs far; None where the full answer takes no longer."""
    if max(scene.size) <= _QUICK or not _contiguous(gesture, options):
        return None
    found = _found(scene, gesture, options, rough=True)
    return None if found is None or max(found.place.size) <= _QUICK else Outcome(found)


def _found(scene: Scene, gesture: Gesture, options: Options, *, rough: bool) -> Selection | None:
    point = gesture.points[-1]
    if not Box.of_size(scene.size).contains(point):
        return None
    return magic_wand(
        scene.image,
        point,
        int(options["tolerance"]),
        within=window_around(point, LONGEST, scene.size),
        contiguous=_contiguous(gesture, options),
        stops_at_edges=bool(options["edges"]),
        rough=rough,
    )


def _contiguous(gesture: Gesture, options: Options) -> bool:
    return bool(options["contiguous"]) != gesture.wide
