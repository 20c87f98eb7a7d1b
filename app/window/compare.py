"""Ties the ways of comparing, the minimap and the display to canvas, actions and panel."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.document import Document
from app.panels.display import DisplayNote, DisplayPanel
from app.view_state import COMPARISONS, ViewState
from segcore.display import DisplayCurve, auto_contrast

_STEP = 0.02
"""Share of the width that the line of the swipe goes with each key press."""


class CompareLink(QObject):
    """Comparing picture and overlay, and the minimap."""

    def __init__(
        self,
        actions: Actions,
        view_state: ViewState,
        canvas: Canvas,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._state = view_state
        self._canvas = canvas
        for kind in COMPARISONS:
            actions[f"compare_{kind}"].setData(kind)
        actions.groups["compare"].triggered.connect(self._choose)
        actions["swipe_left"].triggered.connect(self._swipe_left)
        actions["swipe_right"].triggered.connect(self._swipe_right)
        actions["toggle_minimap"].toggled.connect(self._set_minimap)
        canvas.dividerRequested.connect(self._set_divider)
        view_state.comparisonChanged.connect(self._show)
        view_state.minimapChanged.connect(self._show_minimap)
        self._show()
        self._show_minimap(view_state.minimap)

    def _choose(self, action: QAction) -> None:
        self._state.comparison = str(action.data())

    def _swipe_left(self) -> None:
        self._swipe_by(-_STEP)

    def _swipe_right(self) -> None:
        self._swipe_by(_STEP)

    def _swipe_by(self, share: float) -> None:
        """The keys of the line bring the line itself, where it is not there yet."""
        if self._state.comparison == "swipe":
            self._state.divider += share
        else:
            self._state.comparison = "swipe"

    def _set_divider(self, share: float) -> None:
        self._state.divider = share

    def _set_minimap(self, wanted: bool) -> None:
        self._state.minimap = wanted

    def _show(self) -> None:
        self._canvas.set_comparison(self._state.comparison, self._state.divider)
        self._actions[f"compare_{self._state.comparison}"].setChecked(True)

    def _show_minimap(self, wanted: bool) -> None:
        self._canvas.set_minimap(wanted)
        self._actions["toggle_minimap"].setChecked(wanted)


class DisplayLink(QObject):
    """Brightness, contrast and gamma: panel, note and canvas show one curve."""

    def __init__(
        self,
        actions: Actions,
        document: Document,
        view_state: ViewState,
        *,
        canvas: Canvas,
        panel: DisplayPanel,
        note: DisplayNote,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._open = actions["adjust_display"]
        self._document = document
        self._state = view_state
        self._canvas = canvas
        self._panel = panel
        self._note = note
        self._actions = actions
        self._open.toggled.connect(self._show_panel)
        note.clicked.connect(self._open.toggle)
        panel.closeRequested.connect(self._close_panel)
        panel.curveRequested.connect(self._set)
        panel.autoContrastRequested.connect(self._set_automatically)
        actions["auto_contrast"].triggered.connect(self._set_automatically)
        actions["reset_display"].triggered.connect(self._set_neutral)
        view_state.displayChanged.connect(self._show)
        self._show(view_state.display)

    def _set(self, curve: DisplayCurve) -> None:
        self._state.display = curve

    def _set_automatically(self) -> None:
        if self._document.image is not None:
            self._state.display = auto_contrast(self._document.image)

    def _set_neutral(self) -> None:
        self._state.display = DisplayCurve()

    def _show(self, curve: DisplayCurve) -> None:
        self._canvas.set_display(None if curve.is_neutral else curve.table())
        self._panel.set_curve(curve)
        self._note.set_curve(curve)
        as_it_is = self.tr("The picture is shown as it is.")
        self._actions.allow("reset_display", as_it_is if curve.is_neutral else "")

    def _close_panel(self) -> None:
        self._open.setChecked(False)

    def _show_panel(self, shown: bool) -> None:
        self._panel.setVisible(shown)
        if shown:
            self._panel.raise_()
            self._panel.brightness_slider.setFocus()
        else:
            self._canvas.setFocus()
