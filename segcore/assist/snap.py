"""Move the boundary of a selection to an edge nearby: the model's, or the picture's."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segcore.edits.planes import IdArray
from segcore.edits.selection import Mask, Selection
from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.opencv import cv2

Image = npt.NDArray[np.uint8]


def snap_to_picture(selection: Selection, image: Image, reach: int) -> Selection:
    """The selection with its boundary on the picture's edges, no further than `reach` pixels away.

    What lies deeper inside stays, what lies further outside stays out; between them the two flood
    towards each other and meet at the edge (watershed, Meyer 1992).

    Args:
        image: (H, W, 3) uint8 RGB.
        reach: pixels; 0 changes nothing.
    """
    framed = _framed(selection, (image.shape[0], image.shape[1]), reach)
    if framed is None:
        return selection
    place, region = framed
    inside, outside = _sure(region, reach)
    if not inside.any() or not outside.any():
        return selection
    part = cv2.GaussianBlur(np.ascontiguousarray(image[place.slices][..., ::-1]), (3, 3), 0)
    markers = np.zeros(place.size, np.int32)
    markers[inside], markers[outside] = 1, 2
    # Watershed calls the border of its picture a boundary: give it one of its own.
    markers = np.pad(markers, 1, mode="edge")
    cv2.watershed(np.pad(part, ((1, 1), (1, 1), (0, 0)), mode="edge"), markers)
    found = markers[1:-1, 1:-1]
    lines = found == -1
    snapped = (found == 1) | (lines & region)
    return Selection(place, snapped).trimmed()


def snap_to_labels(selection: Selection, labels: IdArray, place: Box, reach: int) -> Selection:
    """The selection with its boundary on boundaries between a model's classes.

    Within `reach` pixels of the boundary a pixel goes with the side on which most of its own class
    lies; where its class lies on neither, it stays as it was.

    Args:
        labels: (h, w) the model's ids over `place`.
        place: image pixels; what of the selection lies outside stays as it is.

    Raises:
        RequestError: `labels` is not of the size of `place`.
    """
    if labels.shape != place.size:
        raise RequestError(f"Labels of shape {labels.shape} do not lie over {tuple(place)}.")
    around = selection.place.grown(2 * reach).intersect(place)
    if reach <= 0 or selection.is_empty or around.is_empty:
        return selection
    whole = around.union(selection.place)
    region = np.zeros(whole.size, np.bool_)
    region[selection.place.moved(-whole.x0, -whole.y0).slices] = selection.region
    window = around.moved(-whole.x0, -whole.y0).slices
    ids = labels[around.moved(-place.x0, -place.y0).slices]
    region[window] = _with_their_class(region[window], ids, reach)
    return Selection(whole, region).trimmed()


def _with_their_class(region: Mask, ids: IdArray, reach: int) -> Mask:
    inside, outside = _sure(region, reach)
    band = ~inside & ~outside
    snapped = region.copy()
    kernel = (4 * reach + 1, 4 * reach + 1)
    for class_id in np.unique(ids[band]):
        own = ids == class_id
        weight = (own & inside).astype(np.float32) - (own & outside)
        side = cv2.boxFilter(weight, -1, kernel, normalize=False, borderType=cv2.BORDER_CONSTANT)
        snapped[band & own & (side > 0.5)] = True
        snapped[band & own & (side < -0.5)] = False
    return np.asarray(snapped)


def _sure(region: Mask, reach: int) -> tuple[Mask, Mask]:
    """What stays in and what stays out; a thin region keeps its spine."""
    eights = np.ascontiguousarray(region).view(np.uint8)
    # Beyond the picture a region goes on as it is at the edge.
    framed = cv2.copyMakeBorder(eights, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1]
    away = cv2.distanceTransform(1 - framed, cv2.DIST_L2, 3)[1:-1, 1:-1]
    inside = depth > reach
    if not inside.any() and region.any():
        inside = region & (depth >= depth.max())
    return np.asarray(inside), np.asarray(away > reach)


def _framed(selection: Selection, size: tuple[int, int], reach: int) -> tuple[Box, Mask] | None:
    """The selection with room around it; None where there is nothing to move."""
    if reach <= 0 or selection.is_empty:
        return None
    place = selection.place.grown(2 * reach).clip(*size)
    region = np.zeros(place.size, np.bool_)
    region[selection.place.moved(-place.x0, -place.y0).slices] = selection.region
    return place, region
