"""Ties the panel of statistics and the filter by class to their controller."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PySide6.QtCore import QObject

from app.controllers.statistics import StatisticsController
from app.panels.images import ImageListPanel
from app.panels.review_words import status_word
from app.panels.stats import StatsPanel
from app.theme import Theme
from app.window.core import Core
from segcore.project.statistics import Statistics
from segcore.review.charts import Chart, table_of


class StatsLink(QObject):
    """Counts when somebody looks, and finds the pictures of a class for the list."""

    def __init__(self, panel: StatsPanel, images: ImageListPanel, core: Core, theme: Theme) -> None:
        super().__init__(panel)
        self._panel = panel
        self._images = images
        self._theme = theme
        self._visible = False
        self.controller = controller = StatisticsController(core.session, self)
        core.add_ending(controller.shutdown)
        panel.visibilityChanged.connect(self._follow_visibility)
        panel.updateRequested.connect(controller.update)
        panel.chartRequested.connect(self._draw)
        panel.saveRequested.connect(self._save)
        controller.statisticsChanged.connect(self._show)
        controller.progressed.connect(self._show_progress)
        controller.chartDrawn.connect(panel.set_chart)
        controller.saved.connect(self._show_saved)
        controller.classFound.connect(self._show_class)
        images.classFilterRequested.connect(self._find_class)
        theme.changed.connect(self._draw)

    @property
    def _chart(self) -> Chart:
        return cast("Chart", self._panel.chart_name)

    def _follow_visibility(self, visible: bool) -> None:
        self._visible = visible
        if visible:
            self.controller.update()

    def _show(self, statistics: Statistics | None) -> None:
        if statistics is None:
            self._panel.clear()
            self._panel.say("")
            return
        words = self.tr("1 labelled picture")
        if statistics.labelled != 1:
            words = self.tr("{:,} labelled pictures").format(statistics.labelled)
        if statistics.left_out:
            left = self.tr("{:,} could not be read, {} first")
            words += "; " + left.format(len(statistics.left_out), statistics.left_out[0])
        self._panel.say(words)
        self._draw()

    def _draw(self) -> None:
        statistics = self.controller.statistics
        if statistics is None or not self._visible:
            return
        columns, rows = table_of(statistics, self._chart)
        if self._chart == "statuses":
            rows = [(status_word(str(status)), count) for status, count in rows]
        self._panel.set_table(columns, rows)
        ratio, size = self._panel.devicePixelRatioF(), self._panel.chart_size
        pixels = (round(size.width() * ratio), round(size.height() * ratio))
        self.controller.draw(self._chart, pixels, ratio, self._theme.tones)

    def _save(self, path: str) -> None:
        self.controller.save(self._chart, Path(path))

    def _show_saved(self, name: str) -> None:
        self._panel.say(self.tr("Saved as {}").format(name))

    def _show_progress(self, done: int, total: int) -> None:
        self._panel.say(self.tr("Counting: {:,} of {:,} pictures").format(done, total))

    def _find_class(self, class_id: int | None) -> None:
        if class_id is None:
            self._images.set_only(None)
        else:
            self.controller.find_class(class_id)

    def _show_class(self, class_id: int, mask: object) -> None:
        if self._images.filters.class_id == class_id:
            self._images.set_only(mask)  # type: ignore[arg-type]
