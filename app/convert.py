"""NumPy arrays to QImage and back: the only place where pixels cross that border.

Arrays are (H, W[, channels]) uint8 in RGB order, as everywhere in segcore. The one exception is
`shared_qimage`, for buffers that are painted from again and again: they are kept in the byte order
that Qt's raster engine paints from without converting.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

Pixels = NDArray[np.uint8]

_FORMATS = {
    1: QImage.Format.Format_Grayscale8,
    3: QImage.Format.Format_RGB888,
    4: QImage.Format.Format_RGBA8888,
}


def to_qimage(array: Pixels) -> QImage:
    """An image with its own copy of the pixels.

    Args:
        array: (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA with straight alpha, uint8, any strides.

    Raises:
        ValueError: another shape or dtype.
    """
    channels = 1 if array.ndim == 2 else array.shape[-1]
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or channels not in _FORMATS:
        raise ValueError(f"pixels must be uint8 grey, RGB or RGBA, not {array.dtype}{array.shape}")
    pixels = np.ascontiguousarray(array)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, width * channels, _FORMATS[channels]).copy()


def to_array(image: QImage) -> Pixels:
    """The pixels of an image as (H, W, 3) RGB uint8, in an array of their own; alpha is dropped."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def shared_qimage(bgra: Pixels, *, opaque: bool) -> QImage:
    """An image that looks into a buffer: what is written there is what is painted next.

    Args:
        bgra: (H, W, 4) uint8, blue first, alpha premultiplied; rows may be padded, pixels not. The
            caller keeps it alive as long as the image.
        opaque: alpha is everywhere 255 and need not be read.

    Raises:
        ValueError: another shape, dtype or layout.
    """
    if bgra.dtype != np.uint8 or bgra.ndim != 3 or bgra.shape[2] != 4 or bgra.strides[1:] != (4, 1):
        raise ValueError(f"pixels must be packed uint8 BGRA, not {bgra.dtype}{bgra.shape}")
    height, width = bgra.shape[:2]
    kind = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
    # A memoryview of a padded array is refused by QImage; of its own first byte on it is not.
    data = bgra.data if bgra.flags.c_contiguous else _flat(bgra)
    return QImage(data, width, height, bgra.strides[0], kind)


def to_qcolor(rgb: tuple[int, int, int], alpha: int = 255) -> QColor:
    """A colour from (red, green, blue), each 0 to 255."""
    return QColor(*rgb, alpha)


def _flat(bgra: Pixels) -> memoryview:
    span = (bgra.shape[0] - 1) * bgra.strides[0] + 4 * bgra.shape[1]
    return np.lib.stride_tricks.as_strided(bgra, (span,), (1,)).data
