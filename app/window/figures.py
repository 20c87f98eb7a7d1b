"""Floating windows with matplotlib figures, for every page that has one to show."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from app.controllers.figures import FigureMaker
from app.dialogs.figure import FigureWindow
from app.figure_files import FigureNumbers
from app.user_error import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from app.controllers.figures import MakesFigure


class Figures(QObject):
    """Opens figure windows over a window, and closes them with it; `of` finds the window's own."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._numbers_of: dict[int, FigureNumbers] = {}
        self._open: dict[int, FigureWindow] = {}
        self._count = itertools.count(1)
        self.maker = FigureMaker(self)
        self.maker.made.connect(self._show_figure)
        self.maker.notMade.connect(self._show_failure)
        self.maker.saved.connect(self._tell_saved)
        self.maker.notSaved.connect(self._show_failure)
        window.installEventFilter(self)

    @classmethod
    def of(cls, window: QWidget) -> Figures:
        """The one of a window, made when it is first asked for."""
        known = window.findChild(cls)
        return known if isinstance(known, cls) else cls(window)

    @property
    def windows(self) -> list[FigureWindow]:
        """The figure windows that are open, oldest first."""
        return list(self._open.values())

    def show_figure(
        self,
        title: str,
        figure: Figure | MakesFigure,
        exports: FigureNumbers | None = None,
    ) -> FigureWindow:
        """Show a figure, made without pyplot, in a window of its own.

        Args:
            title: of the window, and of the files that are proposed.
            figure: the figure, or what makes it: that is called on another thread.
            exports: its numbers and settings, for NPZ and CSV.
        """
        number = next(self._count)
        numbers = exports or FigureNumbers()
        has_numbers = bool(numbers.arrays or numbers.rows)
        shown = FigureWindow(title, self._window, numbers=has_numbers)
        self._numbers_of[number], self._open[number] = numbers, shown
        shown.closed.connect(lambda: self._forget(number))
        shown.saveRequested.connect(lambda path: self.save(number, path))
        shown.show()
        self.maker.make(number, figure)
        return shown

    def save(self, number: int, path: Path) -> None:
        """Write what a window shows."""
        shown = self._open.get(number)
        if shown is not None and shown.canvas is not None:
            shown.say(self.tr("Saving {}…").format(path.name))
            self.maker.save(number, path, shown.canvas.figure, self._numbers_of[number])

    def eventFilter(self, window: QObject, event: QEvent) -> bool:
        """Qt: figures go with their window."""
        if event.type() == QEvent.Type.Hide and getattr(window, "closed", False):
            for shown in self.windows:
                shown.close()
            self.maker.shutdown()
        return False

    def _forget(self, number: int) -> None:
        self._open.pop(number, None)
        self._numbers_of.pop(number, None)

    def _show_figure(self, number: int, figure: Figure) -> None:
        shown = self._open.get(number)
        if shown is None:
            return
        from app.dialogs.figure_canvas import ThreadedCanvas, Toolbar

        canvas = ThreadedCanvas(figure, self.maker.thread_of_figures)
        shown.show_canvas(canvas, Toolbar(canvas, shown))

    def _show_failure(self, number: int, failure: UserError) -> None:
        if number in self._open:
            self._open[number].say(failure.sentence)

    def _tell_saved(self, number: int, path: Path) -> None:
        if number in self._open:
            self._open[number].say(self.tr("Saved {}").format(path))
