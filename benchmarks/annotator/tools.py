"""What a person would try with each tool at a wrong region: gestures, and what they would do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from app.gesture import Gesture
from benchmarks.annotator.hand import Stroke, strokes
from benchmarks.annotator.sheet import Mask, Sheet, Wrong, depth, middle
from benchmarks.annotator.studio import Studio
from segcore.edits import Proposal, Selection
from segcore.geometry import Box, Point
from segcore.opencv import cv2

MOST_CLICKS = 3
HOVERED = 6
"""Places of a region over which a person hovers before clicking, where hovering shows a preview."""
BIASES = (0.5, 1.0, 2.0)
CORNERS = (4, 6, 9)


class Try(NamedTuple):
    """Something that a person may do: its tool, how many actions it is, what it would change."""

    tool: str
    actions: int
    proposal: Proposal


class Moment(NamedTuple):
    """What a person has before the eyes."""

    studio: Studio
    sheet: Sheet
    wrong: Wrong
    strokes: tuple[Stroke, ...]

    @property
    def class_id(self) -> int:
        """What is to be painted."""
        return self.wrong.class_id

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the picture."""
        return self.sheet.labels.shape[0], self.sheet.labels.shape[1]

    def gesture(self, gesture: Gesture, **options: Any) -> Proposal | None:
        """What the window would propose."""
        return self.studio.proposes(self.sheet, self.class_id, gesture, **options)


Tool = Callable[[Moment], Iterator[Try]]


def moment(studio: Studio, sheet: Sheet, wrong: Wrong) -> Moment:
    """A look at one wrong region."""
    return Moment(studio, sheet, wrong, tuple(strokes(sheet, wrong)))


def brush(now: Moment) -> Iterator[Try]:
    """Each width that fits; the middle alone where none does."""
    for stroke in now.strokes or (Stroke((now.wrong.middle,), 1),):
        yield Try("brush", 1, stroke.covered(now.size))


def click(now: Moment) -> Iterator[Try]:
    """The middle of the region, then the middle of what is still missing or too much."""
    right: list[Point] = [now.wrong.middle]
    wrong: list[Point] = []
    for count in range(1, MOST_CLICKS + 1):
        points = (*right, *wrong)
        removing = (False,) * len(right) + (True,) * len(wrong)
        found = now.gesture(Gesture("click", points, removing))
        if not isinstance(found, Selection):
            return
        yield Try("click", count, found)
        selected = found.mask(now.size)
        missing = now.wrong.mask & ~selected
        surplus = selected & (now.sheet.truth != now.class_id) & now.sheet.counts
        surplus &= now.sheet.labels == now.sheet.truth
        if missing.sum() >= surplus.sum() and missing.any():
            right.append(middle(missing))
        elif surplus.any():
            wrong.append(middle(surplus))
        else:
            return


def click_snapped(now: Moment) -> Iterator[Try]:
    """One click, its boundary on the picture's edges or the model's."""
    for edge in ("picture", "model"):
        found = now.gesture(Gesture("click", (now.wrong.middle,), (False,)), snap=edge)
        yield from _tried(f"click, snapped to {edge}", found)


def superpixels(now: Moment) -> Iterator[Try]:
    """A way along the region, over cells of three sizes."""
    for way in {stroke.points for stroke in now.strokes}:
        for cell in (8, 16, 32):
            found = now.gesture(Gesture("superpixels", way), cell=cell)
            yield from _tried("superpixels", found)


def grabcut(now: Moment) -> Iterator[Try]:
    """A box around the region."""
    found = now.gesture(Gesture("grabcut", box=_around(now.wrong.mask, 2)))
    yield from _tried("grabcut", found)


def wand(now: Moment) -> Iterator[Try]:
    """Hovered over the region, at three tolerances."""
    for point in hovered(now.wrong):
        for tolerance in (10, 20, 40):
            found = now.gesture(Gesture("wand", (point,)), tolerance=tolerance)
            yield from _tried("wand", found)


def fill(now: Moment) -> Iterator[Try]:
    """The region of labels under the pointer."""
    for point in hovered(now.wrong):
        yield from _tried("fill", now.gesture(Gesture("fill", (point,))))


def small(now: Moment) -> Iterator[Try]:
    """Small islands of all classes."""
    for below in (50, 100, 300):
        yield from _tried("small", now.gesture(Gesture("small"), what="all", below=below))


def boundary(now: Moment) -> Iterator[Try]:
    """Every boundary made smooth; the class grown or shrunk."""
    for how, pixels in (("smooth_all", 4), ("smooth_all", 8), ("grow", 2), ("shrink", 2)):
        yield from _tried("boundary", now.gesture(Gesture("boundary"), how=how, pixels=pixels))


def second_best(now: Moment) -> Iterator[Try]:
    """Brushed over the region, as wide as fits and twice as wide."""
    for stroke in now.strokes:
        for size in (stroke.diameter, 2 * stroke.diameter):
            found = now.gesture(Gesture("second_best", stroke.points), brush_size=size)
            yield from _tried("second best", found)


def sliders(now: Moment) -> Iterator[Try]:
    """More of the true class, or less of the one that stands there."""
    model = now.studio.model.classes
    name = now.studio.classes[now.class_id].name
    own = model.id_of(name)
    here = now.sheet.labels[now.wrong.middle[1], now.wrong.middle[0]]
    other = (
        model.id_of(now.studio.classes[int(here)].name) if here < len(now.studio.classes) else None
    )
    for row, sign in ((own, 1), (other, -1)):
        if row is None:
            continue
        for bias in BIASES:
            numbers = np.zeros(len(model))
            numbers[row] = sign * bias
            gesture = Gesture("logits", numbers=(1.0, 0.0, *numbers.tolist()))
            yield from _tried("sliders", now.gesture(gesture))


def refine(now: Moment) -> Iterator[Try]:
    """A box around the region, looked at again."""
    found = now.gesture(Gesture("refine", box=_around(now.wrong.mask, 12)))
    yield from _tried("refine", found)


def polygon(now: Moment) -> Iterator[Try]:
    """The outline of the region with few corners: as many actions as corners."""
    filled = now.wrong.mask.view(np.uint8)
    outlines, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=len)
    for wanted in CORNERS:
        for epsilon in (1.5, 2, 3, 4, 6, 9, 13, 20, 30):
            corners = cv2.approxPolyDP(outline, epsilon, closed=True).reshape(-1, 2)
            if len(corners) <= wanted:
                break
        if len(corners) < 3:
            continue
        points = tuple((int(x), int(y)) for x, y in corners)
        found = now.gesture(Gesture("polygon", points))
        if found is not None:
            yield Try("polygon", len(points), found)


def hovered(wrong: Wrong) -> list[Point]:
    """Places of a region, well apart: its middle, then the middles of what is left."""
    left, points = wrong.mask.copy(), []
    deep = depth(wrong.mask)
    reach = max(int(deep.max()) * 2, 3)
    for _ in range(HOVERED):
        if not left.any():
            break
        at = int(np.where(left, deep, -1).argmax())
        y, x = divmod(at, left.shape[1])
        points.append((x, y))
        left[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1] = False
    return points


def _around(mask: Mask, margin: int) -> Box:
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    return Box(x, y, x + width, y + height).grown(margin).clip(*mask.shape)


def _tried(tool: str, found: Proposal | None) -> Iterator[Try]:
    if found is not None:
        yield Try(tool, 1, found)
