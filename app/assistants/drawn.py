"""Shapes drawn by hand, and the region under the pointer."""

from __future__ import annotations

from app.assistants.scene import Outcome, Scene
from app.gesture import Gesture
from app.tool_options import Options
from segcore.edits import Selection, box_selection, class_at, polygon_selection, region_at
from segcore.geometry import Box, Point


def rectangle(scene: Scene, gesture: Gesture, _options: Options) -> Outcome | None:
    """The pixels of the box that was drawn."""
    return None if gesture.box is None else Outcome(box_selection(gesture.box, scene.size))


def lasso(scene: Scene, gesture: Gesture, _options: Options) -> Outcome | None:
    """Everything that a line drawn by hand encloses."""
    return Outcome(polygon_selection(gesture.points, scene.size, enclosed=True))


def polygon(scene: Scene, gesture: Gesture, _options: Options) -> Outcome | None:
    """The pixels inside a polygon, its border included."""
    return Outcome(polygon_selection(gesture.points, scene.size))


def fill(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """The region of one class under the pointer, or that class everywhere."""
    (point,) = gesture.points
    if not Box.of_size(scene.size).contains(point):
        return None
    everywhere = (options.get("reach") == "class") != gesture.wide
    if everywhere:
        class_id = int(scene.labels[point[1], point[0]])
        key = (scene.changes, class_id)
        return Outcome(scene.memo.keep("class", key, lambda: class_at(scene.labels, point)))
    return Outcome(_region_at(scene, point))


def _region_at(scene: Scene, point: Point) -> Selection:
    """The region of the last answer where the pointer is still in it."""
    last = scene.memo.keep("region", scene.changes, lambda: [region_at(scene.labels, point)])
    place, region = last[0]
    inside = place.contains(point) and region[point[1] - place.y0, point[0] - place.x0]
    if not inside:
        last[0] = region_at(scene.labels, point)
    return last[0]
