"""The figures of the project: counted, drawn and saved on a thread of its own."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QImage

from app.figure_files import FigureNumbers, save_figure
from app.priority import step_behind_the_window
from app.relay import Relay
from app.session import Session
from app.theme import Tones
from app.user_error import user_error
from segcore.errors import Cancelled
from segcore.progress import CancelToken, Progress
from segcore.project import Project
from segcore.project.statistics import Counts, Statistics
from segcore.review.charts import Chart, figure_of, table_of

_DOTS_PER_INCH = 100


class StatisticsController(QObject):
    """Counts what has changed since the last time, and draws charts of the figures.

    `statisticsChanged` carries `Statistics` or None, `progressed` how many of how many pictures
    are counted, `classFound` a class id and the (n,) mask of the session's pictures that have it,
    `chartDrawn` an image, `saved` the name of a file.
    """

    statisticsChanged = Signal(object)
    progressed = Signal(int, int)
    classFound = Signal(int, object)
    chartDrawn = Signal(object)
    saved = Signal(str)
    failed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "statistics", step_behind_the_window)
        self._cancel = CancelToken()
        self._counts: tuple[Project, Counts] | None = None
        self._statistics: Statistics | None = None
        self._closed = False
        session.projectLeaving.connect(self._leave)
        self.destroyed.connect(lambda: self._thread.shutdown(wait=False, cancel_futures=True))
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.stop)

    @property
    def statistics(self) -> Statistics | None:
        """The figures that were counted last."""
        return self._statistics

    def update(self) -> None:
        """Count the pictures whose labels have changed."""
        self._submit(self._count)

    def find_class(self, class_id: int) -> None:
        """Find the pictures in which a class occurs; `classFound` says which."""
        names = self._session.names

        def find(counts: Counts) -> None:
            counts.update(self._cancel, self._tell_progress)
            having = counts.pictures_with(class_id)
            mask = np.fromiter((name in having for name in names), np.bool_, len(names))
            self._relay.post(self.classFound.emit, class_id, mask)

        self._submit(find)

    def draw(self, chart: Chart, pixels: tuple[int, int], ratio: float, tones: Tones) -> None:
        """Draw a chart as large as asked for; `chartDrawn` brings it."""
        statistics = self._statistics
        if statistics is None or self._closed:
            return
        dots = _DOTS_PER_INCH * ratio

        def work() -> None:
            figure = figure_of(
                statistics,
                chart,
                inches=(pixels[0] / dots, pixels[1] / dots),
                dots_per_inch=dots,
                text=tones.text,
                background=tones.panel,
                accent=tones.accent,
            )
            stream = io.BytesIO()
            figure.savefig(stream, format="png")
            image = QImage.fromData(stream.getvalue())
            image.setDevicePixelRatio(ratio)
            self._relay.post(self.chartDrawn.emit, image)

        self._thread.submit(self._guarded, work, self.tr("The chart could not be drawn"))

    def save(self, chart: Chart, path: Path) -> None:
        """Write a chart as PNG, SVG or PDF, or its numbers as CSV."""
        statistics = self._statistics
        if statistics is None or self._closed:
            return

        def work() -> None:
            columns, rows = table_of(statistics, chart)
            numbers = FigureNumbers(columns=columns, rows=rows, settings={"chart": chart})
            save_figure(path, figure_of(statistics, chart), numbers)
            self._relay.post(self.saved.emit, path.name)

        self._thread.submit(self._guarded, work, self.tr("The chart could not be saved"))

    def stop(self) -> None:
        """Stop counting: the program ends. What was counted is kept."""
        self._closed = True
        self._cancel.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._relay.close()

    def shutdown(self) -> None:
        """Stop counting and end the thread."""
        self._closed = True
        self._cancel.cancel()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _count(self, counts: Counts) -> None:
        counts.update(self._cancel, self._tell_progress)
        self._relay.post(self._take, self._session.project, counts.statistics())

    def _submit(self, work: Callable[[Counts], None]) -> None:
        project = self._session.project
        if project is None or self._closed:
            return

        def run() -> None:
            if self._counts is None or self._counts[0] is not project:
                if self._counts is not None:
                    self._counts[1].close()
                self._counts = (project, Counts(project))
            work(self._counts[1])

        self._thread.submit(self._guarded, run, self.tr("The pictures could not be counted"))

    def _guarded(self, work: Callable[[], None], doing: str) -> None:
        """On the thread."""
        try:
            work()
        except Cancelled:
            return
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            self._relay.post(self.failed.emit, user_error(error, doing))

    def _tell_progress(self, progress: Progress) -> None:
        if progress.done % 16 == 0 or progress.done == progress.total:
            self._relay.post(self.progressed.emit, progress.done, progress.total)

    def _take(self, project: Project, statistics: Statistics) -> None:
        if project is self._session.project:
            self._statistics = statistics
            self.statisticsChanged.emit(statistics)

    def _leave(self) -> None:
        self._cancel.cancel()
        self._cancel = CancelToken()
        self._statistics = None
        self.statisticsChanged.emit(None)
