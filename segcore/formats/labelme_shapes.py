"""The shapes of labelme: checked, and rasterised as labelme's own `shapes_to_label` does it.

labelme draws with Pillow, which cuts the decimals of a vertex and fills the outline too. Its mask
shapes are base64 PNG files cut to a box whose second corner is the last pixel.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from segcore.formats.instances import Instances
from segcore.formats.painting import NOTHING, Region
from segcore.formats.polygons import check_corners
from segcore.formats.regions_in import is_number
from segcore.opencv import cv2

AREAS = ("polygon", "rectangle", "circle", "oriented_rectangle", "mask")
WITHOUT_AREA = ("line", "linestrip", "point", "points")

_POINTS = {"rectangle": 2, "circle": 2, "oriented_rectangle": 4, "mask": 2}

_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 6)
_PNG_BEGIN = b"\x89PNG\r\n\x1a\n"
_DEPTH_AND_KIND, _GREY = slice(24, 26), b"\x08\x00"
"""Where a PNG says how it is written, and how masks are: OpenCV reads such a one much faster."""

_Draw = Callable[[ImageDraw.ImageDraw, Sequence[tuple[float, float]]], None]


def mask_shape(found: Instances, index: int, label: str) -> dict[str, Any]:
    """An instance as labelme writes a mask."""
    top, left, bottom, right = (int(edge) for edge in found.boxes[index])
    _, png = cv2.imencode(".png", found.mask(index).view(np.uint8), _PNG)
    return {
        "label": label,
        "points": [[left, top], [right - 1, bottom - 1]],
        "group_id": None,
        "description": "",
        "shape_type": "mask",
        "flags": {},
        "mask": base64.b64encode(png.tobytes()).decode("ascii"),
    }


def kind_of(shape: Mapping[str, Any]) -> str:
    """Its type; files of the first versions have none, which means a polygon."""
    kind = shape.get("shape_type")
    return "polygon" if kind is None else str(kind)


def trouble_with(shape: object) -> str | None:
    """What is wrong with a shape, to complete a sentence; None when it can be used."""
    if not isinstance(shape, dict) or not isinstance(shape.get("label"), str):
        return "has no label"
    kind, points = kind_of(shape), shape.get("points")
    if kind not in AREAS + WITHOUT_AREA:
        return f'is of the type "{kind}", which is not known'
    if not isinstance(points, list) or not all(map(_is_point, points)):
        return "has points that are no list of [x, y]"
    needed = _POINTS.get(kind)
    if needed is not None and len(points) != needed:
        return f"is a {kind} with {len(points)} points where {needed} belong"
    if kind == "polygon" and len(points) < 3:
        return "is a polygon with less than three points"
    if kind == "mask" and not isinstance(shape.get("mask"), str):
        return "is a mask without its picture"
    return None


def _is_point(point: object) -> bool:
    return isinstance(point, list) and len(point) == 2 and all(map(is_number, point))


def region_of(shape: Mapping[str, Any], height: int, width: int) -> Region:
    """The pixels of a shape with an area.

    Raises:
        ValueError: its mask cannot be read or does not fit its box, or a point is far away; the
            text completes a sentence.
    """
    kind = kind_of(shape)
    points = [(float(x), float(y)) for x, y in shape["points"]]
    check_corners(points, height, width)
    if kind == "mask":
        return _mask(shape["mask"], points)
    if kind == "circle":
        return _circle(points, height, width)
    if kind == "rectangle":
        (x0, y0), (x1, y1) = points
        points = [(min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1))]
        return _drawn(points, height, width, lambda draw, xy: draw.rectangle(xy, 1, 1))
    return _drawn(points, height, width, lambda draw, xy: draw.polygon(xy, 1, 1))


def _circle(points: list[tuple[float, float]], height: int, width: int) -> Region:
    (x, y), rim = points
    radius = math.dist((x, y), rim)
    corners = [(x - radius, y - radius), (x + radius, y + radius)]
    return _drawn(corners, height, width, lambda draw, xy: draw.ellipse(xy, 1, 1))


def _drawn(points: Sequence[tuple[float, float]], height: int, width: int, draw: _Draw) -> Region:
    """What Pillow draws, in the part of the picture that it can reach.

    Moving by whole pixels changes nothing, as long as no vertex becomes negative that was not.
    """
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, top = max(math.floor(min(xs)) - 1, 0), max(math.floor(min(ys)) - 1, 0)
    right, bottom = min(math.ceil(max(xs)) + 2, width), min(math.ceil(max(ys)) + 2, height)
    if left >= right or top >= bottom:
        return NOTHING
    canvas = Image.new("L", (right - left, bottom - top))
    draw(ImageDraw.Draw(canvas), [(x - left, y - top) for x, y in points])
    return Region(top, left, np.asarray(canvas, np.bool_))


def _mask(text: str, points: Sequence[tuple[float, float]]) -> Region:
    mask = _decoded(text)
    left, top = int(points[0][0]), int(points[0][1])
    size = int(points[1][1]) + 1 - top, int(points[1][0]) + 1 - left
    if mask.shape != size:
        raise ValueError(
            f"has a mask of {mask.shape[1]} x {mask.shape[0]} pixels in a box of "
            f"{size[1]} x {size[0]}"
        )
    return Region(top, left, mask)


def _decoded(text: str) -> npt.NDArray[np.bool_]:
    try:
        data = base64.b64decode(text, validate=True)
        if data.startswith(_PNG_BEGIN) and data[_DEPTH_AND_KIND] == _GREY:
            grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
            if grey is not None and grey.ndim == 2:
                return np.asarray(grey, np.bool_)
        with Image.open(io.BytesIO(data)) as picture:
            pixels: npt.NDArray[np.bool_] = np.asarray(picture).astype(np.bool_)
    except (OSError, SyntaxError, ValueError, binascii.Error) as error:
        raise ValueError("has a mask that is no PNG in base64") from error
    return pixels if pixels.ndim == 2 else np.asarray(pixels.any(axis=2))
