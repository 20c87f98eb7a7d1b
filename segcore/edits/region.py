"""Give the pixels of a region one class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segcore.edits.patch import Edit, check_maps, patch_between, tiles_of
from segcore.edits.planes import IdArray, uniform
from segcore.errors import RequestError
from segcore.geometry import Box


def label_region(
    labels: IdArray,
    origins: IdArray,
    place: Box,
    region: npt.NDArray[np.bool_],
    *,
    class_id: int,
    origin: int,
    name: str = "Label region",
) -> Edit | None:
    """The edit that gives the pixels of a region another class; not applied.

    Args:
        labels, origins: the (H, W) maps as they are.
        place: the image pixels that `region` lies over, inside the maps.
        region: (h, w) of `place`, True for each pixel that is labelled.
        class_id, origin: what these pixels become, and who says so.
        name: what was done, for the undo menu.

    Returns None when every pixel of the region has that class and origin already.

    Raises:
        RequestError: the maps do not belong together, or an id or the region does not fit them.
    """
    check_maps(labels, origins)
    if not (0 <= class_id <= np.iinfo(labels.dtype).max and 0 <= origin <= 255):
        raise RequestError(f"Class {class_id} with origin {origin} does not fit the label map.")
    if region.shape != place.size or place != place.clip(*labels.shape):
        raise RequestError(
            f"A region of shape {region.shape} at {tuple(place)} does not fit a label map of shape "
            f"{labels.shape}."
        )
    patches = []
    for tile in tiles_of(place):
        inside = region[tile.moved(-place.x0, -place.y0).slices]
        if inside.all():
            after = uniform(class_id, tile.size, labels.dtype)
            origins_after = uniform(origin, tile.size, np.uint8)
        elif inside.any():
            after, origins_after = labels[tile.slices].copy(), origins[tile.slices].copy()
            after[inside] = class_id
            origins_after[inside] = origin
        else:
            continue
        before, origins_before = labels[tile.slices], origins[tile.slices]
        patch = patch_between(tile, before, after, origins_before, origins_after)
        if patch is not None:
            patches.append(patch)
    return Edit(tuple(patches), name) if patches else None
