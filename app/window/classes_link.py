"""Ties the class panel to the document and the view state."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.document import Document
from app.panels.classes import ClassesPanel
from app.view_state import ViewState
from segcore.labels import class_counts

_REST_MS = 300
"""Shares are counted when the labels have rested for so long: never during a stroke."""

_PIXELS_COUNTED = 1 << 21
"""Of larger maps every n-th row and column is counted, to stay far from holding up the window."""


class ClassesLink(QObject):
    """Shows classes and shares; hands choices on to the view state."""

    def __init__(
        self,
        panel: ClassesPanel,
        document: Document,
        view_state: ViewState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._document = document
        self._view_state = view_state
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._count)
        document.classesChanged.connect(self._show_classes)
        document.imageChanged.connect(self._count)
        document.labelsChanged.connect(self._count_later)
        view_state.activeClassChanged.connect(panel.set_active_class)
        view_state.brushSizeChanged.connect(panel.set_brush_size)
        view_state.overlayChanged.connect(self._show_hidden)
        panel.activeClassRequested.connect(self._set_active_class)
        panel.hiddenClassesRequested.connect(self._set_hidden_classes)
        panel.brushSizeRequested.connect(self._set_brush_size)
        panel.set_active_class(view_state.active_class)
        panel.set_brush_size(view_state.brush_size)
        self._show_hidden()

    def _show_classes(self) -> None:
        classes = self._document.classes
        self._panel.set_classes(classes)
        active = self._view_state.active_class
        if 0 <= active < len(classes) and classes[active].retired and classes.shown:
            self._view_state.active_class = classes.shown[0].id
        self._rest.start()

    def _count_later(self) -> None:
        self._rest.start()

    def _show_hidden(self) -> None:
        self._panel.set_hidden_classes(self._view_state.hidden_classes)

    def _count(self) -> None:
        labels, classes = self._document.labels, self._document.classes
        if labels is None or len(classes) == 0:
            self._panel.set_shares(None)
            return
        step = max(1, int(np.ceil(np.sqrt(labels.size / _PIXELS_COUNTED))))
        sample = labels[::step, ::step]
        shares = class_counts(sample, len(classes)) / max(sample.size, 1)
        self._panel.set_shares(shares.tolist(), max(0.0, 1.0 - float(shares.sum())))

    def _set_active_class(self, class_id: int) -> None:
        self._view_state.active_class = class_id

    def _set_hidden_classes(self, class_ids: frozenset[int]) -> None:
        self._view_state.hidden_classes = class_ids

    def _set_brush_size(self, diameter: int) -> None:
        self._view_state.brush_size = diameter
