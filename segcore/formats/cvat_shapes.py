"""The shapes of CVAT: masks by their run lengths, outlines filled as CVAT's own exports are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segcore.formats.cvat_xml import Shape
from segcore.formats.instances import filled
from segcore.formats.painting import Region
from segcore.formats.polygons import ellipse, fill_corners, turned_box
from segcore.formats.rle import RunLengthError, runs_of

AREAS = ("mask", "polygon", "box", "ellipse")


def level_of(shape: Shape) -> float:
    """Its `z_order`, 0 where none is given."""
    return number_in(shape.attributes.get("z_order")) or 0.0


def number_in(text: str | None) -> float | None:
    """The number that an attribute says, None where it says none."""
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def region_of(shape: Shape, size: tuple[int, int]) -> Region:
    """The pixels of a shape; KeyError or ValueError, to complete a sentence, if it is none."""
    told = shape.attributes
    match shape.tag:
        case "mask":
            return _mask(told, size)
        case "polygon":
            pairs = [
                [float(part) for part in pair.split(",")] for pair in told["points"].split(";")
            ]
            if len(pairs) < 3 or any(len(pair) != 2 for pair in pairs):
                raise ValueError("its points are no list of three or more x,y")
            return fill_corners([np.array(pairs)], *size)
        case "box":
            x0, y0, x1, y1 = (float(told[key]) for key in ("xtl", "ytl", "xbr", "ybr"))
            center, half = ((x0 + x1) / 2, (y0 + y1) / 2), ((x1 - x0) / 2, (y1 - y0) / 2)
            return fill_corners([turned_box(center, half, float(told.get("rotation", 0)))], *size)
        case _:
            center = float(told["cx"]), float(told["cy"])
            half = float(told["rx"]), float(told["ry"])
            return fill_corners([ellipse(center, half, float(told.get("rotation", 0)))], *size)


def _mask(told: Mapping[str, str], size: tuple[int, int]) -> Region:
    left, top, width, height = (int(told[key]) for key in ("left", "top", "width", "height"))
    inside = min(left, top) >= 0 and left + width <= size[1] and top + height <= size[0]
    if not inside or min(width, height) < 1:
        raise ValueError(f"its box {width} x {height} at {left}, {top} is not inside the picture")
    try:
        counts = [int(count) for count in told["rle"].split(",")]
        starts, lengths = runs_of(counts, width * height)
    except RunLengthError:
        raise
    except (ValueError, OverflowError) as error:
        raise RunLengthError("its rle is no list of whole numbers") from error
    return Region(top, left, filled(starts, lengths, (height, width)))
