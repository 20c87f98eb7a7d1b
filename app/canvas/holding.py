"""The tool in hand: what it asks for as signals, and what it holds."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.canvas.comparing import ComparingView
from app.canvas.tools import TOOLS, Asks, BrushTool, PickOrResize, Tool
from app.gesture import Gesture, Sketch
from segcore.geometry import Box


class HoldingView(ComparingView):
    """A picture view with a tool in hand; how hands reach the tool is up to those who derive.

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
        self._held = False

    def set_tool(self, name: str) -> None:
        """Take another tool in hand; a stroke that is running ends, and is kept."""
        if self._tools[name] is self._tool:
            return
        self.end_stroke()
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
