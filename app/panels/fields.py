"""The page of effective receptive fields: maps, choices, figures, averages and comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.field_choices import FieldChoices
from app.panels.fields_average import AverageSection
from app.panels.fields_choices import FieldChoicesForm
from app.panels.fields_compare import CompareSection
from app.panels.fields_table import FieldsTable
from app.panels.thumbnails import Thumbnail, ThumbnailGrid
from segcore.geometry import Box
from segcore.heatmap import HeatMap

Point = tuple[int, int]


class FieldsPanel(QWidget):
    """Shows receptive fields; asks for other choices, and for what is to lie over the picture.

    `heatMapRequested` carries a heat map, or None, and how its values fall on the colours;
    `chosenChanged` the target whose map that is, or nothing.
    """

    heatMapRequested = Signal(object, str)
    chosenChanged = Signal(str)
    queryToolRequested = Signal()
    boxToolRequested = Signal(bool)
    boxRemovalRequested = Signal()
    marksRequested = Signal(bool)
    figureRequested = Signal()
    otherSourceRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page.fields")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._maps: dict[str, HeatMap] = {}
        self._titles: dict[str, str] = {}
        self._chosen = ""
        self.choices = FieldChoicesForm(self)
        self.table = FieldsTable(self)
        self.average = AverageSection(self)
        self.compare = CompareSection(self)
        self._add_scrolled_body()
        self._add_hint()
        self._add_maps()
        self._add_figures()
        self._layout.addSpacing(4)
        self._layout.addWidget(self.choices)
        for section in (self.average, self.compare):
            self._layout.addSpacing(4)
            self._layout.addWidget(section)
        self._layout.addStretch(1)
        self.clear()

    @property
    def chosen(self) -> str:
        """The target whose map lies over the picture, or nothing."""
        return self._chosen

    def set_source(
        self, title: str, details: str = "", *, of_pixel: bool, has_other: bool = False
    ) -> None:
        """Say what the maps are of: the queried pixel, or an average over pictures.

        `has_other` says that there is the other one, too, to go to.
        """
        self.source.setText(title)
        self.details.setText(details)
        self.details.setVisible(bool(details))
        self.other.setText(
            self.tr("Show the average") if of_pixel else self.tr("Back to the pixel")
        )
        self.other.setVisible(has_other)
        self._hint.hide()
        self._answer.show()

    def set_waiting(self) -> None:
        """What is shown is of another question until the answer is there."""
        self.maps.setEnabled(False)
        self.table.setEnabled(False)

    def show_maps(
        self,
        maps: Mapping[str, HeatMap],
        titles: Mapping[str, str],
        captions: Mapping[str, str],
        point: Point | None,
        *,
        small: Mapping[str, HeatMap] | None = None,
    ) -> None:
        """Show a map per target; the one that lies over the picture is laid over it anew.

        `small` has maps of fewer cells for the thumbnails.
        """
        self._maps, self._titles = dict(maps), dict(titles)
        display = self.choices.choices.display
        thumbnails = []
        for target in maps:
            caption = captions.get(target, "")
            thumbnails.append(
                Thumbnail(
                    target,
                    f"{titles[target]}\n{caption}" if caption else titles[target],
                    (small or maps)[target],
                    marker=_marker(point, maps[target].box),
                    scale=display,
                )
            )
        self.maps.show_thumbnails(thumbnails, chosen=self._chosen)
        self.maps.setEnabled(True)
        self.table.setEnabled(True)
        self.figure.setEnabled(bool(maps))
        if self._chosen:
            self.choose(self._chosen if self._chosen in maps else "")

    def show_figures(self, rows: Sequence[tuple[str, str, Sequence[str]]]) -> None:
        """Show the figures of the maps: name, tip and a text for each target."""
        self.table.show_figures(list(self._maps), self._titles, rows)
        self.table.setVisible(bool(rows))

    def set_box(self, box: Box | None) -> None:
        """Say that there is a box whose share is measured, or none."""
        self.no_box.setVisible(box is not None)
        self.draw_box.setChecked(False)

    def clear(self) -> None:
        """Forget the query."""
        self._maps.clear()
        self.choose("")
        self.maps.show_thumbnails([])
        self.table.hide()
        self.figure.setEnabled(False)
        self._answer.hide()
        self._hint.show()

    def choose(self, target: str) -> None:
        """Lay the map of one target over the picture; "" takes it away."""
        had_one, self._chosen = bool(self._chosen), target
        self.maps.set_chosen(target)
        heat_map = self._maps.get(target)
        if heat_map is not None:
            self.heatMapRequested.emit(heat_map, self.choices.choices.display)
        elif had_one:
            self.heatMapRequested.emit(None, "linear")
        self.chosenChanged.emit(target)

    def forget_choice(self) -> None:
        """Another page has laid something over the picture."""
        self._chosen = ""
        self.maps.set_chosen("")
        self.chosenChanged.emit("")

    def set_choices(self, choices: FieldChoices) -> None:
        """Show what is chosen."""
        self.choices.set_choices(choices)

    def _add_scrolled_body(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        area = QScrollArea(self)
        area.setObjectName("fields.scroll")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget(area)
        body.setObjectName("panel.fields_body")
        self._layout = QVBoxLayout(body)
        self._layout.setContentsMargins(10, 10, 10, 10)
        self._layout.setSpacing(8)
        area.setWidget(body)
        outer.addWidget(area)

    def _add_hint(self) -> None:
        self._hint = QWidget(self)
        layout = QVBoxLayout(self._hint)
        layout.setContentsMargins(0, 6, 0, 6)
        layout.setSpacing(10)
        words = QLabel(
            self.tr(
                "Click in the picture with the query tool: you will see which part of it reaches "
                "that pixel, stage by stage and through the head. Or average over pictures below."
            ),
            self._hint,
        )
        words.setWordWrap(True)
        words.setProperty("role", "muted")
        self.query_button = QPushButton(self.tr("Query tool  (Q)"), self._hint)
        self.query_button.setObjectName("fields.query_tool")
        self.query_button.clicked.connect(self.queryToolRequested)
        layout.addWidget(words)
        layout.addWidget(self.query_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._layout.addWidget(self._hint)

    def _add_maps(self) -> None:
        self._answer = QWidget(self)
        answer = QVBoxLayout(self._answer)
        answer.setContentsMargins(0, 0, 0, 0)
        answer.setSpacing(6)
        self.source = QLabel(self._answer)
        self.source.setObjectName("fields.source")
        self.source.setProperty("role", "heading")
        self.source.setWordWrap(True)
        self.other = QToolButton(self._answer)
        self.other.setObjectName("fields.other_source")
        self.other.clicked.connect(self.otherSourceRequested)
        self.details = QLabel(self._answer)
        self.details.setObjectName("fields.details")
        self.details.setProperty("role", "muted")
        self.details.setWordWrap(True)
        self.maps = ThumbnailGrid("fields.maps", self._answer)
        self.maps.chosen.connect(self.choose)
        row = QHBoxLayout()
        row.addWidget(self.source, 1)
        row.addWidget(self.other)
        answer.addLayout(row)
        answer.addWidget(self.details)
        answer.addWidget(self.maps)
        self._layout.addWidget(self._answer)

    def _add_figures(self) -> None:
        self.marks = QCheckBox(self.tr("Centroid and 50 % square on the picture"), self)
        self.marks.setObjectName("fields.marks")
        self.marks.setChecked(True)
        self.marks.toggled.connect(self.marksRequested)
        self.draw_box = self._button("draw_box", self.tr("Draw a box"))
        self.draw_box.setCheckable(True)
        self.draw_box.setToolTip(
            self.tr("Drag a box on the picture to see the share of each field inside it")
        )
        self.draw_box.toggled.connect(self.boxToolRequested)
        self.no_box = self._button("no_box", self.tr("No box"))
        self.no_box.clicked.connect(self.boxRemovalRequested)
        self.no_box.hide()
        self.figure = self._button("figure", self.tr("Figure…"))
        self.figure.setToolTip(self.tr("Open these maps as a figure to save"))
        self.figure.clicked.connect(self.figureRequested)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (self.draw_box, self.no_box):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.figure)
        self._layout.addWidget(self.table)
        self._layout.addWidget(self.marks)
        self._layout.addLayout(buttons)

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"fields.{name}")
        return button


def _marker(point: Point | None, box: Box) -> tuple[float, float] | None:
    if point is None or box.is_empty:
        return None
    x = (point[0] + 0.5 - box.x0) / box.width
    y = (point[1] + 0.5 - box.y0) / box.height
    return (x, y) if 0 <= x <= 1 and 0 <= y <= 1 else None
