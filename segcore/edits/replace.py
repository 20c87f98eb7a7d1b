"""A whole new label map, laid under what people said."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segcore.edits.patch import Edit, check_maps, patch_between, tiles_of
from segcore.edits.planes import IdArray
from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.opencv import cv2


def replace_all(
    labels: IdArray,
    origins: IdArray,
    new_labels: IdArray,
    replaceable: npt.NDArray[np.bool_],
    origin: int,
    *,
    name: str = "",
) -> Edit | None:
    """The edit that lays `new_labels` wherever the present origin may be replaced; not applied.

    Args:
        labels, origins: the (H, W) maps as they are.
        new_labels: (H, W) ids of the same dtype, a prediction for example.
        replaceable: 256 entries, True for each origin whose pixels give way (nobody, models).
        origin: who says the new ids; a pixel that becomes ignore gets origin 0, nobody.
        name: what was done, for the undo menu.

    Only tiles in which something differs are in the edit; None when there is none.

    Raises:
        RequestError: sizes or dtypes do not agree.
    """
    check_maps(labels, origins)
    if new_labels.shape != labels.shape or new_labels.dtype != labels.dtype:
        raise RequestError(
            f"The new labels are {new_labels.dtype} of shape {new_labels.shape}, the map is "
            f"{labels.dtype} of shape {labels.shape}: they have to agree."
        )
    if len(replaceable) != 256 or not 0 <= origin <= 255:
        raise RequestError("`replaceable` needs 256 entries, and an origin goes from 0 to 255.")
    ignore = np.iinfo(labels.dtype).max
    table = np.asarray(replaceable, np.uint8)
    height, width = labels.shape
    patches = []
    for tile in tiles_of(Box(0, 0, width, height)):
        before, origins_before, new = (each[tile.slices] for each in (labels, origins, new_labels))
        gives_way = cv2.LUT(np.ascontiguousarray(origins_before), table).view(np.bool_)
        after, origins_after = before.copy(), origins_before.copy()
        np.copyto(after, new, where=gives_way)
        np.copyto(origins_after, np.uint8(origin), where=gives_way)
        origins_after[gives_way & (new == ignore)] = 0
        patch = patch_between(tile, before, after, origins_before, origins_after)
        if patch is not None:
            patches.append(patch)
    return Edit(tuple(patches), name) if patches else None
