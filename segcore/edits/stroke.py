"""A brush stroke: paints in place at mouse speed and remembers what it painted over."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from segcore.edits.arena import Arena
from segcore.edits.capsule import Spans, capsule_spans
from segcore.edits.kept_tiles import KeptTiles
from segcore.edits.patch import TILE, Edit, Patch, bounding_box, check_maps, patch_between
from segcore.edits.planes import IdArray
from segcore.edits.protection import Choice
from segcore.edits.span_filling import Filling
from segcore.edits.square import square_spans
from segcore.errors import RequestError
from segcore.geometry import EMPTY, Box
from segcore.opencv import cv2

_MASKED_PIXELS = 96_000


class Stroke:
    """One stroke of a round or square brush over a label map and its origins.

    It paints into the two arrays themselves. Before the first pixel of a 256-pixel tile is painted
    the tile is copied aside, so `abort` and the edit of `commit` restore exactly what was there. A
    pixel is painted when its centre is within half the diameter of the path, borders included (a
    square brush: see `square`); how the path is cut into segments makes no difference.
    """

    def __init__(
        self,
        labels: IdArray,
        origins: IdArray,
        *,
        paintable: npt.NDArray[np.bool_] | None = None,
        paintable_origins: npt.NDArray[np.bool_] | None = None,
        square: bool = False,
        origins_later: bool = False,
    ) -> None:
        """Begin on (H, W) uint8 or uint16 labels and (H, W) uint8 origins, both C-contiguous.

        `paintable` has an entry for each id up to `ignore`: pixels whose id is False are left as
        they are. `paintable_origins` has one for each of the 256 origins likewise. None paints over
        everything; then, with `origins_later`, the origins follow the labels with `settle` only,
        which the hand need not wait for.

        Raises:
            RequestError: the arrays do not belong together, or cannot be painted in place.
        """
        check_maps(labels, origins)
        for array in (labels, origins):
            if not (array.flags.c_contiguous and array.flags.writeable):
                raise RequestError("A stroke paints in place: give contiguous, writable arrays.")
        if paintable is not None and len(paintable) <= np.iinfo(labels.dtype).max:
            raise RequestError("`paintable` needs an entry for every id up to ignore.")
        if paintable_origins is not None and len(paintable_origins) != 256:
            raise RequestError("`paintable_origins` needs an entry for each of the 256 origins.")
        self._labels, self._origins = labels, origins
        self._paintable = None if paintable is None else Choice(paintable)
        self._paintable_origins = None if paintable_origins is None else Choice(paintable_origins)
        self._spans = square_spans if square else capsule_spans
        self._arena = Arena()
        self._kept_labels = KeptTiles(labels, self._arena)
        self._kept_origins = KeptTiles(origins, self._arena)
        self._origins_later = origins_later
        self._unsaid: list[tuple[Spans, Filling, int]] = []
        self._finished = False

    @property
    def box(self) -> Box:
        """The smallest box around all tiles touched so far."""
        return bounding_box(self._kept_labels.places)

    def paint_segment(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        diameter: float,
        class_id: int,
        origin: int,
    ) -> Box:
        """Paint from one point to another, both (x, y) with whole numbers at pixel centres.

        The eraser paints the ignore id with origin 0. Points may lie outside the image. Returns the
        box that was painted, clipped to the image; empty when the brush passed beside it.

        Raises:
            RequestError: the stroke is finished, or an id does not fit the maps.
        """
        self._check_open()
        largest = int(np.iinfo(self._labels.dtype).max)
        if not (0 <= class_id <= largest and 0 <= origin <= 255):
            raise RequestError(
                f"Class {class_id} with origin {origin} does not fit: ids go from 0 to {largest}, "
                "origins to 255."
            )
        height, width = self._labels.shape
        spans = self._spans(start, end, diameter, (height, width))
        box = spans.box
        if box.is_empty:
            return EMPTY
        if self._paintable is None and self._paintable_origins is None:
            self._paint(spans, class_id, origin)
        else:
            self._paint_where(spans, class_id, origin)
        return box

    def settle(self) -> None:
        """Bring the origins up to the labels, where they may come later."""
        unsaid, self._unsaid = self._unsaid, []
        for spans, filling, origin in unsaid:
            self._kept_origins.keep(spans)
            filling.write(self._origins, origin)

    def commit(self, name: str = "") -> Edit | None:
        """End the stroke; the edit is what it changed, already applied. None when nothing changed.

        Raises:
            RequestError: the stroke is finished.
        """
        self._check_open()
        self.settle()
        patches = tuple(self._patches())
        self._finish()
        return Edit(patches, name) if patches else None

    def abort(self) -> Box:
        """End the stroke and put everything back; returns the box that may have changed.

        Raises:
            RequestError: the stroke is finished.
        """
        self._check_open()
        box = self.box
        self._kept_labels.restore()
        self._kept_origins.restore()
        self._finish()
        return box

    def _paint(self, spans: Spans, class_id: int, origin: int) -> None:
        """Fill the spans, with what they cover copied aside."""
        self._kept_labels.keep(spans)
        filling = Filling.of(spans, self._labels.shape[1])
        filling.write(self._labels, class_id)
        self._unsaid.append((spans, filling, origin))
        if not self._origins_later:
            self.settle()

    def _paint_where(self, spans: Spans, class_id: int, origin: int) -> None:
        """Fill the pixels of the spans whose present id and origin may be painted over."""
        kept = -1
        for piece in _pieces(spans):
            if piece.top // TILE != kept:
                kept = piece.top // TILE
                self._kept_labels.keep_row(kept, spans)
                self._kept_origins.keep_row(kept, spans)
            box = piece.box
            mask = _mask_of(piece, box)
            labels, origins = self._labels[box.slices], self._origins[box.slices]
            if self._paintable is not None:
                self._paintable.narrow(mask, labels)
            if self._paintable_origins is not None:
                self._paintable_origins.narrow(mask, origins)
            _fill(labels, mask, class_id)
            _fill(origins, mask, origin)

    def _patches(self) -> list[Patch]:
        labels, origins = self._kept_labels, self._kept_origins
        assert labels.places == origins.places
        patches = (
            patch_between(
                place, before, self._labels[place.slices], said, self._origins[place.slices]
            )
            for place, before, said in zip(labels.places, labels.copies, origins.copies)
        )
        return [patch for patch in patches if patch is not None]

    def _check_open(self) -> None:
        if self._finished:
            raise RequestError("This stroke is finished: begin another.")

    def _finish(self) -> None:
        self._finished = True
        self._unsaid = []
        self._kept_labels.forget()
        self._kept_origins.forget()
        self._arena.release()


def warm_up() -> None:
    """Take the memory that strokes work in, 64 MiB, before the first one has to wait for it.

    Worth calling where a map of hundreds of megapixels is opened, in whatever thread.
    """
    Arena.fill_spare()


def _pieces(spans: Spans) -> Iterator[Spans]:
    """The spans in pieces that stay in the cache, none of them across a row of tiles."""
    top, bottom = spans.top, spans.top + spans.starts.size
    while top < bottom:
        width = int(spans.ends[top - spans.top] - spans.starts[top - spans.top])
        lines = max(_MASKED_PIXELS // max(width, 1), 1)
        until = min(top + lines, top - top % TILE + TILE, bottom)
        rows = slice(top - spans.top, until - spans.top)
        yield Spans(top, spans.starts[rows], spans.ends[rows])
        top = until


def _mask_of(spans: Spans, box: Box) -> npt.NDArray[np.bool_]:
    """(h, w) which pixels of their box the spans hold."""
    columns = np.arange(box.width, dtype=np.int32)
    starts = (spans.starts - box.x0).astype(np.int32)[:, None]
    ends = (spans.ends - box.x0).astype(np.int32)[:, None]
    left, right = int(starts.max()), int(ends.min())
    if left >= right:
        ragged: npt.NDArray[np.bool_] = (columns >= starts) & (columns < ends)
        return ragged
    # Between them are all rows; only the sides are worth comparing.
    mask = np.ones(box.size, np.bool_)
    np.greater_equal(columns[:left], starts, out=mask[:, :left])
    np.less(columns[right:], ends, out=mask[:, right:])
    return mask


def _fill(ids: IdArray, mask: npt.NDArray[np.bool_], value: int) -> None:
    """Write a value where the mask is, into a rectangle of a map."""
    # `copyTo` takes a quarter of the time of NumPy's assignment by a mask.
    filled = cv2.copyTo(np.full(ids.shape, value, ids.dtype), mask.view(np.uint8), ids)
    assert np.may_share_memory(filled, ids)
