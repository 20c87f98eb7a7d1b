"""Intelligent scissors: lines along edges from anchor to anchor, and what they enclose."""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

import numpy as np

from app.assistants.scene import Outcome, Scene
from app.gesture import Gesture
from app.tool_options import Options
from segcore.assist.scissors import Path, Scissors, enclosed
from segcore.geometry import Box, Point, Size

_MOST_KEPT = 8
"""Anchors whose paths are kept; undo comes back to the last few."""


def scissors(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """The region inside the line so far; the way on to the pointer is drawn and not yet part."""
    side = int(options["window"])
    points = [_inside(point, scene.size) for point in gesture.points]
    kept: OrderedDict[Point, Scissors] = scene.memo.keep("scissors", side, OrderedDict)
    ways: dict[tuple[Point, Point], Path] = scene.memo.keep("ways", side, dict)
    pieces = [_way(scene, kept, ways, start, end, side=side) for start, end in pairwise(points)]
    done = pieces if gesture.settled else pieces[:-1]
    path = tuple((int(x), int(y)) for piece in pieces for x, y in piece)
    if not gesture.settled:
        # Every step of the pointer is another way: only those between anchors are worth keeping.
        ways.pop((points[-2], points[-1]), None)
    elif len(points) > 2:
        path += _ends(done)
    if len(done) < 2:
        return Outcome(None, path=path)
    return Outcome(enclosed(done, scene.size), path=path)


def rough_scissors(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """A straight way on to the pointer while edges around the last anchor have yet to be found."""
    points = [_inside(point, scene.size) for point in gesture.points]
    side = int(options["window"])
    kept: OrderedDict[Point, Scissors] = scene.memo.keep("scissors", side, OrderedDict)
    ways: dict[tuple[Point, Point], Path] = scene.memo.keep("ways", side, dict)
    if gesture.settled or len(points) < 2 or points[-2] in kept:
        return None
    done = [ways[piece] for piece in pairwise(points[:-1]) if piece in ways]
    path = tuple((int(x), int(y)) for piece in done for x, y in piece)
    return Outcome(None, path=(*path, *points[-2:]))


def _way(
    scene: Scene,
    kept: OrderedDict[Point, Scissors],
    ways: dict[tuple[Point, Point], Path],
    start: Point,
    end: Point,
    *,
    side: int,
) -> Path:
    if (start, end) not in ways:
        if start not in kept:
            scene.cancel.raise_if_cancelled()
            kept[start] = Scissors(scene.image, start, side)
            while len(kept) > _MOST_KEPT:
                kept.popitem(last=False)
        ways[start, end] = kept[start].path_to(end)
    return ways[start, end]


def _ends(pieces: list[Path]) -> tuple[Point, ...]:
    """Back to where the line began."""
    first = np.asarray(pieces[0][0])
    return ((int(first[0]), int(first[1])),)


def _inside(point: Point, size: Size) -> Point:
    box = Box.of_size(size)
    return min(max(point[0], 0), box.x1 - 1), min(max(point[1], 0), box.y1 - 1)
