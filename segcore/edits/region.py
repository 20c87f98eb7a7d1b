"""Give the pixels of a region one class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segcore.edits.patch import Edit, check_maps, patch_between, tiles_of
from segcore.edits.planes import IdArray, is_uniform, uniform
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
        class_id, origin: what these pixels become, and who says so; where `class_id` is ignore they
            become unlabelled and their origin 0, nobody.
        name: what was done, for the undo menu.

    Returns None when every pixel of the region has that class and origin already.

    Raises:
        RequestError: the maps do not belong together, or an id or the region does not fit them.
    """
    if not 0 <= class_id <= np.iinfo(labels.dtype).max:
        raise RequestError(f"Class {class_id} does not fit labels of {labels.dtype}.")
    ids = uniform(class_id, place.size, labels.dtype)
    return relabel_region(labels, origins, place, region, ids=ids, origin=origin, name=name)


def relabel_region(
    labels: IdArray,
    origins: IdArray,
    place: Box,
    region: npt.NDArray[np.bool_],
    *,
    ids: IdArray,
    origin: int,
    name: str = "Label region",
) -> Edit | None:
    """The edit that gives each pixel of a region the id said for it; not applied.

    As `label_region`, with `ids` (h, w) of `place` in the dtype of the labels. A pixel that becomes
    ignore is unlabelled: nobody says anything of it, so its origin is 0.

    Raises:
        RequestError: the maps do not belong together, or the region does not fit them.
    """
    check_maps(labels, origins)
    if not 0 <= origin <= 255:
        raise RequestError(f"Origin {origin} does not fit: origins go from 0 to 255.")
    if region.shape != place.size or place != place.clip(*labels.shape):
        raise RequestError(
            f"A region of shape {region.shape} at {tuple(place)} does not fit a label map of shape "
            f"{labels.shape}."
        )
    patches = []
    for tile in tiles_of(place):
        cut = tile.moved(-place.x0, -place.y0).slices
        inside = region[cut]
        if not inside.any():
            continue
        before, origins_before = labels[tile.slices], origins[tile.slices]
        after, origins_after = _changed(before, origins_before, inside, ids[cut], origin)
        patch = patch_between(tile, before, after, origins_before, origins_after)
        if patch is not None:
            patches.append(patch)
    return Edit(tuple(patches), name) if patches else None


def _changed(
    before: IdArray,
    origins_before: IdArray,
    inside: npt.NDArray[np.bool_],
    ids: IdArray,
    origin: int,
) -> tuple[IdArray, IdArray]:
    """Labels and origins of a tile once its pixels inside have become what they are to be."""
    ignore = np.iinfo(before.dtype).max
    if is_uniform(ids):
        origin = 0 if ids[0, 0] == ignore else origin
        if inside.all():
            shape = (before.shape[0], before.shape[1])
            return uniform(int(ids[0, 0]), shape, before.dtype), uniform(origin, shape, np.uint8)
    after, origins_after = before.copy(), origins_before.copy()
    np.copyto(after, ids, where=inside)
    np.copyto(origins_after, np.uint8(origin), where=inside)
    origins_after[inside & (ids == ignore)] = 0
    return after, origins_after
