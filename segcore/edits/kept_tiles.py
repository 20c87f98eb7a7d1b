"""What a stroke paints over, copied aside tile by tile just before it does."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from segcore.edits.arena import Arena
from segcore.edits.capsule import Spans
from segcore.edits.patch import TILE
from segcore.edits.planes import IdArray, uniform, uniform_tiles
from segcore.geometry import Box


class KeptTiles:
    """Copies of the tiles of one map, of `TILE` pixels a side; they last as long as the arena's.

    Attributes:
        places, copies: of each tile, in the order in which they were kept.
    """

    def __init__(self, ids: IdArray, arena: Arena) -> None:
        self.places: list[Box] = []
        self.copies: list[IdArray] = []
        height, width = ids.shape
        self._ids, self._arena = ids, arena
        self._kept = np.zeros((-(-height // TILE), -(-width // TILE)), np.bool_)

    def keep(self, spans: Spans) -> None:
        """Copy the tiles that spans touch, but those kept before."""
        for row in range(spans.top // TILE, -(-(spans.top + spans.starts.size) // TILE)):
            self.keep_row(row, spans)

    def keep_row(self, row: int, spans: Spans) -> None:
        """Copy those of one row of tiles."""
        inside = slice(max(row * TILE - spans.top, 0), (row + 1) * TILE - spans.top)
        begin = int(spans.starts[inside].min()) // TILE
        last = -(-int(spans.ends[inside].max()) // TILE)
        kept, (height, width) = self._kept[row, begin:last], self._ids.shape
        top, bottom = row * TILE, min(row * TILE + TILE, height)
        for known, tiles in groupby(kept.tolist()):
            end = begin + len(list(tiles))
            if not known:
                self._keep_strip(Box(begin * TILE, top, min(end * TILE, width), bottom))
            begin = end
        kept[:] = True

    def restore(self) -> None:
        """Put everything back."""
        for place, copy in zip(self.places, self.copies):
            self._ids[place.slices] = copy

    def forget(self) -> None:
        """Let go of the copies, whose memory the arena is about to hand on."""
        self.places, self.copies = [], []

    def _keep_strip(self, strip: Box) -> None:
        """Copy tiles that lie beside each other; most hold one id, and need no memory."""
        ids, left = self._ids[strip.slices], strip.x0
        for holds_one, tiles in groupby(uniform_tiles(ids, TILE)):
            first = left - strip.x0
            part = ids[:, first : first + len(list(tiles)) * TILE]
            copy = part if holds_one else self._arena.copy(part)
            for begin in range(0, part.shape[1], TILE):
                tile = copy[:, begin : begin + TILE]
                if holds_one:
                    tile = uniform(int(tile[0, 0]), (tile.shape[0], tile.shape[1]), tile.dtype)
                self.places.append(Box(left, strip.y0, left + tile.shape[1], strip.y1))
                self.copies.append(tile)
                left += tile.shape[1]
