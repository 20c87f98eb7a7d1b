"""Icons from the Material Design font that QtAwesome ships, in the colours of the theme.

Importing QtAwesome takes a quarter of the time in which the window has to be on the screen, most of
it for fonts and bindings that are not used here; so its one font and list of names are read
directly.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPixmap

from segcore import resources

APPLICATION_ICON = "segformer-studio.svg"
_SIZES = (16, 20, 32)
_RATIOS = (1, 2)


def application_icon() -> QIcon:
    """The program's own icon, for title bars and task lists."""
    return QIcon(str(resources.icon_path(APPLICATION_ICON)))


def icon(name: str, color: str, disabled: str, active: str | None = None) -> QIcon:
    """A glyph of the font, such as `brush`, tinted; `active` is the colour of a checked button.

    Raises:
        KeyError: the font has no such glyph.
    """
    glyph = chr(int(_names()[name], 16))
    result = QIcon()
    for mode, state, tint in (
        (QIcon.Mode.Normal, QIcon.State.Off, color),
        (QIcon.Mode.Disabled, QIcon.State.Off, disabled),
        (QIcon.Mode.Normal, QIcon.State.On, active or color),
        (QIcon.Mode.Disabled, QIcon.State.On, disabled),
    ):
        for size in _SIZES:
            for ratio in _RATIOS:
                result.addPixmap(_drawn(glyph, size, ratio, tint), mode, state)
    return result


def _drawn(glyph: str, size: int, ratio: int, color: str) -> QPixmap:
    pixmap = QPixmap(size * ratio, size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    font = QFont(_family())
    font.setPixelSize(size)
    painter.setFont(font)
    painter.setPen(QColor(color))
    painter.drawText(QRectF(0, 0, size, size), Qt.AlignmentFlag.AlignCenter, glyph)
    painter.end()
    return pixmap


@cache
def _family() -> str:
    number = QFontDatabase.addApplicationFont(str(_font_file("*.ttf")))
    return QFontDatabase.applicationFontFamilies(number)[0]


@cache
def _names() -> dict[str, str]:
    """Glyph name to its code point as a hexadecimal number."""
    names: dict[str, str] = json.loads(_font_file("*charmap*.json").read_text("utf-8"))
    return names


def _font_file(pattern: str) -> Path:
    """A file of the font in QtAwesome's package, found without importing that."""
    spec = find_spec("qtawesome")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("QtAwesome, which has the icons, is not installed")
    found = sorted((Path(spec.origin).parent / "fonts").glob(f"materialdesignicons6{pattern}"))
    if not found:
        raise FileNotFoundError(f"{spec.origin}: this QtAwesome has no Material Design font 6")
    return found[-1]
