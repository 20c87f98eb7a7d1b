"""The picture with another brightness, contrast or gamma, on the screen alone.

What a slider changes is changed where it is seen: in the pixels of the screen, which are fewer than
those they are painted from, and which are kept for the next step of the slider.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QPainter

from app.canvas.tiles import TileLayer, device_target
from app.canvas.viewport import Viewport
from app.convert import Pixels, shared_qimage
from segcore.geometry import Box
from segcore.opencv import cv2

_WORTH_KEEPING = 1 << 16
"""Device pixels from which on they are kept: those of a minimap are not."""


@dataclass(frozen=True, eq=False)
class _Sheet:
    """Some device pixels of a picture as it is, (h, w, 4) uint8 BGRA."""

    viewport: Viewport
    place: Box
    pixels: Pixels


class DisplayedPicture:
    """Paints a picture's tiles through a table; changes of the tiles are to be told by `forget`."""

    def __init__(self, table: Pixels) -> None:
        """`table`, (256,) uint8, is what each value of a channel is shown as."""
        self._kept: _Sheet | None = None
        self.set_table(table)

    def set_table(self, table: Pixels) -> None:
        """Show values in another way."""
        same = np.arange(256, dtype=np.uint8)
        # Alpha stays as it is: where all is opaque Qt may read it or not.
        self._table = np.stack([table, table, table, same], axis=1).reshape(1, 256, 4)

    def forget(self) -> None:
        """The picture's tiles are others than before."""
        self._kept = None

    def paint(self, picture: TileLayer, painter: QPainter, viewport: Viewport, device: Box) -> None:
        """Paint a box of device pixels; the painter draws in device pixels and clips to it."""
        seen = device_target(viewport, 0, Box.of_size(picture.source.size)).intersect(device)
        if seen.is_empty:
            return
        plain = self._plain(picture, viewport, seen)
        shown = np.asarray(cv2.LUT(plain, self._table), np.uint8)
        painter.drawImage(seen.x0, seen.y0, shared_qimage(shown, opaque=True))

    def _plain(self, picture: TileLayer, viewport: Viewport, seen: Box) -> Pixels:
        kept = self._kept
        if kept is not None and kept.viewport == viewport and kept.place.covers(seen):
            return kept.pixels[seen.moved(-kept.place.x0, -kept.place.y0).slices]
        pixels = np.empty((*seen.size, 4), np.uint8)
        image = shared_qimage(pixels, opaque=True)
        painter = QPainter(image)
        painter.translate(-seen.x0, -seen.y0)
        picture.paint(painter, viewport, seen)
        painter.end()
        if seen.area >= _WORTH_KEEPING:
            self._kept = _Sheet(viewport, seen, pixels)
        return pixels
