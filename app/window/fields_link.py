"""Ties the page of receptive fields to its controllers, the canvas and the figure window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.canvas.box_drawing import BoxDrawing
from app.canvas.field_marks import FieldMarks
from app.controllers.fields import FieldsController
from app.field_choices import FieldChoices
from app.inference.inquiries.fields import Fields
from app.inference.requests import ModelInfo, Point
from app.panels.fields import FieldsPanel
from app.window.fields_compare_link import FieldsCompareLink
from app.window.fields_figures import figure_maker, numbers_of
from app.window.fields_words import figure_rows, half_caption, target_titles
from app.window.figures import Figures
from segcore.geometry import Box

if TYPE_CHECKING:
    from app.window.inspect_pages import Surroundings

_WARM_UP_AFTER_MS = 800
"""After the first model is there, and the first prediction well on its way."""


class FieldsLink(QObject):
    """Passes the page's wishes on, and shows the answers on page and canvas."""

    def __init__(self, panel: FieldsPanel, surroundings: Surroundings) -> None:
        super().__init__(panel)
        core = surroundings.core
        self._panel = panel
        self._canvas = surroundings.canvas
        self._view_state = core.view_state
        self._inspection = core.inspection
        self._lay_over = surroundings.lay_over
        self._window = surroundings.window
        self._laying = False
        self._shown: Fields | None = None
        self._of_average = False
        self._warmed_up = False
        self._average: Fields | None = None
        self._box: Box | None = None
        self.controller = FieldsController(
            core.document, core.session, core.client, core.inspection, self
        )
        self.box_drawing = BoxDrawing(self._canvas, self)
        core.document.imageChanged.connect(self._forget_box)
        core.client.modelLoaded.connect(self._show_model)
        self._connect_panel()
        self._connect_answers()
        self._connect_average()
        self.comparison = FieldsCompareLink(panel, self.controller, surroundings)
        panel.installEventFilter(self)

    def eventFilter(self, _panel: QObject, event: QEvent) -> bool:
        """Qt: ask only while somebody looks."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self.controller.set_active(event.type() == QEvent.Type.Show)
        return False

    def _connect_panel(self) -> None:
        panel = self._panel
        panel.heatMapRequested.connect(self._show_over_picture)
        panel.chosenChanged.connect(self._show_marks)
        panel.marksRequested.connect(self._show_marks)
        panel.queryToolRequested.connect(self._take_query_tool)
        panel.otherSourceRequested.connect(self._show_other)
        panel.boxToolRequested.connect(self.box_drawing.set_on)
        panel.boxRemovalRequested.connect(self._forget_box)
        panel.figureRequested.connect(self._open_figure)
        panel.choices.choicesRequested.connect(self.controller.set_choices)
        self.box_drawing.changed.connect(self._show_growing_box)
        self.box_drawing.drawn.connect(self._take_box)
        self.box_drawing.ended.connect(self._end_box)

    def _connect_answers(self) -> None:
        controller = self.controller
        controller.asked.connect(self._wait_for_pixel)
        controller.pixelChanged.connect(self._show_pixel)
        controller.refused.connect(self._show_refusal)
        controller.emptied.connect(self._show_nothing)
        controller.choicesChanged.connect(self._follow_choices)
        self._inspection.heatMapChosen.connect(self._follow_chosen)

    def _connect_average(self) -> None:
        section, controller = self._panel.average, self.controller
        section.averageRequested.connect(self._begin_average)
        section.pauseRequested.connect(controller.pause_average)
        section.stopRequested.connect(controller.stop_average)
        controller.averageBegun.connect(self._show_average_begun)
        controller.averageAdvanced.connect(section.set_progress)
        controller.averageChanged.connect(self._show_average)
        controller.averageEnded.connect(self._show_average_end)
        controller.averageRefused.connect(section.say)

    def _show_model(self, info: ModelInfo) -> None:
        if not self._warmed_up:
            self._warmed_up = True
            QTimer.singleShot(_WARM_UP_AFTER_MS, Figures.of(self._window).maker.warm_up)
        self._panel.choices.set_classes([each.name for each in info.classes])

    def _wait_for_pixel(self, point: Point) -> None:
        self._of_average = False
        self._say_pixel(point)
        self._panel.set_waiting()

    def _show_pixel(self, fields: Fields, point: Point) -> None:
        if not self._of_average:
            self._say_pixel(point)
            self._show(fields, point)

    def _say_pixel(self, point: Point) -> None:
        title = self.tr("Pixel {}, {}").format(*point)
        has_average = self._average is not None and bool(self._average.maps)
        self._panel.set_source(title, of_pixel=True, has_other=has_average)

    def _show_refusal(self, sentence: str) -> None:
        self._show_nothing()
        self._panel.set_source(self.tr("No receptive field"), sentence, of_pixel=True)

    def _show_nothing(self) -> None:
        if not self._of_average:
            self._shown = None
            self._panel.clear()
            self._show_marks()

    def _show_other(self) -> None:
        if self._of_average:
            self._show_pixel_again()
        elif self._average is not None:
            self._of_average = True
            self._show_average(self._average)

    def _show_pixel_again(self) -> None:
        self._of_average = False
        pixel, point = self.controller.pixel, self._inspection.point
        if pixel is not None and point is not None:
            self._show_pixel(pixel, point)
        else:
            self._show_nothing()
            self.controller.ask()

    def _show(self, fields: Fields, point: Point | None) -> None:
        self._shown = fields
        captions = {name: half_caption(each) for name, each in fields.figures.items()}
        self._panel.show_maps(
            fields.maps, target_titles(fields.maps), captions, point, small=fields.small
        )
        self._show_figures()
        self._show_marks()

    def _show_figures(self) -> None:
        if self._shown is not None:
            self._panel.show_figures(figure_rows(self._shown, self._box))

    def _follow_choices(self, choices: FieldChoices) -> None:
        """Another display is shown at once; other values are on their way."""
        self._panel.set_choices(choices)
        if self._shown is not None:
            point = None if self._of_average else self._inspection.point
            self._show(self._shown, point)

    def _show_over_picture(self, heat_map: object, kind: str) -> None:
        self._laying = True
        self._lay_over(heat_map, kind)  # type: ignore[arg-type]
        self._laying = False

    def _follow_chosen(self, _heat_map: object) -> None:
        """Another page laid a map over the picture, or took it away."""
        if not self._laying and self._panel.chosen:
            self._panel.forget_choice()

    def _show_marks(self, *_changed: object) -> None:
        shown, target = self._shown, self._panel.chosen
        marks = FieldMarks(box=self._box)
        if shown is not None and target in shown.maps and self._panel.marks.isChecked():
            marks = FieldMarks(centroid_on_picture(shown, target), shown.squares[target], self._box)
        self._canvas.set_field_marks(marks)

    def _show_growing_box(self, box: Box) -> None:
        self._canvas.set_field_marks(FieldMarks(box=box))

    def _take_box(self, box: Box) -> None:
        self._box = box
        self._show_figures()

    def _end_box(self) -> None:
        self._panel.set_box(self._box)
        self._show_marks()

    def _forget_box(self) -> None:
        self.box_drawing.set_on(False)
        self._box = None
        self._panel.set_box(None)
        self._show_figures()
        self._show_marks()

    def _begin_average(self, which: str, most: int, at_pixel: bool) -> None:
        self.controller.average(which, most, at_pixel=at_pixel)

    def _show_average_begun(self, count: int) -> None:
        section = self._panel.average
        self._of_average, self._average = True, None
        section.set_running(running=True)
        section.set_progress(0, count, None)

    def _show_average(self, fields: Fields) -> None:
        self._average = fields
        if not (fields.maps and self._of_average):
            return
        title = self.tr("Average over {} of {} pictures").format(len(fields.pictures), fields.total)
        self._panel.set_source(
            title,
            self._skipped_words(fields),
            of_pixel=False,
            has_other=self._inspection.point is not None,
        )
        self._show(fields, None)

    def _show_average_end(self, fields: Fields | None) -> None:
        section = self._panel.average
        section.set_running(running=False)
        if fields is None or not fields.pictures:
            section.say(self.tr("Stopped before the first picture."))
            return
        count, done = len(fields.pictures), len(fields.pictures) + len(fields.skipped)
        averaged = self.tr("The field of 1 picture, no average.")
        if count != 1:
            averaged = self.tr("Averaged over {} pictures.").format(count)
        words = (
            averaged
            if done >= fields.total
            else self.tr("Stopped after {} of {} pictures; the average so far is kept.").format(
                done, fields.total
            )
        )
        skipped = self._skipped_words(fields)
        section.say(f"{words} {skipped}".strip(), "\n".join(fields.skipped))

    def _skipped_words(self, fields: Fields) -> str:
        count = len(fields.skipped)
        if not count:
            return ""
        first = fields.skipped[0]
        if count == 1:
            return self.tr("Left out: {}").format(first)
        return self.tr("{} left out; the first: {}").format(count, first)

    def _open_figure(self) -> None:
        shown, model = self._shown, self.controller.model
        if shown is None or model is None:
            return
        title = self._panel.source.text()
        if not self._of_average:
            title = f"{shown.pictures[0]}, {title}"
        asked = shown.settings["point"]
        point = None if asked is None else (int(asked[0]), int(asked[1]))
        rows = [(model.name, shown)]
        maker = figure_maker(rows, point, self.controller.choices.display, title=title)
        heading = self.tr("Receptive fields, {}").format(title)
        Figures.of(self._window).show_figure(heading, maker, numbers_of(rows, self._box))

    def _take_query_tool(self) -> None:
        self._view_state.tool = "query"
        self._canvas.setFocus()


def centroid_on_picture(fields: Fields, target: str) -> tuple[float, float]:
    """The centroid of a map, in the picture's pixels from its corner."""
    heat_map = fields.maps[target]
    rows, columns = heat_map.shape
    x, y = fields.figures[target].centroid
    box = heat_map.box
    return (
        box.x0 + (x + 0.5) * box.width / columns,
        box.y0 + (y + 0.5) * box.height / rows,
    )


def build_fields_page(surroundings: Surroundings) -> QWidget:
    """The page of the Inspect tab."""
    panel = FieldsPanel()
    FieldsLink(panel, surroundings)  # the panel's child
    return panel
