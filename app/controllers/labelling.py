"""Brush, eraser and pick: from points on the canvas to edits of the document."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.document import Document
from app.lay_under import NOBODY
from app.tool_options import Options
from app.view_state import ViewState
from segcore.edits import Stroke
from segcore.geometry import Box, Point


class LabellingController(QObject):
    """Paints strokes in place while they are drawn and pushes one edit when they end."""

    strokingChanged = Signal()
    """A stroke has begun, or ended; what can wait does so meanwhile."""

    def __init__(
        self, document: Document, view_state: ViewState, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._view_state = view_state
        self._stroke: Stroke | None = None
        self._erasing = False
        self._class_id = 0
        self._last: Point = (0, 0)
        self._pressure = 1.0
        self._options: Options = {}
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(0)
        self._settling.timeout.connect(self._settle)
        document.imageLeaving.connect(self.end_stroke)

    @property
    def is_stroking(self) -> bool:
        """Whether a stroke has begun and not ended."""
        return self._stroke is not None

    def set_pressure(self, pressure: float) -> None:
        """How hard the pen presses from the next point on, above 0, up to 1."""
        self._pressure = pressure

    def begin_stroke(self, x: int, y: int, erase: bool = False) -> None:
        """Put the brush down; the eraser takes labels away, back to unlabelled."""
        labels, origins = self._document.labels, self._document.origins
        if labels is None or origins is None or not self._document.may_be_changed():
            return
        self.abort_stroke()
        self._erasing = erase or self._view_state.tool == "eraser"
        if not self._erasing and not self._has_active_class():
            return
        self._class_id = self._painted_class()
        self._options = self._view_state.options("eraser" if self._erasing else "brush")
        protection = replace(self._view_state.protection, models=self._document.model_origins)
        self._stroke = Stroke(
            labels,
            origins,
            paintable=protection.id_table(labels.dtype),
            paintable_origins=protection.origin_table(),
            square=self._options["shape"] == "square",
            origins_later=True,
        )
        self._document.stroke_under_way = True
        self.strokingChanged.emit()
        self._last = (x, y)
        self._paint_to((x, y))

    def extend_stroke(self, x: int, y: int) -> None:
        """Move the brush, in a straight line from where it was."""
        if self._stroke is not None:
            self._paint_to((x, y))

    def end_stroke(self) -> None:
        """Lift the brush: the stroke becomes one step of the undo stack."""
        if self._stroke is None:
            return
        stroke = self._take_stroke(self._stroke)
        name = self.tr("Erase") if self._erasing else self.tr("Brush")
        edit = stroke.commit(name)
        if edit is not None:
            self._document.push(edit, applied=True)

    def abort_stroke(self) -> None:
        """Take the stroke back as if it had not begun."""
        if self._stroke is None:
            return
        stroke = self._take_stroke(self._stroke)
        self._tell(stroke.abort())

    def pick(self, x: int, y: int) -> None:
        """Make the class under a point the active one; unlabelled pixels have none."""
        labels = self._document.labels
        if labels is None or not _is_inside((x, y), labels.shape):
            return
        class_id = int(labels[y, x])
        if class_id < len(self._document.classes):
            self._view_state.active_class = class_id

    def undo(self) -> None:
        """Take back a stroke under way, else the last edit."""
        if self._stroke is not None:
            self.abort_stroke()
        else:
            self._document.undo_stack.undo()

    def redo(self) -> None:
        """Make the edit again that was taken back last."""
        if self._stroke is None:
            self._document.undo_stack.redo()

    def _take_stroke(self, stroke: Stroke) -> Stroke:
        self._stroke = None
        self._document.stroke_under_way = False
        self.strokingChanged.emit()
        return stroke

    def _settle(self) -> None:
        if self._stroke is not None:
            self._stroke.settle()

    def _paint_to(self, point: Point) -> None:
        assert self._stroke is not None
        self._stroke.settle()
        origin = NOBODY if self._erasing else self._document.person
        touched = self._stroke.paint_segment(
            self._last, point, self._diameter(), self._class_id, origin
        )
        self._last = point
        self._tell(touched)
        self._settling.start()  # runs when what was touched has been painted

    def _diameter(self) -> float:
        size = self._view_state.brush_size
        return max(size * self._pressure, 1.0) if self._options["pressure"] else size

    def _tell(self, touched: Box) -> None:
        if not touched.is_empty:
            self._document.labelsChanged.emit(touched)

    def _painted_class(self) -> int:
        return self._document.classes.ignore if self._erasing else self._view_state.active_class

    def _has_active_class(self) -> bool:
        return 0 <= self._view_state.active_class < len(self._document.classes)


def _is_inside(point: Point, shape: tuple[int, ...]) -> bool:
    return 0 <= point[0] < shape[1] and 0 <= point[1] < shape[0]
