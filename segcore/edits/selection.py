"""Some pixels of a picture, and what is proposed for them: what assisting functions hand back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from segcore.edits.patch import Edit
from segcore.edits.planes import IdArray
from segcore.edits.region import label_region, relabel_region
from segcore.errors import RequestError
from segcore.geometry import EMPTY, Box, Size
from segcore.opencv import cv2

Mask = npt.NDArray[np.bool_]


class Selection(NamedTuple):
    """Pixels that are to become one class; which one is up to whoever asked.

    Attributes:
        place: the image pixels that `region` lies over.
        region: (h, w) of `place`, True for each pixel that is selected.
    """

    place: Box
    region: Mask

    @classmethod
    def of_mask(cls, mask: Mask) -> Selection:
        """The True pixels of a whole (H, W) mask, cut to the box around them."""
        return cls(Box.of_size((mask.shape[0], mask.shape[1])), mask).trimmed()

    @property
    def is_empty(self) -> bool:
        """Whether no pixel is selected."""
        return not self.region.any()

    @property
    def area(self) -> int:
        """How many pixels are selected."""
        return int(np.count_nonzero(self.region))

    def trimmed(self) -> Selection:
        """The same pixels in the smallest box around them."""
        inner = _bounds(self.region)
        return Selection(inner.moved(self.place.x0, self.place.y0), self.region[inner.slices])

    def clipped(self, size: Size) -> Selection:
        """What of it lies inside a picture of (height, width)."""
        inside = self.place.clip(*size)
        return Selection(inside, self.region[inside.moved(-self.place.x0, -self.place.y0).slices])

    def kept_where(self, allowed: Mask) -> Selection:
        """Only the pixels that a (h, w) mask of `place` allows."""
        return Selection(self.place, self.region & allowed)

    def mask(self, size: Size) -> Mask:
        """A whole (height, width) mask; the selection must lie inside."""
        mask = np.zeros(size, np.bool_)
        mask[self.place.slices] = self.region
        return mask


class Relabelling(NamedTuple):
    """Pixels that are to become classes of their own, each said here.

    Attributes:
        place: the image pixels that `region` and `ids` lie over.
        region: (h, w) of `place`, True for each pixel that is to change.
        ids: (h, w) what it becomes, in the dtype of the label map; ignore makes it unlabelled.
    """

    place: Box
    region: Mask
    ids: IdArray

    @property
    def is_empty(self) -> bool:
        """Whether no pixel is to change."""
        return not self.region.any()

    @property
    def area(self) -> int:
        """How many pixels are to change."""
        return int(np.count_nonzero(self.region))

    def trimmed(self) -> Relabelling:
        """The same pixels in the smallest box around them."""
        inner = _bounds(self.region)
        place = inner.moved(self.place.x0, self.place.y0)
        return Relabelling(place, self.region[inner.slices], self.ids[inner.slices])

    def kept_where(self, allowed: Mask) -> Relabelling:
        """Only the pixels that a (h, w) mask of `place` allows."""
        return Relabelling(self.place, self.region & allowed, self.ids)


Proposal = Selection | Relabelling


def proposed_edit(
    proposal: Proposal,
    labels: IdArray,
    origins: IdArray,
    *,
    class_id: int,
    origin: int,
    name: str,
) -> Edit | None:
    """The edit that does what is proposed; not applied. None when it would change nothing.

    `class_id` is what the pixels of a `Selection` become; a `Relabelling` says so itself.

    Raises:
        RequestError: the proposal, or an id, does not fit the maps.
    """
    place, region = proposal.place, proposal.region
    if isinstance(proposal, Selection):
        return label_region(
            labels, origins, place, region, class_id=class_id, origin=origin, name=name
        )
    ids = proposal.ids
    if ids.shape != region.shape or ids.dtype != labels.dtype:
        raise RequestError(
            f"Ids of {ids.dtype} and shape {ids.shape} do not go with a region of shape "
            f"{region.shape} in labels of {labels.dtype}."
        )
    return relabel_region(labels, origins, place, region, ids=ids, origin=origin, name=name)


def _bounds(region: Mask) -> Box:
    if region.size == 0:
        return EMPTY
    left, top, width, height = cv2.boundingRect(np.ascontiguousarray(region).view(np.uint8))
    return Box(left, top, left + width, top + height) if width else EMPTY
