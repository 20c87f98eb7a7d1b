"""Shows who said the pixels: on the canvas, and in the legend that filters it."""

from __future__ import annotations

import colorsys

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.canvas.canvas import Canvas
from app.document import Document
from app.panels.class_origins import OriginsLegend
from app.view_state import ViewState
from segcore.classes import ClassInfo, ClassTable
from segcore.project import NOBODY, Origin

_HUES = {"person": 0.58, "model": 0.08, "propagated": 0.38, "imported": 0.80}
_REST_MS = 300
_PIXELS_COUNTED = 1 << 21
_NOBODY_COLOR = (150, 150, 150)


class OriginsLink(QObject):
    """Ties origin map, canvas and legend together; works while that overlay is shown."""

    def __init__(
        self,
        legend: OriginsLegend,
        canvas: Canvas,
        document: Document,
        view_state: ViewState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._legend = legend
        self._canvas = canvas
        self._document = document
        self._state = view_state
        self._shown: object = None
        self._rows: tuple[Origin, ...] = ()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._show)
        legend.hiddenRequested.connect(self._hide)
        document.imageChanged.connect(self._show)
        document.labelsChanged.connect(self._show_later)
        view_state.overlayChanged.connect(self._show)
        self._show()

    @property
    def _wanted(self) -> bool:
        return self._state.overlay_mode == "origins"

    def _show_later(self) -> None:
        if self._wanted:
            if self._document.origins is not self._shown:
                self._show()
            self._rest.start()

    def _show(self) -> None:
        self._legend.setVisible(self._wanted)
        document = self._document
        origins, project = document.origins, document.project
        if not self._wanted or origins is None or project is None:
            if self._shown is not None:
                self._shown = None
                self._canvas.set_origins(None, ClassTable(()))
            return
        rows = project.origin_rows
        if origins is not self._shown or rows != self._rows:
            self._shown, self._rows = origins, rows
            self._canvas.set_origins(origins, origin_colours(rows, self.tr("nobody")))
        step = max(1, int(np.ceil(np.sqrt(origins.size / _PIXELS_COUNTED))))
        sample = origins[::step, ::step]
        shares = np.bincount(sample.ravel(), minlength=256) / max(sample.size, 1)
        table = origin_colours(rows, self.tr("nobody"))
        present = [info for info in table if shares[info.id] > 0]
        self._legend.set_origins(present, shares.tolist())
        self._legend.set_hidden(self._state.hidden_origins)

    def _hide(self, rows: frozenset[int]) -> None:
        self._state.hidden_origins = rows


def origin_colours(rows: tuple[Origin, ...], nobody: str) -> ClassTable:
    """A colour and words for each row of the origin table: a hue a kind, lighter one by one."""
    infos = [ClassInfo(NOBODY, nobody, _NOBODY_COLOR)]
    seen: dict[str, int] = {}
    for row in rows[:254]:
        number = seen[row.kind] = seen.get(row.kind, -1) + 1
        hue = (_HUES[row.kind] + 0.045 * (number % 4)) % 1.0
        red, green, blue = colorsys.hls_to_rgb(hue, 0.45 + 0.12 * (number // 4 % 3), 0.85)
        color = (round(255 * red), round(255 * green), round(255 * blue))
        words = f"{row.kind} {row.name}".strip()
        infos.append(ClassInfo(row.id, words, color))
    return ClassTable(tuple(infos))
