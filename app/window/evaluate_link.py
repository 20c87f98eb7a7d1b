"""Ties the page of an evaluation to the work, the pictures and the figures."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from app.actions import Actions
from app.controllers.evaluating import EvaluatingController, Truth
from app.figure_files import FigureNumbers
from app.inference.requests import ModelInfo
from app.settings import Settings
from app.window.core import Core
from app.window.figures import Figures
from segcore.errors import SegcoreError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from app.dialogs.evaluate import EvaluateDialog
    from segcore.evaluation import Report


class EvaluateLink(QObject):
    """Shows one dialog; its results are kept while it is open.

    Attributes:
        dialog: while it is shown.
    """

    def __init__(self, window: QWidget, actions: Actions, core: Core, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._core = core
        self._settings = settings
        self._report: Report | None = None
        self.dialog: EvaluateDialog | None = None
        self.evaluating = EvaluatingController(core.document, core.session, core.client, self)
        core.add_ending(self.evaluating.shutdown)
        self.evaluating.evaluated.connect(self._keep)
        self.evaluating.modelChanged.connect(self._show_model)
        actions["evaluate"].triggered.connect(self.show)

    def show(self) -> None:
        """Show the page."""
        if self.dialog is None:
            self.dialog = self._build()
            self.dialog.show()
        else:
            self.dialog.raise_()
        self._show_model()
        self.dialog.activateWindow()

    def _build(self) -> EvaluateDialog:
        from app.dialogs.evaluate import EvaluateDialog

        chosen = self._settings.last_folder
        folder = Path(chosen) if chosen and Path(chosen).is_dir() else Path.home()
        dialog, work = EvaluateDialog(folder, self._window), self.evaluating
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.evaluationRequested.connect(self._start)
        dialog.cancelRequested.connect(work.cancel)
        dialog.pictureRequested.connect(self._open)
        dialog.figureRequested.connect(self._show_figure)
        dialog.saveRequested.connect(self._save)
        work.progressed.connect(dialog.set_progress)
        work.evaluated.connect(dialog.set_report)
        work.refused.connect(dialog.set_refused)
        work.cancelled.connect(dialog.set_cancelled)
        dialog.finished.connect(self._forget)
        return dialog

    def _start(self, source: str, folder: Path | None) -> None:
        self.evaluating.start(Truth(folder, approved=source == "approved"))

    def _show_model(self, _model: ModelInfo | None = None) -> None:
        model = self.evaluating.model
        if self.dialog is None:
            return
        words = ""
        if model is not None:
            words = self.tr("{model}; pictures go in {protocol}").format(
                model=model.name, protocol=model.spec.protocol.in_words()
            )
        self.dialog.set_model(words)

    def _keep(self, report: Report) -> None:
        self._report = report

    def _forget(self) -> None:
        self.dialog = None

    def _open(self, name: str) -> None:
        session = self._core.session
        if name in session.names:
            session.open_index(session.names.index(name))
        elif self.dialog is not None:
            self.dialog.say(self.tr("{} is not among the pictures in the list.").format(name))

    def _show_figure(self, which: str) -> None:
        report = self._report
        if report is None:
            return
        titles = {
            "confusion": self.tr("Confusion matrix"),
            "calibration": self.tr("Calibration curve"),
        }
        Figures.of(self._window).show_figure(
            titles[which], partial(_figure, report, which), _numbers(report, which)
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


def _figure(report: Report, which: str) -> Figure:
    from segcore.evaluation_figures import calibration_figure, confusion_figure

    return confusion_figure(report) if which == "confusion" else calibration_figure(report)


def _numbers(report: Report, which: str) -> FigureNumbers:
    settings = dict(report.settings)
    if which == "confusion" or report.calibration is None:
        rows = [
            (info.name, *counts) for info, counts in zip(report.classes, report.confusion.tolist())
        ]
        columns = ("true \\ predicted", *report.classes.names)
        return FigureNumbers({"confusion": report.confusion}, columns, rows, settings)
    bins = report.calibration.to_json()["bins"]
    columns = tuple(bins[0])
    return FigureNumbers({}, columns, [tuple(each.values()) for each in bins], settings)
