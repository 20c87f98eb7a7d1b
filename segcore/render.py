"""Label maps as colours: for the canvas, where milliseconds count, and for export."""

from __future__ import annotations

from collections.abc import Set
from typing import cast

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.labels import LabelMap
from segcore.opencv import cv2

_NOTHING: frozenset[int] = frozenset()


def display_lut(
    classes: ClassTable, opacity: float, hidden: Set[int] = _NOTHING
) -> npt.NDArray[np.uint8]:
    """What each id looks like over a picture: (ignore + 1, 4) uint8 RGBA, premultiplied.

    `ignore`, hidden classes and ids that are no class are transparent; the others have `opacity`,
    0 to 1.
    """
    alpha = round(255 * min(max(opacity, 0.0), 1.0))
    table = np.zeros((classes.ignore + 1, 4), np.uint8)
    if alpha:
        count = len(classes)
        table[:count, :3] = (classes.colors.astype(np.uint16) * alpha + 127) // 255
        table[:count, 3] = alpha
        table[[class_id for class_id in hidden if 0 <= class_id < count]] = 0
    return table


def overlay_rgba(
    labels: LabelMap,
    lut_rgba: npt.NDArray[np.uint8],
    out: npt.NDArray[np.uint8] | None = None,
) -> npt.NDArray[np.uint8]:
    """(H, W, 4) uint8: every id of an (H, W) label map looked up in an (N, 4) uint8 table.

    Four bytes are looked up as one number; for 8-bit maps OpenCV does it several times faster than
    NumPy, and without the interpreter's lock. Ids from N on look like the last. `out`, (H, W, 4)
    with pixels of a row side by side, is written and returned: fresh memory costs as much again.
    """
    words = np.ascontiguousarray(lut_rgba).view(np.int32).ravel()
    if out is None:
        out = np.empty((*labels.shape, 4), np.uint8)
    found = out.view(np.int32)[..., 0]
    if labels.dtype == np.uint8:
        if len(words) < 256:
            words = np.concatenate([words, np.full(256 - len(words), words[-1])])
        written = cv2.LUT(labels, words[:256].reshape(1, 256), dst=found)
        assert np.may_share_memory(written, out)
    else:
        np.take(words, labels, mode="clip", out=found)
    return out


def contours(labels: LabelMap) -> npt.NDArray[np.bool_]:
    """(H, W) bool: pixels whose right or lower neighbour has another id, a line of one pixel."""
    mask = np.zeros(labels.shape, np.bool_)
    np.not_equal(labels[:, 1:], labels[:, :-1], out=mask[:, :-1])
    mask[:-1] |= labels[1:] != labels[:-1]
    return mask


def outlines(labels: LabelMap) -> npt.NDArray[np.bool_]:
    """(H, W) bool: pixels with another id beside, above or below, so a line on each side."""
    turned: npt.NDArray[np.bool_] = contours(labels[::-1, ::-1])[::-1, ::-1]
    return contours(labels) | turned


def class_colours(labels: LabelMap, classes: ClassTable) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB: each pixel in the colour of its class, as in an indexed PNG."""
    rgba = np.column_stack([classes.lut(), np.full(classes.ignore + 1, 255, np.uint8)])
    return cast(
        "npt.NDArray[np.uint8]", cv2.cvtColor(overlay_rgba(labels, rgba), cv2.COLOR_RGBA2RGB)
    )


def blend(
    image: npt.NDArray[np.uint8],
    labels: LabelMap,
    classes: ClassTable,
    opacity: float,
    *,
    hidden: Set[int] = _NOTHING,
    outlined: bool = False,
) -> npt.NDArray[np.uint8]:
    """The (H, W, 3) uint8 RGB image with the classes' colours over it, `opacity` 0 to 1.

    Pixels of no class or of a hidden one stay as they are. `outlined` draws only where two ids
    meet, without the image shining through.

    Raises:
        RequestError: image and label map differ in size.
    """
    if image.shape[:2] != labels.shape:
        raise RequestError(
            f"The label map is {labels.shape[1]} x {labels.shape[0]} and the picture "
            f"{image.shape[1]} x {image.shape[0]} pixels: give those that belong together."
        )
    opacity = 1.0 if outlined else min(max(opacity, 0.0), 1.0)
    colours = cv2.cvtColor(overlay_rgba(labels, display_lut(classes, 1.0)), cv2.COLOR_RGBA2RGB)
    blended = cast(
        "npt.NDArray[np.uint8]", cv2.addWeighted(image, 1 - opacity, colours, opacity, 0)
    )
    unpainted = (display_lut(classes, 1.0, hidden)[:, 3] == 0)[np.minimum(labels, classes.ignore)]
    if outlined:
        unpainted |= ~outlines(labels)
    blended[unpainted] = image[unpainted]
    return blended
