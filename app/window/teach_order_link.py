"""Ties the list's order "Would teach most first" to the model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject

from app.controllers.teach_order import TeachOrderController
from app.panels.images import ImageListPanel
from app.window.core import Core
from segcore.review.picture_table import Order

ORDER: Order = "teaches"


class TeachOrderLink(QObject):
    """Has the order found when it is chosen, and no longer when another one is."""

    def __init__(self, panel: ImageListPanel, core: Core) -> None:
        super().__init__(panel)
        self._panel = panel
        self.controller = TeachOrderController(core.session, core.client, self)
        self.controller.ranksFound.connect(self._show)
        panel.orderRequested.connect(self._follow)

    def _follow(self, order: str) -> None:
        if order == ORDER:
            self.controller.ask()
        else:
            self.controller.call_off()

    def _show(self, ranks: npt.NDArray[np.int64]) -> None:
        self._panel.set_ranks(ranks, ORDER)
