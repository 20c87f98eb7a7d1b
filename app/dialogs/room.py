"""How large a dialog is when it opens."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QWidget

_LETTERS = 12
"""Pixels: the letters that the sizes in the code are meant for."""
_FRAME = 40
"""Pixels that a window's title takes, about."""


def take_room(dialog: QWidget, width: int, height: int) -> None:
    """Open at a size meant for ordinary letters: larger with larger ones, never past the screen."""
    scale = scale_of_letters(dialog)
    screen = dialog.screen().availableGeometry().size() - QSize(0, _FRAME)
    dialog.resize(QSize(round(scale * width), round(scale * height)).boundedTo(screen))


def scale_of_letters(widget: QWidget) -> float:
    """How much larger than ordinary the letters are, at least 1."""
    return max(QFontInfo(widget.font()).pixelSize() / _LETTERS, 1.0)
