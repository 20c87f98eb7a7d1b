"""Memory for what a stroke paints over."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt

from segcore.edits.planes import IdArray

_PIECE_BYTES = 8 << 20
_SPARE_PIECES = 8
_AHEAD = 3
"""Spare pieces below which more are taken from the system, before the hand has to wait for one."""


class Arena:
    """Memory for copies of tiles, taken in large pieces that strokes hand on to each other.

    Fresh memory costs a page fault for every 4 KiB, more than the copying itself; large pieces get
    huge pages where the system has them, and a piece used before costs none.
    """

    _spare: list[npt.NDArray[np.uint8]] = []  # noqa: RUF012 - shared on purpose
    _filling = threading.Lock()

    @classmethod
    def fill_spare(cls) -> None:
        """Take the spare pieces from the system, and touch them so that it really gives them."""
        with cls._filling:
            while len(cls._spare) < _SPARE_PIECES:
                cls._spare.append(np.full(_PIECE_BYTES, 1, np.uint8))

    @classmethod
    def _fill_ahead(cls) -> None:
        """Have pieces ready before they are needed, in a thread: the hand goes on meanwhile."""
        if len(cls._spare) < _AHEAD and not cls._filling.locked():
            threading.Thread(target=cls.fill_spare, name="arena").start()

    def __init__(self) -> None:
        self._pieces: list[npt.NDArray[np.uint8]] = []
        self._free = 0

    def copy(self, source: IdArray) -> IdArray:
        """A contiguous copy of a rectangle, valid until `release`."""
        if source.nbytes > self._free:
            self._take_piece(source.nbytes)
        piece = self._pieces[-1]
        begin = piece.nbytes - self._free
        self._free -= -(-source.nbytes // 64) * 64
        kept = piece[begin : begin + source.nbytes].view(source.dtype).reshape(source.shape)
        np.copyto(kept, source)
        return kept

    def release(self) -> None:
        """Give the memory back; copies made here must not be used any more."""
        for piece in self._pieces:
            if piece.nbytes == _PIECE_BYTES and len(self._spare) < _SPARE_PIECES:
                self._spare.append(piece)
        self._pieces, self._free = [], 0

    def _take_piece(self, at_least: int) -> None:
        size = max(at_least, _PIECE_BYTES)
        reusable = size == _PIECE_BYTES and self._spare
        piece = self._spare.pop() if reusable else np.empty(size, np.uint8)
        if self._pieces:  # a stroke that needs a second one may need many
            self._fill_ahead()
        self._pieces.append(piece)
        self._free = piece.nbytes
