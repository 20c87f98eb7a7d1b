"""Mouse and keys to tools, and tools to requests: the canvas's outgoing signals."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QTabletEvent,
)
from PySide6.QtWidgets import QWidget

from app.canvas.comparing import ComparingView
from app.canvas.pen import MouseOfPen
from app.canvas.tools import TOOLS, Asks, BrushTool, PickOrResize, Point, Tool, Touch
from app.canvas.view import ARROWS
from app.gesture import Gesture, Sketch
from segcore.geometry import Box

FAST_STEP = 10
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
DELETES = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)


class PointingView(ComparingView):
    """A picture view in which the left button, Enter and Esc belong to the tool in hand.

    Every point is (x, y) in whole image pixels. Points of strokes may lie outside the picture,
    those of queries and picks do not. `gestureRequested` carries a `Gesture` to be previewed,
    `gestureAccepted` says that it is to become an edit, `gestureDropped` that it is off;
    `holdsChanged` says whether a tool holds something that Enter, Esc and undo are about.
    """

    queryRequested = Signal(int, int)
    strokeBeginRequested = Signal(int, int, bool)
    strokeMoveRequested = Signal(int, int)
    strokeEndRequested = Signal()
    strokeAbortRequested = Signal()
    pressureChanged = Signal(float)
    gestureRequested = Signal(object)
    gestureAccepted = Signal()
    gestureDropped = Signal()
    holdsChanged = Signal(bool)
    pickRequested = Signal(int, int)
    scribbleRequested = Signal(object)
    brushSizeRequested = Signal(int)
    regionRequested = Signal(object)
    cursorMoved = Signal(int, int)
    cursorLeft = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        asks = Asks(
            query=self.queryRequested.emit,
            stroke_begin=self.strokeBeginRequested.emit,
            stroke_move=self.strokeMoveRequested.emit,
            stroke_end=self.strokeEndRequested.emit,
            stroke_abort=self.strokeAbortRequested.emit,
            pressure=self.pressureChanged.emit,
            pick=self.pickRequested.emit,
            brush_size=self.brushSizeRequested.emit,
            region=self._request_region,
            region_drawn=self._show_drawn_region,
            gesture=self._request_gesture,
            accept=self.gestureAccepted.emit,
            drop=self.gestureDropped.emit,
            sketch=self._show_sketch,
            scribble=self.scribbleRequested.emit,
        )
        self._tools: dict[str, Tool] = {name: kind(asks) for name, kind in TOOLS.items()}
        self._tool = self._tools["pan"]
        self._picker = PickOrResize(asks)
        self._running: Tool | None = None
        self._button = Qt.MouseButton.NoButton
        self._diameter = 1
        self._hover: Point | None = None
        self._aim: Point | None = None
        self._pen = MouseOfPen()
        self._held = False

    def set_tool(self, name: str) -> None:
        """Take another tool in hand; a stroke that is running ends, and is kept."""
        if self._tools[name] is self._tool:
            return
        self.end_stroke()
        self._set_aim(None)
        self._tool.leave()
        self.forget_gesture()
        self._tool = self._tools[name]
        self._refresh_cursor()
        self._refresh_ring()

    @property
    def holds_gesture(self) -> bool:
        """Whether the tool holds something that goes on without a button down."""
        return self._tool.holds

    def forget_gesture(self) -> None:
        """What the tool holds has become an edit, or is not wanted: it begins anew."""
        if self._running is None:
            self._tool.forget()
            self._tell_held()

    def drop_gesture(self) -> None:
        """Take back everything that the hand has begun."""
        self.abort_stroke()
        self._tool.abort()
        self._tell_held()

    def take_back(self) -> bool:
        """Undo the last step of what the tool holds; False when it holds nothing."""
        return self._then_tell(self._tool.take_back())

    def bring_back(self) -> bool:
        """Redo the step that was taken back last; False when the tool holds nothing."""
        return self._then_tell(self._tool.bring_back())

    def _then_tell(self, done: bool) -> bool:
        self._tell_held()
        return done

    def _tell_held(self) -> None:
        if self._held != self._tool.holds:
            self._held = self._tool.holds
            self.holdsChanged.emit(self._held)

    @property
    def stroke_running(self) -> bool:
        """Whether a brush is down: the label map is being painted in."""
        return isinstance(self._running, BrushTool)

    @property
    def is_pressed(self) -> bool:
        """Whether a tool's button is down on the picture."""
        return self._running is not None

    def end_stroke(self) -> None:
        """Finish what the pointer is doing, as if its button were let go."""
        running, self._running, self._held_pane = self._running, None, None
        if running is not None:
            running.release()
            self._refresh_ring()
            self._tell_held()

    def abort_stroke(self) -> None:
        """Take back what the pointer is doing."""
        running, self._running, self._held_pane = self._running, None, None
        if running is not None:
            running.abort()
            self._refresh_ring()
            self._tell_held()

    def _refresh_ring(self) -> None:
        """The brush ring may have moved, appeared or gone."""

    def _show_drawn_region(self, box: Box | None) -> None:
        """A rectangle is being drawn, or no longer."""

    def _show_sketch(self, sketch: Sketch | None) -> None:
        """Lines are being drawn, or no longer."""

    def _request_gesture(self, gesture: Gesture) -> None:
        self.gestureRequested.emit(gesture)
        self._tell_held()

    def _request_region(self, box: Box) -> None:
        """A rectangle was drawn; what of it lies on the picture counts."""
        inside = box.clip(*self._viewport.image_size)
        if not inside.is_empty:
            self.regionRequested.emit(inside)

    def _query_point(self) -> Point | None:
        """The pixel last asked about."""
        return None

    def _set_aim(self, point: Point | None) -> None:
        """Aim the keyboard's query at a pixel, without asking yet."""
        self._aim = point

    def _touch(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> Touch:
        view = self._viewport
        point = view.pixel_at(self._device(position))
        return Touch(
            point=point,
            inside=self._on_picture(point),
            position=(position.x(), position.y()),
            scale=view.scale / view.ratio,
            inverted=bool(modifiers & Qt.KeyboardModifier.ControlModifier) or self._pen.erases,
            shifted=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            secondary=self._button == Qt.MouseButton.RightButton,
            pressure=self._pen.pressure,
        )

    def _on_picture(self, point: Point) -> bool:
        height, width = self._viewport.image_size
        return 0 <= point[0] < width and 0 <= point[1] < height

    def _left_button_pans(self) -> bool:
        return self._space_held or self._tool.pans

    def _refresh_cursor(self) -> None:
        super()._refresh_cursor()
        if not (self.is_panning or self._over_divider) and self._has_picture():
            self.setCursor(self._tool.cursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin what the tool does, or pick, or pan."""
        if self._running is not None or not self._has_picture():
            event.accept()
            return
        tool = self._tool_for(event)
        if tool is None:
            super().mousePressEvent(event)
            return
        self._running, self._button = tool, event.button()
        self._held_pane = self._pane_at(event.position())
        touch = self._touch(event.position(), event.modifiers())
        self._follow(touch)
        tool.press(touch)
        self._tell_held()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A second press in the same place is a press, unless the tool means more by it."""
        tool = None if self._running is not None else self._tool_for(event)
        if tool is None or tool is not self._tool or event.button() != Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
            return
        self._running, self._button = tool, event.button()
        tool.double_click(self._touch(event.position(), event.modifiers()))
        self._tell_held()
        event.accept()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A pen is a mouse with pressure, and its other end erases."""
        mouse = self._pen.mouse_event(event)
        if mouse is None:
            event.ignore()
            return
        if mouse.type() == QEvent.Type.MouseButtonPress:
            self.mousePressEvent(mouse)
        elif mouse.type() == QEvent.Type.MouseMove:
            self.mouseMoveEvent(mouse)
        else:
            self.mouseReleaseEvent(mouse)
            self._pen.lift()
        event.accept()

    def _tool_for(self, event: QMouseEvent) -> Tool | None:
        right = event.button() == Qt.MouseButton.RightButton
        picks = (right and not self._tool.takes_right_button) or (
            event.button() == Qt.MouseButton.LeftButton
            and event.modifiers() & Qt.KeyboardModifier.AltModifier
        )
        if self._space_held or self._is_on_divider(event.position()):
            return None
        if picks:
            self._picker.diameter = self._diameter
            self._picker.resizes = self._tool.has_ring
            return self._picker
        if right or (event.button() == Qt.MouseButton.LeftButton and not self._tool.pans):
            return self._tool
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with what the tool does; tell where the pointer is."""
        if not self._has_picture():
            return
        if self._running is None:
            super().mouseMoveEvent(event)
        touch = self._touch(event.position(), event.modifiers())
        if self._running is not None and not event.buttons() & self._button:
            # The release went elsewhere: another window, a debugger, a lost grab.
            self.end_stroke()
        if self._running is not self._picker:
            self._follow(touch)
        if self._running is not None:
            self._running.drag(touch)
        elif not self.is_panning:
            self._tool.hover(touch)
        self._tell_held()
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End what the tool does."""
        if self._running is None:
            super().mouseReleaseEvent(event)
        elif event.button() == self._button:
            self.end_stroke()
            event.accept()

    def _follow(self, touch: Touch) -> None:
        if touch.point == self._hover:
            return
        self._hover = touch.point
        self._refresh_ring()
        if touch.inside:
            self.cursorMoved.emit(*touch.point)
        else:
            self.cursorLeft.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is elsewhere."""
        super().leaveEvent(event)
        if self._running is None and self._hover is not None:
            self._hover = None
            self._refresh_ring()
            self._tool.leave()
            self.cursorLeft.emit()

    def event(self, event: QEvent) -> bool:
        """Keep wanted keys from the window's shortcuts; see when the mouse is lost."""
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if self._wants_key(event):
                event.accept()
                return True
        elif kind in (QEvent.Type.UngrabMouse, QEvent.Type.WindowDeactivate):
            self._lose_hold()
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

    def _lose_hold(self) -> None:
        self.end_stroke()
        if self._hand is not None or self._holds_divider:
            self._let_go()
        if self._space_held:
            self._hold_space(held=False)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Nothing may go on that can no longer be seen to end."""
        super().focusOutEvent(event)
        self._lose_hold()

    def hideEvent(self, event: QHideEvent) -> None:
        """The same when the widget goes out of sight."""
        super().hideEvent(event)
        self._lose_hold()

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
