"""What an edit did: rectangles of ids and origins, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np

from segcore.edits.planes import IdArray, PackedPlane, compact_copy, pack
from segcore.errors import RequestError
from segcore.geometry import EMPTY, Box
from segcore.opencv import cv2

TILE = 256


@dataclass(frozen=True, eq=False)
class Patch:
    """One changed rectangle; its arrays are read-only by agreement.

    Attributes:
        box: where it lies, image pixels.
        before, after: (h, w) class ids, the label map's dtype.
        origins_before, origins_after: (h, w) uint8 rows of the origin table.
    """

    box: Box
    before: IdArray
    after: IdArray
    origins_before: IdArray
    origins_after: IdArray

    def inverse(self) -> Patch:
        """The patch that undoes this one; no pixel is copied."""
        return Patch(self.box, self.after, self.before, self.origins_after, self.origins_before)

    @property
    def nbytes(self) -> int:
        """Memory held; uniform rectangles count one pixel."""
        planes = (self.before, self.after, self.origins_before, self.origins_after)
        return sum(p.itemsize if p.strides == (0, 0) else p.nbytes for p in planes)


@dataclass(frozen=True, eq=False)
class Edit:
    """A reversible change of a label map and its origins.

    Attributes:
        patches: the changed rectangles, none overlapping another; never empty.
        name: what was done, for the undo menu.
    """

    patches: tuple[Patch, ...]
    name: str = ""

    @property
    def box(self) -> Box:
        """The smallest box around every patch; outside it nothing changes."""
        return bounding_box(patch.box for patch in self.patches)

    @property
    def nbytes(self) -> int:
        """Memory held by the patches."""
        return sum(patch.nbytes for patch in self.patches)

    def apply(self, labels: IdArray, origins: IdArray) -> None:
        """Write the edit's result into (H, W) labels and origins, in place.

        Raises:
            RequestError: the maps are smaller than the edit's box, of different sizes, or the
                labels have another dtype than those that the edit was made on.
        """
        _check_fits(self, labels, origins)
        for patch in self.patches:
            where = patch.box.slices
            labels[where] = patch.after
            origins[where] = patch.origins_after

    def inverse(self) -> Edit:
        """The edit that restores what was there before; no pixel is copied."""
        return Edit(tuple(patch.inverse() for patch in self.patches), self.name)

    def packed(self) -> PackedEdit:
        """The same edit in a fraction of the memory, unpacked when it is next applied."""
        return PackedEdit(
            tuple(_PackedPatch.of(patch) for patch in self.patches), self.box, self.name
        )


@dataclass(frozen=True, eq=False)
class PackedEdit:
    """An `Edit` whose rectangles are deflated: for the far end of an undo stack."""

    _patches: tuple[_PackedPatch, ...]
    box: Box
    name: str = ""

    @property
    def patches(self) -> tuple[Patch, ...]:
        """The rectangles, unpacked anew at each call."""
        return tuple(patch.unpacked() for patch in self._patches)

    @property
    def nbytes(self) -> int:
        """Memory held by the packed rectangles."""
        return sum(len(plane.data) for patch in self._patches for plane in patch.planes)

    def unpacked(self) -> Edit:
        """The edit with its rectangles as arrays."""
        return Edit(self.patches, self.name)

    def apply(self, labels: IdArray, origins: IdArray) -> None:
        """As `Edit.apply`."""
        self.unpacked().apply(labels, origins)

    def inverse(self) -> PackedEdit:
        """As `Edit.inverse`, still packed."""
        return PackedEdit(tuple(patch.inverse() for patch in self._patches), self.box, self.name)

    def packed(self) -> PackedEdit:
        """Itself."""
        return self


@dataclass(frozen=True, eq=False)
class _PackedPatch:
    """The four planes of a `Patch` in its order, packed."""

    box: Box
    planes: tuple[PackedPlane, PackedPlane, PackedPlane, PackedPlane]

    @classmethod
    def of(cls, patch: Patch) -> _PackedPatch:
        return cls(
            patch.box,
            (
                pack(patch.before),
                pack(patch.after),
                pack(patch.origins_before),
                pack(patch.origins_after),
            ),
        )

    def inverse(self) -> _PackedPatch:
        before, after, origins_before, origins_after = self.planes
        return _PackedPatch(self.box, (after, before, origins_after, origins_before))

    def unpacked(self) -> Patch:
        before, after, origins_before, origins_after = self.planes
        return Patch(
            self.box,
            before.unpacked(),
            after.unpacked(),
            origins_before.unpacked(),
            origins_after.unpacked(),
        )


def bounding_box(boxes: Iterable[Box]) -> Box:
    """The smallest box around all of them; the empty box around none."""
    return reduce(Box.union, boxes, EMPTY)


def tiles_of(box: Box) -> Iterator[Box]:
    """Cut a box along the 256-pixel grid of the image, row by row."""
    for top in range(box.y0 - box.y0 % TILE, box.y1, TILE):
        for left in range(box.x0 - box.x0 % TILE, box.x1, TILE):
            yield Box(left, top, left + TILE, top + TILE).intersect(box)


def patch_between(
    place: Box, before: IdArray, after: IdArray, origins_before: IdArray, origins_after: IdArray
) -> Patch | None:
    """The patch from one state of a rectangle to another, cut to the pixels that differ.

    All arrays are (h, w) of `place`; they are copied. None when nothing differs.
    """
    differs = before != after
    differs |= origins_before != origins_after
    left, top, width, height = cv2.boundingRect(differs.view(np.uint8))
    if width == 0:
        return None
    inner = Box(left, top, left + width, top + height)
    where = inner.slices
    return Patch(
        inner.moved(place.x0, place.y0),
        compact_copy(before[where]),
        compact_copy(after[where]),
        compact_copy(origins_before[where]),
        compact_copy(origins_after[where]),
    )


def check_maps(labels: IdArray, origins: IdArray) -> None:
    """Refuse maps that cannot be edited together.

    Raises:
        RequestError: not two (H, W) arrays of one size, labels not uint8 or uint16, origins not
            uint8.
    """
    if labels.ndim != 2 or labels.shape != origins.shape:
        raise RequestError(
            f"Labels of shape {labels.shape} and origins of shape {origins.shape} do not belong "
            "together: give two (H, W) arrays of one size."
        )
    if labels.dtype not in (np.uint8, np.uint16) or origins.dtype != np.uint8:
        raise RequestError(
            f"Labels are {labels.dtype} and origins {origins.dtype}: give uint8 or uint16 labels "
            "and uint8 origins."
        )


def _check_fits(edit: Edit, labels: IdArray, origins: IdArray) -> None:
    check_maps(labels, origins)
    box, (height, width) = edit.box, labels.shape
    if not Box(0, 0, width, height).covers(box):
        raise RequestError(
            f"The edit covers {tuple(box)}, outside the label map of {width} x {height} pixels: "
            "apply it to the map that it was made on."
        )
    if any(patch.after.dtype != labels.dtype for patch in edit.patches):
        raise RequestError(
            f"The edit was made before the label map became {labels.dtype}: it cannot be applied "
            "any more."
        )
