"""Ties the page of a comparison to the work, the pictures, the figure and the differences."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from app.actions import Actions
from app.controllers.comparing import Compared, ComparingController, ComparisonChoice, SideChoice
from app.figure_files import FigureNumbers
from app.settings import Settings
from app.window.core import Core
from app.window.difference_link import DifferenceLink
from app.window.figures import Figures
from segcore.errors import SegcoreError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from app.dialogs.compare import CompareDialog
    from app.dialogs.compare_side import SideChooser
    from segcore.comparison import ComparisonReport


class ComparisonLink(QObject):
    """Shows one dialog; differences stay over the pictures when it is closed.

    Attributes:
        dialog: while it is shown.
    """

    def __init__(
        self,
        window: QWidget,
        actions: Actions,
        core: Core,
        *,
        differences: DifferenceLink,
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._core = core
        self._differences = differences
        self._settings = settings
        self._report: ComparisonReport | None = None
        self.dialog: CompareDialog | None = None
        self.comparing = ComparingController(core.document, core.session, core.client, self)
        core.add_ending(self.comparing.shutdown)
        self.comparing.compared.connect(self._keep)
        self.comparing.left.connect(differences.close)
        actions["compare_labels"].triggered.connect(self.show)

    def show(self) -> None:
        """Show the page."""
        if self.dialog is None:
            self.dialog = self._build()
            self.dialog.show()
            current = self.comparing.current
            if current is not None:
                self._keep(current)
        else:
            self.dialog.raise_()
        self.dialog.activateWindow()

    def _build(self) -> CompareDialog:
        from app.dialogs.compare import CompareDialog

        chosen = self._settings.last_folder
        folder = Path(chosen) if chosen and Path(chosen).is_dir() else Path.home()
        dialog, work = CompareDialog(folder, self._window), self.comparing
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.comparisonRequested.connect(self._start)
        dialog.cancelRequested.connect(work.cancel)
        dialog.pictureRequested.connect(self._open)
        dialog.differencesRequested.connect(self._show_differences)
        dialog.walkRequested.connect(self._walk)
        dialog.confusionRequested.connect(self._show_confusion)
        dialog.saveRequested.connect(self._save)
        work.progressed.connect(dialog.set_progress)
        work.refused.connect(dialog.set_refused)
        work.cancelled.connect(dialog.set_cancelled)
        work.left.connect(dialog.set_left)
        dialog.finished.connect(self._forget)
        return dialog

    def _start(self) -> None:
        dialog = self.dialog
        if dialog is not None:
            choice = ComparisonChoice(
                _choice(dialog.a),
                _choice(dialog.b),
                dialog.boundaries.isChecked(),
                dialog.unlabelled.isChecked(),
            )
            self.comparing.start(choice)

    def _keep(self, compared: Compared) -> None:
        self._report = compared.report
        if self.dialog is not None:
            self.dialog.set_report(compared.report, can_walk=bool(compared.mine))

    def _forget(self) -> None:
        self.dialog = None

    def _open(self, name: str) -> None:
        """Open one of A's pictures, with the differences over it."""
        current, session = self.comparing.current, self._core.session
        position = None if current is None else current.positions(session.names).get(name)
        if position is not None:
            self._show_differences()
            session.open_index(position)
        elif self.dialog is not None:
            self.dialog.say(self.tr("{} is not among the pictures in the list.").format(name))

    def _show_differences(self) -> None:
        if self.comparing.current is not None:
            self._differences.show(self.comparing.current)

    def _walk(self, lines: bool, by_rarity: bool) -> None:
        self._show_differences()
        self._differences.controller.lines = lines
        self._differences.controller.by_rarity = by_rarity
        self._window.activateWindow()
        self._differences.walk()

    def _show_confusion(self) -> None:
        if self._report is not None:
            Figures.of(self._window).show_figure(
                self.tr("Confusion matrix"),
                partial(_confusion, self._report),
                _numbers(self._report),
            )

    def _save(self, path: Path) -> None:
        report, dialog = self._report, self.dialog
        if report is None or dialog is None:
            return
        try:
            if path.suffix.lower() == ".csv":
                report.write_csv(path)
            else:
                report.write_json(path)
        except SegcoreError as error:
            dialog.say(str(error), warning=True)
        else:
            dialog.say(self.tr("Saved {}.").format(path))


def _choice(side: SideChooser) -> SideChoice:
    kind: Any = side.kind
    said_by: Any = side.said_by
    return SideChoice(kind, said_by, side.place)


def _confusion(report: ComparisonReport) -> Figure:
    from segcore.evaluation_figures import matrix_figure

    confusion = report.confusion
    return matrix_figure(
        confusion,
        [info.name for info in report.occurring],
        totals=confusion.sum(axis=1),
        columns=f"B: {report.title_b}",
        rows=f"A: {report.title_a}",
        shares="share of A's pixels",
        title=f"agreement {100 * report.figures.agreement:.1f} %",
    )


def _numbers(report: ComparisonReport) -> FigureNumbers:
    names = [info.name for info in report.occurring]
    rows = [(name, *counts) for name, counts in zip(names, report.confusion.tolist())]
    arrays = {"confusion": report.confusion}
    return FigureNumbers(arrays, ("A \\ B", *names), rows, dict(report.settings))
