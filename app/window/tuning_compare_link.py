"""Ties the preview of a fine-tuning to the canvas and to the pages that compare two models."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QTabWidget

from app.canvas.canvas import Canvas
from app.controllers.asking import Asking
from app.controllers.fine_tuning import FineTuningController
from app.controllers.flip_map import FlipMapController
from app.figure_files import FigureNumbers
from app.inference.inquiries.attention_compare import CompareAttention, ComparedAttention
from app.inference.inquiries.flips import FlipMap
from app.inference.requests import ModelSpec, Point
from app.panels.fields import FieldsPanel
from app.panels.teach_tuning import FLIP_COLOURS, TuningSection
from app.window.core import Core
from app.window.figures import Figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class TuningCompareLink(QObject):
    """Lays over the picture what flips, and opens fields and attention of both models."""

    def __init__(
        self,
        section: TuningSection,
        tuning: FineTuningController,
        core: Core,
        *,
        canvas: Canvas,
        tabs: QTabWidget,
    ) -> None:
        super().__init__(section)
        self._section = section
        self._tuning = tuning
        self._core = core
        self._canvas = canvas
        self._tabs = tabs
        self.controller = FlipMapController(core.document, core.session, core.client, self)
        self._attention = Asking(core.client, self)
        section.flipsRequested.connect(self.controller.want)
        section.fieldsRequested.connect(self._show_fields)
        section.attentionRequested.connect(self._ask_attention)
        tuning.outcomeChanged.connect(lambda *_: self._follow_outcome())
        self.controller.found.connect(self._show_flips)
        self.controller.refused.connect(section.set_words)
        self._attention.answered.connect(self._show_attention)
        self._attention.refused.connect(lambda text, _more: section.set_words(text))
        core.assisting.previewChanged.connect(self._lay_again)

    def _follow_outcome(self) -> None:
        self.controller.set_models(self._tuning.compared)

    def _show_flips(self, found: FlipMap | None) -> None:
        self._section.set_flips(None if found is None else found.flips)
        self._lay()

    def _lay_again(self, preview: object) -> None:
        """What a tool proposed lay there instead."""
        if preview is None and self.controller.shown is not None:
            QTimer.singleShot(0, self, self._lay)

    def _lay(self) -> None:
        if self._core.assisting.preview is None:
            shown = self.controller.shown
            levels = None if shown is None else shown.levels
            self._canvas.set_preview(levels, np.array(FLIP_COLOURS, np.uint8))

    def _show_fields(self) -> None:
        """Both models as rows of the page that compares fields, and at once the figure."""
        models, panel = self._tuning.compared, self._tabs.window().findChild(FieldsPanel)
        if models is None or not isinstance(panel, FieldsPanel):
            return
        self._choose_point()
        for spec in models:
            panel.compare.add_row(spec.source, _name(spec))
        keys = panel.compare.keys
        panel.compare.rows.clearSelection()
        for spec in models:
            panel.compare.rows.item(keys.index(spec.source)).setSelected(True)
        panel.compare.over.setCurrentIndex(panel.compare.over.findData("pixel"))
        panel.compare.compare.click()

    def _ask_attention(self) -> None:
        models, document = self._tuning.compared, self._core.document
        point = self._choose_point()
        if models is not None and document.image is not None and point is not None:
            name = document.name or ""
            self._attention.ask(CompareAttention(models, name, document.image, point))

    def _choose_point(self) -> Point | None:
        """The queried pixel; where there is none, the middle of the picture is asked about."""
        inspection, image = self._core.inspection, self._core.document.image
        if inspection.point is None and image is not None:
            inspection.query(image.shape[1] // 2, image.shape[0] // 2)
        return inspection.point

    def _show_attention(self, inquiry: CompareAttention, found: ComparedAttention) -> None:
        before, after = (_name(spec) for spec in inquiry.models)
        title = self.tr("Attention of {} (A) and {} (B), {}, pixel {}, {}").format(
            before, after, inquiry.image_name, *inquiry.point
        )
        figure = _figure_maker(inquiry, found, title)
        arrays = {
            f"{side}_stage{one.stage}_block{one.block}": one.values
            for side, maps in zip("AB", found.maps)
            for one in maps
        }
        numbers = FigureNumbers(arrays, settings={"A": before, "B": after})
        Figures.of(self._tabs.window()).show_figure(title, figure, numbers)


def _figure_maker(
    inquiry: CompareAttention, found: ComparedAttention, title: str
) -> Callable[[], Figure]:
    def make() -> Figure:
        from segcore.inspection.attention_compare import comparison_picture

        return comparison_picture(*found.maps, inquiry.image, found.box, title=title)

    return make


def _name(spec: ModelSpec) -> str:
    return spec.source.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
