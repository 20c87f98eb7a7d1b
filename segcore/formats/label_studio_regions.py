"""Regions in the results of Label Studio: checked, and as pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from segcore.formats.painting import Painting, Region
from segcore.formats.polygons import ellipse, fill_corners, turned_box
from segcore.formats.regions_in import is_number, size_in
from segcore.formats.rle import RunLengthError, label_studio_runs

AREAS = ("brushlabels", "polygonlabels", "rectanglelabels", "ellipselabels")

_NUMBERS = {
    "rectanglelabels": ("x", "y", "width", "height"),
    "ellipselabels": ("x", "y", "radiusX", "radiusY"),
}


def label_of(result: Mapping[str, Any]) -> str | None:
    """The label of a region; None for results of other kinds."""
    kind, value = result.get("type"), result.get("value")
    labels = value.get(kind) if isinstance(value, dict) and kind in AREAS else None
    first = labels[0] if isinstance(labels, list) and labels else None
    return first if isinstance(first, str) else None


def trouble_with(result: Mapping[str, Any]) -> str | None:
    """What is wrong with a region, to complete a sentence; None also for results without area."""
    kind, value = result.get("type"), result.get("value")
    if kind not in AREAS:
        return None
    if label_of(result) is None or not isinstance(value, dict):
        return "has no label"
    if size_in(result, "original_height", "original_width") is None:
        return "does not say the size of its picture"
    if result.get("image_rotation"):
        return "is of a picture that was turned in Label Studio, which cannot be read"
    if kind == "brushlabels" and not isinstance(value.get("rle"), list):
        return "is a brush without its rle"
    if kind == "polygonlabels":
        points = value.get("points")
        if not isinstance(points, list) or len(points) < 3 or not all(map(_is_point, points)):
            return "is a polygon without three or more points [x, y]"
    if not all(is_number(value.get(key)) for key in _NUMBERS.get(str(kind), ())):
        return "misses one of its numbers"
    return None


def _is_point(point: object) -> bool:
    return isinstance(point, list) and len(point) == 2 and all(map(is_number, point))


def paint_result(painting: Painting, result: Mapping[str, Any], class_id: int) -> None:
    """Paint a region; what is given in per cent is filled as pycocotools does.

    Raises:
        ValueError: it is of another size or damaged; the text completes a sentence.
    """
    height, width = (int(side) for side in painting.labels.shape)
    if size_in(result, "original_height", "original_width") != (height, width):
        raise RunLengthError("it is of a picture of another size")
    if result["type"] == "brushlabels":
        runs = label_studio_runs(result["value"]["rle"], height * width)
        painting.paint_runs(*runs, class_id)
    else:
        painting.paint(_outlined(result, height, width), class_id)


def _outlined(result: Mapping[str, Any], height: int, width: int) -> Region:
    """The pixels of a polygon, an ellipse or a box."""
    value = result["value"]
    scale = np.array([width, height]) / 100
    if result["type"] == "polygonlabels":
        return fill_corners([np.array(value["points"], np.float64) * scale], height, width)
    degrees = float(value.get("rotation") or 0)
    corner = np.array([value["x"], value["y"]], np.float64) * scale
    if result["type"] == "ellipselabels":
        half = np.array([value["radiusX"], value["radiusY"]]) * scale
        return fill_corners([ellipse(_pair(corner), _pair(half), degrees)], height, width)
    size = np.array([value["width"], value["height"]], np.float64) * scale
    box = turned_box((0.0, 0.0), _pair(size / 2), degrees)
    return fill_corners([box - box[0] + corner], height, width)  # it turns about its first corner


def _pair(values: Any) -> tuple[float, float]:
    return float(values[0]), float(values[1])
