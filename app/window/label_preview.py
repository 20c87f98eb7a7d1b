"""Other labels over the picture for a while: looked at, and nothing is changed."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.canvas.canvas import Canvas
from app.document import Document
from app.lay_under import LabelMap
from app.view_state import ViewState


class LabelPreview(QObject):
    """Lays a label map over the picture until anything happens to the labels or the tool.

    `ended` says that the document's own labels are shown again.
    """

    ended = Signal()

    def __init__(
        self,
        document: Document,
        view_state: ViewState,
        canvas: Canvas,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._view_state = view_state
        self._canvas = canvas
        self._shown: LabelMap | None = None
        self._before = ("", True)
        document.imageChanged.connect(self.end)
        document.labelsChanged.connect(self.end)
        document.classesChanged.connect(self.end)
        view_state.toolChanged.connect(self._follow_tool)
        canvas.strokeBeginRequested.connect(self.end)
        canvas.gestureAccepted.connect(self.end)

    @property
    def shown(self) -> LabelMap | None:
        """The labels that are looked at, if any."""
        return self._shown

    def show(self, labels: LabelMap) -> None:
        """Lay labels, in the document's ids, over the picture."""
        image = self._document.image
        if image is None or labels.shape != image.shape[:2]:
            return
        state = self._view_state
        if self._shown is None:
            self._before = (state.overlay_mode, state.overlay_visible)
        self._shown = labels
        state.overlay_mode, state.overlay_visible = "labels", True
        self._canvas.set_labels(labels)

    def end(self) -> None:
        """Show the document's own labels again, as they were shown."""
        if self._shown is None:
            return
        self._shown = None
        state = self._view_state
        if state.overlay_mode == "labels":
            state.overlay_mode, state.overlay_visible = self._before
        self._canvas.set_labels(self._document.labels)
        self.ended.emit()

    def _follow_tool(self, tool: str) -> None:
        if tool not in ("pan", "query", "region"):
            self.end()
