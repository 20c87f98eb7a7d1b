"""Ties the page that explains a pixel to its controllers, the canvas and the actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTabWidget, QWidget

from app.canvas.native_grid import NativeGridLayer
from app.controllers.explain import ExplainController
from app.controllers.what_if import WhatIfController
from app.inference.inquiries.explain import Hidden, Sized, Why
from app.lay_under import LabelMap
from app.panels.why import WhyPanel
from app.panels.why_sizes import SizeRow
from app.user_error import UserError
from app.window.label_preview import LabelPreview
from segcore.geometry import Box
from segcore.heatmap import HeatMap

if TYPE_CHECKING:
    from app.window.inspect_pages import Surroundings
    from segcore.inspection import NativeGrid


class WhyLink(QObject):
    """Passes the page's wishes on, and shows the answers on page and canvas."""

    def __init__(self, panel: WhyPanel, surroundings: Surroundings) -> None:
        super().__init__(panel)
        core = surroundings.core
        self._panel = panel
        self._core = core
        self._canvas = surroundings.canvas
        self._lay_over = surroundings.lay_over
        self._hidden: Hidden | None = None
        self._sizes: tuple[Sized, ...] = ()
        self._laid: HeatMap | None = None
        self.explain = ExplainController(core.document, core.client, core.inspection, self)
        self.what_if = WhatIfController(core.document, core.client, core.inspection, self)
        self.preview = LabelPreview(core.document, core.view_state, self._canvas, self)
        self.preview.ended.connect(self._unmark_previews)
        self._connect_explanation()
        self._connect_hiding()
        self._connect_sizes()
        grid = surroundings.window.findChild(QAction, "action.native_grid")
        if grid is not None:
            grid.toggled.connect(self.explain.want_grid)

    def _connect_explanation(self) -> None:
        panel, explain = self._panel, self.explain
        panel.visibilityChanged.connect(explain.set_active)
        panel.queryToolRequested.connect(self._take_query_tool)
        panel.without.previewRequested.connect(self._show_without)
        panel.without.replacementRequested.connect(self._set_replacement)
        explain.asking.connect(panel.set_asking)
        explain.explained.connect(self._show_explanation)
        explain.refused.connect(panel.say)
        explain.emptied.connect(panel.clear)
        explain.withoutFound.connect(self._lay_without)
        explain.gridFound.connect(self._show_grid)
        explain.failed.connect(self._tell_failure)

    def _connect_hiding(self) -> None:
        section, what_if = self._panel.hiding, self.what_if
        section.toolRequested.connect(self._take_region_tool)
        section.fillingRequested.connect(what_if.set_filling)
        section.undoRequested.connect(what_if.unhide)
        section.changeRequested.connect(self._lay_change)
        section.peekRequested.connect(self._peek)
        section.peekEnded.connect(self._end_peek)
        self._canvas.regionRequested.connect(self._hide)
        what_if.regionChanged.connect(self._canvas.set_hidden_region)
        what_if.hidden.connect(self._show_hidden)
        what_if.hiding.busyChanged.connect(self._show_hiding)
        what_if.hiding.progressed.connect(section.set_waiting)
        what_if.hiding.refused.connect(self._refuse_hiding)
        self._core.inspection.heatMapChosen.connect(self._follow_heat_map)

    def _connect_sizes(self) -> None:
        section, what_if = self._panel.sizes, self.what_if
        section.studyRequested.connect(what_if.study_sizes)
        section.cancelRequested.connect(what_if.sizing.call_off)
        section.previewRequested.connect(self._show_size)
        what_if.sizing.busyChanged.connect(lambda busy: section.set_busy(busy=busy))
        what_if.sizing.progressed.connect(
            lambda done, total: section.set_busy(busy=True, done=done, total=total)
        )
        what_if.sized.connect(self._show_sizes)
        what_if.sizing.refused.connect(self._tell_failure)

    def _show_explanation(self, why: Why, right: int | None) -> None:
        own = self._core.document.classes
        colors = {}
        for info in why.classes:
            known = own.id_of(info.name)
            colors[info.id] = info.color if known is None else own[known].color
        self._panel.set_explanation(why.explanation, why.without, colors, right)

    def _show_without(self, stage: int) -> None:
        self.preview.end()
        self.explain.forget_without()
        if stage:
            self._panel.without.set_chosen(stage)
            self.explain.show_without(stage)

    def _set_replacement(self, name: str) -> None:
        self.preview.end()
        self.explain.set_replacement("mean" if name == "mean" else "zero")

    def _lay_without(self, stage: int, labels: LabelMap) -> None:
        self.preview.show(labels)
        self._panel.without.set_chosen(stage)

    def _show_grid(self, grid: NativeGrid | None) -> None:
        layer = None if grid is None else NativeGridLayer(grid.labels, grid.width, grid.height)
        self._canvas.set_native_grid(layer)

    def _hide(self, region: Box) -> None:
        if self._core.inspection.point is None:
            # Without a question there is nothing to compare: ask about the region's middle.
            self._core.inspection.query((region.x0 + region.x1) // 2, (region.y0 + region.y1) // 2)
        self._bring_to_front()
        self.what_if.hide(region)

    def _bring_to_front(self) -> None:
        """Show the page, and the tab that it is in."""
        page: QWidget | None = self._panel
        while page is not None:
            stack = page.parentWidget()
            tabs = None if stack is None else stack.parentWidget()
            if isinstance(tabs, QTabWidget):
                tabs.setCurrentWidget(page)
            page = stack

    def _show_hiding(self, busy: bool) -> None:
        if busy:
            self._panel.hiding.set_waiting()
        elif self._hidden is None and self.what_if.region is not None:
            self._panel.hiding.set_refusal(self.tr("Called off: draw the box again to ask."))

    def _show_hidden(self, found: Hidden | None) -> None:
        chosen = self._chosen_change()
        self._hidden = found
        if found is None:
            self._lay_change("")
            if self.what_if.region is None:
                self._panel.hiding.clear()
            return
        self._panel.hiding.set_answer(found.names, found.confidences, found.flipped)
        if chosen:
            self._panel.hiding.set_change(chosen)
            self._lay_change(chosen)

    def _refuse_hiding(self, sentence: str, _details: str) -> None:
        self._panel.hiding.set_refusal(sentence)

    def _chosen_change(self) -> str:
        changes = self._panel.hiding.changes
        return next((name for name, button in changes.items() if button.isChecked()), "")

    def _lay_change(self, name: str) -> None:
        """Lay what changed over the picture, or take away what this page laid there."""
        if name and self._hidden is not None:
            laid = self._hidden.maps[name]
            self._laid = laid
            self._lay_over(laid, "linear")
        elif self._laid is not None:
            self._laid = None
            self._lay_over(None, "linear")

    def _follow_heat_map(self, heat_map: HeatMap | None) -> None:
        """Another page laid something else there."""
        if heat_map is not self._laid:
            self._laid = None
            self._panel.hiding.set_change("")

    def _peek(self) -> None:
        if self._hidden is not None:
            self._canvas.show_instead(self._hidden.image)

    def _end_peek(self) -> None:
        self._canvas.show_instead(None)

    def _show_sizes(self, found: tuple[Sized, ...] | None) -> None:
        self._sizes = found or ()
        self._panel.sizes.set_rows([self._row(one) for one in self._sizes])

    def _row(self, one: Sized) -> SizeRow:
        figures = one.figures
        size = f"{figures.size[1]} × {figures.size[0]}"
        agreement, confidence = f"{100 * figures.agreement:.1f}", f"{100 * figures.confidence:.0f}"
        judged = ""
        if figures.miou is not None:
            judged = self.tr(", mIoU {:.1f} %").format(100 * figures.miou)
        return SizeRow(
            self.tr("{} px, {:g} times").format(size, figures.scale),
            self.tr("{} % alike{}, {:.1f} s").format(agreement, judged, figures.seconds),
            self.tr(
                "At {} pixels {} % of the labels are those of the picture's own size; mean "
                "confidence {} %{}; {:.1f} seconds"
            ).format(size, agreement, confidence, judged, figures.seconds),
            one.thumbnail,
        )

    def _show_size(self, number: int) -> None:
        self.preview.end()
        if number >= 0:
            self.preview.show(self._sizes[number].labels)
            self._panel.sizes.set_chosen(number)

    def _unmark_previews(self) -> None:
        self._panel.without.set_chosen(0)
        self._panel.sizes.set_chosen(-1)

    def _take_query_tool(self) -> None:
        self._core.view_state.tool = "query"
        self._canvas.setFocus()

    def _take_region_tool(self) -> None:
        self._core.view_state.tool = "region"
        self._canvas.setFocus()

    def _tell_failure(self, sentence: str, details: str) -> None:
        self._core.inspection.failed.emit(UserError(sentence, details))


def build_why_page(surroundings: Surroundings) -> QWidget:
    """The page of the Inspect tab."""
    panel = WhyPanel()
    WhyLink(panel, surroundings)  # the panel's child
    return panel
