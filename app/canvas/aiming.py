"""Keys to the tool in hand; and the query, which can be aimed by keys alone."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.canvas.pointing import PointingView
from app.canvas.tools import Point
from app.canvas.view import ARROWS

FAST_STEP = 10
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
DELETES = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)


class AimingView(PointingView):
    """A picture view in which Enter, Esc, Delete and arrows belong to the tool in hand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._aim: Point | None = None

    def set_tool(self, name: str) -> None:
        """Take another tool in hand; the query is no longer aimed."""
        if self._tools[name] is not self._tool:
            self._set_aim(None)
        super().set_tool(name)

    def _query_point(self) -> Point | None:
        """The pixel last asked about."""
        return None

    def _set_aim(self, point: Point | None) -> None:
        """Aim the keyboard's query at a pixel, without asking yet."""
        self._aim = point

    def event(self, event: QEvent) -> bool:
        """Keep wanted keys from the window's shortcuts."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._wants_key(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def _wants_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            return self._running is not None or self._aim is not None
        if not self._has_picture() or event.modifiers() & Qt.KeyboardModifier.AltModifier:
            return False
        aims = key in ENTER and self._tool is self._tools["query"]
        deletes = key in DELETES and self._tool.holds
        return key in ARROWS or key == Qt.Key.Key_Space or aims or deletes

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc takes back; with the query tool arrows aim and Enter asks."""
        key = Qt.Key(event.key())
        queries = self._tool is self._tools["query"] and self._has_picture()
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_Escape and self._running is not None:
            self.abort_stroke()
        elif key == Qt.Key.Key_Escape and self._aim is not None:
            self._set_aim(None)
        elif key in DELETES and self._tool.delete():
            self._tell_held()
        elif queries and key in ARROWS and not control:
            fast = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._move_aim(*ARROWS[key], FAST_STEP if fast else 1)
        elif queries and key in ENTER:
            self._ask_where_aimed()
        else:
            super().keyPressEvent(event)

    def _move_aim(self, dx: int, dy: int, steps: int) -> None:
        """One step is an image pixel, or a screen pixel where that is more."""
        height, width = self._viewport.image_size
        stride = max(round(self._viewport.ratio / self._viewport.scale), 1) * steps
        x, y = self._aim or self._query_point() or self._middle()
        aim = (min(max(x + dx * stride, 0), width - 1), min(max(y + dy * stride, 0), height - 1))
        self._set_aim(aim)
        self._look(self._viewport.showing((aim[0] + 0.5, aim[1] + 0.5), 32 * self._viewport.ratio))
        self.cursorMoved.emit(*aim)

    def _ask_where_aimed(self) -> None:
        aim = self._aim or self._query_point() or self._middle()
        self._set_aim(None)
        self.queryRequested.emit(*aim)

    def _middle(self) -> Point:
        height, width = self._viewport.image_size
        x, y = self._viewport.pixel_at(self._viewport.centre)
        return min(max(x, 0), width - 1), min(max(y, 0), height - 1)
