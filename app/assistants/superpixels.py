"""Superpixels: the cells that a stroke touches."""

from __future__ import annotations

from app.assistants.scene import Outcome, Scene
from app.assistants.snapping import snapped
from app.gesture import Gesture
from app.tool_options import Options
from segcore.assist.superpixels import METHODS, TILE, Superpixels
from segcore.geometry import Box, Point

_NEXT = TILE // 2
"""Pixels from the pointer within which cells are cut before it comes there."""


def superpixels(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """The cells under the pointer's way; those of the picture are kept at the size in use."""
    found = _cells(scene, options).collected(gesture.points, int(options["radius"]))
    return None if found.is_empty else snapped(scene, Outcome(found), options)


def rough_superpixels(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """The same where cells have yet to be cut: of those under the pointer only; else None."""
    cells = _cells(scene, options)
    if not gesture.points or cells.is_cut(gesture.points[-1]):
        return None
    found = cells.collected(gesture.points, int(options["radius"]), rough=True)
    return None if found.is_empty else Outcome(found)


def ready_for_superpixels(scene: Scene, point: Point, options: Options) -> None:
    """Have the cells under the pointer cut, and those that it is likely to come to next."""
    cells = _cells(scene, options)
    everywhere = Box.of_size(scene.size)
    for dx, dy in ((0, 0), (_NEXT, 0), (-_NEXT, 0), (0, _NEXT), (0, -_NEXT)):
        near = point[0] + dx, point[1] + dy
        if everywhere.contains(near):
            scene.cancel.raise_if_cancelled()
            cells.cut_around(near)


def _cells(scene: Scene, options: Options) -> Superpixels:
    side = int(options["cell"])
    method = next((each for each in METHODS if each == options["method"]), METHODS[0])
    return scene.memo.keep(
        "superpixels", (side, method), lambda: Superpixels(scene.image, side, method)
    )
