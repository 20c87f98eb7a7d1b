"""The stages side by side in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.stage_views import STAGES, NetworkNumbers, Place

if TYPE_CHECKING:
    from segcore.inspection import StageFacts

_ROW_HEIGHT = 19
_TITLE_WIDTH = 44
_NONE = "–"
_TO_COME = "…"


class StageTable(QTableWidget):
    """A column a stage and one for the head; choosing a cell asks for its stage."""

    targetRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stages.table")
        self.setAccessibleName(self.tr("Numbers of the stages"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectColumns)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setStyleSheet(
            "QTableView { font-size: 10px; } QTableView::item { padding: 0 1px; }"
            "QHeaderView::section { font-size: 10px; font-weight: normal; padding: 1px 2px; }"
        )
        self.setColumnCount(len(STAGES) + 1)
        self.setHorizontalHeaderLabels([*(str(i + 1) for i in range(len(STAGES))), self.tr("head")])
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setMinimumSectionSize(20)
        self.verticalHeader().setFixedWidth(_TITLE_WIDTH)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.verticalHeader().setMinimumSectionSize(_ROW_HEIGHT)
        titles = self._titles()
        self.setRowCount(len(titles))
        for row, (title, meaning) in enumerate(titles):
            header = QTableWidgetItem(title)
            header.setToolTip(meaning)
            self.setVerticalHeaderItem(row, header)
        self.setFixedHeight(len(titles) * _ROW_HEIGHT + 25)
        self.currentCellChanged.connect(self._report)

    def set_numbers(self, numbers: NetworkNumbers | None) -> None:
        """Show these, or nothing."""
        with QSignalBlocker(self):
            for column in range(self.columnCount()):
                row = None
                if numbers is not None and column < len(numbers.rows):
                    row = numbers.rows[column]
                self._fill(column, row)

    @property
    def timed(self) -> bool:
        """Whether the times are there, which come last."""
        cells = [self.item(self.rowCount() - 1, column) for column in range(self.columnCount())]
        return all(cell is not None and cell.text() not in ("", _TO_COME) for cell in cells)

    def set_place(self, place: Place) -> None:
        """Mark the column of a stage, or the head's."""
        column = place.stage - 1 if place.stage else len(STAGES)
        with QSignalBlocker(self):
            self.setCurrentCell(max(self.currentRow(), 0), column)

    def _fill(self, column: int, facts: StageFacts | None) -> None:
        cells = [("", "")] * self.rowCount() if facts is None else _cells(facts)
        for row, (short, exact) in enumerate(cells):
            item = QTableWidgetItem(short)
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            item.setToolTip(exact)
            self.setItem(row, column, item)

    def _report(self, _row: int, column: int, _row_before: int, column_before: int) -> None:
        if column >= 0 and column != column_before:
            self.targetRequested.emit([*STAGES, "head"][column])

    def _titles(self) -> list[tuple[str, str]]:
        return [
            ("h", self.tr("Rows of the output")),
            ("w", self.tr("Columns of the output")),
            ("C", self.tr("Channels of the output")),
            ("R", self.tr("Keys are reduced by R on each axis")),
            ("N", self.tr("Tokens: one query each")),
            (self.tr("keys"), self.tr("Keys that every query is compared with: N / R²")),
            (self.tr("heads"), self.tr("Heads of attention")),
            (self.tr("blocks"), self.tr("Transformer blocks, L")),
            (self.tr("weights"), self.tr("Parameters")),
            (self.tr("MACs"), self.tr("Multiply-accumulates for this picture")),
            (self.tr("time"), self.tr("Measured on this picture, fp32, the network alone")),
        ]


def _cells(facts: StageFacts) -> list[tuple[str, str]]:
    """What a cell shows and its exact value, from the first row to the last."""
    channels, height, width = facts.shape
    counts = (facts.ratio, facts.tokens, facts.keys, facts.heads, facts.blocks)
    seconds = _TO_COME if facts.seconds is None else duration(facts.seconds)
    return [
        *((str(side), "") for side in (height, width, channels)),
        *((_short(count), f"{count:,}") if count else (_NONE, "") for count in counts),
        (magnitude(facts.parameters), f"{facts.parameters:,}"),
        (magnitude(facts.macs), f"{facts.macs:,}"),
        (seconds, seconds),
    ]


def magnitude(count: int) -> str:
    """`164 k`, `1.97 M`, `0.55 G`: three figures."""
    for limit, unit in ((5e8, "G"), (5e5, "M"), (5e2, "k")):
        if count >= limit:
            value = 1000 * count / {"G": 1e12, "M": 1e9, "k": 1e6}[unit]
            digits = 2 if value < 10 else 1 if value < 100 else 0
            return f"{value:.{digits}f} {unit}"
    return str(count)


def duration(seconds: float) -> str:
    """`0.8 ms`, `45 ms`, `1.3 s`."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.1f} ms"


def _short(count: int) -> str:
    return f"{count:,}" if count < 100_000 else f"{count / 1000:.0f} k"
