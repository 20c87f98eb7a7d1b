"""The parts of the window with which a person goes through a data set."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QTabWidget, QWidget

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.panels.images import ImageListPanel
from app.panels.review_bar import WalkBar
from app.panels.stats import StatsPanel
from app.theme import Theme
from app.window.core import Core
from app.window.review_link import ReviewLink
from app.window.stats_link import StatsLink
from app.window.status_link import MessageLink
from app.window.walk_link import WalkLink


class ReviewParts(QObject):
    """Builds the links of the Review menu.

    Attributes:
        walk_bar: the bar of a walk, to be put over the canvas.
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
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.chosen = ReviewLink(images, actions, core, window)
        self.walk_bar = WalkBar()
        self.walk = WalkLink(self.walk_bar, images, actions, core, canvas)
        self.stats = StatsPanel()
        tabs.addTab(self.stats, self.tr("Stats"))
        self.statistics = StatsLink(self.stats, images, core, theme)
        self.statistics.controller.failed.connect(messages.show_error)
        actions["statistics"].triggered.connect(lambda: tabs.setCurrentWidget(self.stats))
        controller = self.walk.controller
        core.review.failed.connect(messages.show_error)
        controller.failed.connect(messages.show_error)
        controller.ended.connect(messages.show_notice)
