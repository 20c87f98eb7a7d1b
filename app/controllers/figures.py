"""Figures made, drawn and saved on a thread of their own; matplotlib is imported there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.figure_files import FigureNumbers, save_figure
from app.priority import step_behind_the_window
from app.relay import Relay
from app.user_error import UserError, user_error
from segcore.heatmap import COLOURS, colour_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    MakesFigure = Callable[[], Figure]


class FigureMaker(QObject):
    """Makes figures and writes files; of each job it tells how it ended.

    `made` carries the number of the request and the figure, `notMade` a number and a `UserError`,
    `saved` a number and a path, `notSaved` a number and a `UserError`.
    """

    made = Signal(int, object)
    notMade = Signal(int, object)
    saved = Signal(int, object)
    notSaved = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._relay = Relay(self)
        self._closed = False
        self.thread_of_figures = ThreadPoolExecutor(1, "figures", step_behind_the_window)

    def make(self, number: int, figure: Figure | MakesFigure) -> None:
        """Have a figure made, and matplotlib's Qt backend imported."""
        self.thread_of_figures.submit(self._make, number, figure)

    def warm_up(self) -> None:
        """Import what turns values into colours before the first map is to be shown.

        The window would otherwise do it, and halt for as long.
        """
        if not self._closed:
            self.thread_of_figures.submit(colour_table, COLOURS)

    def save(self, number: int, path: Path, figure: Figure, numbers: FigureNumbers) -> None:
        """Write a figure or its numbers, as the ending says."""
        self.thread_of_figures.submit(self._save, number, path, figure, numbers)

    def shutdown(self) -> None:
        """Finish what is being written, and nothing else."""
        self._closed = True
        self._relay.close()
        self.thread_of_figures.shutdown(wait=True, cancel_futures=True)

    def _make(self, number: int, figure: Figure | MakesFigure) -> None:
        try:
            import app.dialogs.figure_canvas  # noqa: F401 - takes long, and here nobody waits

            made = figure() if callable(figure) else figure
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The figure could not be drawn"))
            self._relay.post(self._tell_not_made, number, failure)
        else:
            self._relay.post(self._tell_made, number, made)

    def _save(self, number: int, path: Path, figure: Figure, numbers: FigureNumbers) -> None:
        try:
            save_figure(path, figure, numbers)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The figure could not be saved"))
            self._relay.post(self._tell_not_saved, number, failure)
        else:
            self._relay.post(self._tell_saved, number, path)

    def _tell_made(self, number: int, figure: Figure) -> None:
        self.made.emit(number, figure)

    def _tell_not_made(self, number: int, failure: UserError) -> None:
        self.notMade.emit(number, failure)

    def _tell_saved(self, number: int, path: Path) -> None:
        self.saved.emit(number, path)

    def _tell_not_saved(self, number: int, failure: UserError) -> None:
        self.notSaved.emit(number, failure)
