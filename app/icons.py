"""Icons from the fonts that QtAwesome ships, in the colours of the theme."""

from __future__ import annotations

from PySide6.QtGui import QIcon

APPLICATION_ICON = "mdi6.vector-square-edit"


def icon(name: str, color: str, disabled: str, active: str | None = None) -> QIcon:
    """A glyph such as `mdi6.brush`, tinted; `active` is the colour of a checked button.

    QtAwesome and its fonts are loaded by the first call.
    """
    import qtawesome

    result: QIcon = qtawesome.icon(
        name,
        color=color,
        color_disabled=disabled,
        color_on=active or color,
        color_on_active=active or color,
    )
    return result
