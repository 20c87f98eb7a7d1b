"""A pen as a mouse with pressure, whose other end erases."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QMouseEvent, QPointingDevice, QTabletEvent

_MOUSE = {
    QEvent.Type.TabletPress: QEvent.Type.MouseButtonPress,
    QEvent.Type.TabletMove: QEvent.Type.MouseMove,
    QEvent.Type.TabletRelease: QEvent.Type.MouseButtonRelease,
}


class MouseOfPen:
    """Makes mouse events of a pen's, and keeps what a mouse does not have.

    Attributes:
        pressure: above 0, up to 1; 1 while no pen is down.
        erases: the pen's other end is used.
    """

    def __init__(self) -> None:
        self.pressure = 1.0
        self.erases = False

    def mouse_event(self, event: QTabletEvent) -> QMouseEvent | None:
        """What a mouse would have done; None for what no mouse does."""
        kind = _MOUSE.get(event.type())
        if kind is None:
            return None
        # A pen that is lifted presses nothing: what is painted last keeps its width.
        self.pressure = event.pressure() or self.pressure
        self.erases = event.pointerType() == QPointingDevice.PointerType.Eraser
        return QMouseEvent(
            kind,
            event.position(),
            event.globalPosition(),
            event.button(),
            event.buttons(),
            event.modifiers(),
        )

    def lift(self) -> None:
        """The pen is up: what comes next may be a mouse."""
        self.pressure, self.erases = 1.0, False
