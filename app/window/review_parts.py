"""The parts of the window with which a person goes through a data set."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QTabWidget, QWidget

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.controllers.region_walk import WalkState
from app.panels.difference_bar import DifferenceBar
from app.panels.images import ImageListPanel
from app.panels.review_bar import DoubtBar
from app.panels.stats import StatsPanel
from app.settings import Settings
from app.theme import Theme
from app.window.comparison_link import ComparisonLink
from app.window.core import Core
from app.window.difference_link import DifferenceLink
from app.window.region_walk_link import WalkKeys
from app.window.review_link import ReviewLink
from app.window.stats_link import StatsLink
from app.window.status_link import MessageLink
from app.window.teach_order_link import TeachOrderLink
from app.window.walk_link import WalkLink


class ReviewParts(QObject):
    """Builds the links of the Review menu.

    Attributes:
        bars: of walks, to be put over the canvas: `walk_bar` and `difference_bar`.
        comparison, differences: of two label sets.
        stats: the figures of the project, a tab beside the classes.
    """

    def __init__(
        self,
        images: ImageListPanel,
        actions: Actions,
        core: Core,
        *,
        canvas: Canvas,
        messages: MessageLink,
        tabs: QTabWidget,
        theme: Theme,
        settings: Settings,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.chosen = ReviewLink(images, actions, core, window)
        self.walk_bar, self.difference_bar = DoubtBar(), DifferenceBar()
        keys = WalkKeys(actions, core, canvas)
        self.walk = WalkLink(self.walk_bar, images, actions, core, canvas=canvas, keys=keys)
        self.differences = DifferenceLink(
            self.difference_bar, actions, core, canvas=canvas, keys=keys
        )
        self.walk.controller.stateChanged.connect(self._make_way)
        self.bars = (self.walk_bar, self.difference_bar)
        self.comparison = ComparisonLink(
            window, actions, core, differences=self.differences, settings=settings
        )
        self.stats = StatsPanel()
        tabs.addTab(self.stats, self.tr("Stats"))
        self.statistics = StatsLink(self.stats, images, core, theme)
        self.statistics.controller.failed.connect(messages.show_error)
        actions["statistics"].triggered.connect(lambda: tabs.setCurrentWidget(self.stats))
        self.teach_order = TeachOrderLink(images, core)
        self.teach_order.controller.failed.connect(messages.show_error)
        self.teach_order.controller.notice.connect(messages.show_notice)
        core.review.failed.connect(messages.show_error)
        self.differences.difference.failed.connect(messages.show_error)
        for controller in (self.walk.controller, self.differences.controller):
            controller.failed.connect(messages.show_error)
            controller.ended.connect(messages.show_notice)

    def _make_way(self, doubts: WalkState | None) -> None:
        """What is doubted is shown on the labels, not on their differences."""
        if doubts is not None:
            self.differences.close()
