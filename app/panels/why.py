"""Why one pixel got its class: who competed, which stage decided it, and what would be if."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.panels.why_bars import ClassBar, ClassBars, per_cent
from app.panels.why_hide import HideSection
from app.panels.why_sizes import SizesSection
from app.panels.why_stages import Chip, WithoutSection
from app.panels.why_terms import Term, TermBars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segcore.inspection import Explanation, WithoutStage

Color = tuple[int, int, int]

SHOWN = 5
"""Classes that are shown until more are asked for."""


class WhyPanel(QWidget):
    """Shows an explanation; the winner is compared with the class that a person picks.

    `visibilityChanged` says whether somebody looks.
    """

    queryToolRequested = Signal()
    visibilityChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.why")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._found: Explanation | None = None
        self._colors: Mapping[int, Color] = {}
        self._right: int | None = None

        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget(area)
        body.setObjectName("panel.why_body")
        self.body = body  # everything that scrolls
        self._layout = QVBoxLayout(body)
        self._layout.setContentsMargins(10, 10, 10, 10)
        self._layout.setSpacing(8)
        area.setWidget(body)
        outer.addWidget(area)

        self._add_head(body)
        self._add_answer(body)
        self.hiding, self.sizes = HideSection(body), SizesSection(body)
        for section in (self.hiding, self.sizes):
            self._layout.addSpacing(8)
            self._layout.addWidget(section)
        self._layout.addStretch(1)
        self.clear()

    def clear(self) -> None:
        """Forget the pixel."""
        self._found = None
        self._answer.hide()
        self.hiding.hide()
        self.say(self.tr("Take the query tool and click a pixel to see why it got its class."))
        self.query_button.show()

    def say(self, sentence: str) -> None:
        """Show a sentence in the place of an answer."""
        self._answer.hide()
        self.headline.setText(sentence)

    def set_asking(self, point: tuple[int, int]) -> None:
        """A pixel is asked about; what was known of another one is greyed out."""
        self.query_button.hide()
        self.hiding.show()
        if self._found is None:
            self.headline.setText(self.tr("Pixel {}, {} …").format(*point))
        self._answer.setEnabled(False)

    def set_explanation(
        self,
        found: Explanation,
        without: Sequence[WithoutStage],
        colors: Mapping[int, Color],
        right: int | None,
    ) -> None:
        """Show a pixel's classes, each in its colour; `right` is the id that a person gave it."""
        same = self._found is not None and self._found.point == found.point
        chosen = self.right.currentData() if same and self._right is None else None
        self._found, self._colors, self._right = found, colors, right
        x, y = found.point
        confidence = per_cent(found.confidence)
        self.headline.setText(
            self.tr("Pixel {}, {}: {}, {}").format(x, y, found.winner.name, confidence)
        )
        self.notes.setText(" ".join(found.notes))
        self.notes.setVisible(bool(found.notes))
        self._show_classes()
        self._offer_rivals(right if right is not None else chosen)
        self.without.set_chips(
            [
                Chip(
                    one.stage,
                    one.winner.name,
                    one.winner.probability,
                    one.winner.id != found.winner.id,
                )
                for one in without
            ]
        )
        self.query_button.hide()
        self.hiding.show()
        self._answer.show()
        self._answer.setEnabled(True)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: somebody looks."""
        super().showEvent(event)
        self.visibilityChanged.emit(self.isVisible())

    def hideEvent(self, event: QHideEvent) -> None:
        """Qt: nobody looks any more."""
        super().hideEvent(event)
        self.visibilityChanged.emit(self.isVisible())

    def _add_head(self, body: QWidget) -> None:
        self.headline = QLabel(body)
        self.headline.setObjectName("why.headline")
        self.headline.setProperty("role", "heading")
        self.headline.setWordWrap(True)
        self.query_button = QPushButton(self.tr("Query tool  (Q)"), body)
        self.query_button.setObjectName("why.query_tool")
        self.query_button.clicked.connect(self.queryToolRequested)
        self._layout.addWidget(self.headline)
        self._layout.addWidget(self.query_button, 0, Qt.AlignmentFlag.AlignLeft)

    def _add_answer(self, body: QWidget) -> None:
        self._answer = QWidget(body)
        layout = QVBoxLayout(self._answer)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self.notes = QLabel(self._answer)
        self.notes.setObjectName("why.notes")
        self.notes.setProperty("role", "muted")
        self.notes.setWordWrap(True)
        self.classes = ClassBars(self._answer)
        self.more = QPushButton(self._answer)
        self.more.setObjectName("why.more")
        self.more.setProperty("flatLink", "true")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_classes)
        versus = QLabel(self.tr("Against"), self._answer)
        versus.setProperty("role", "heading")
        self.right = QComboBox(self._answer)
        self.right.setObjectName("why.right")
        self.right.setAccessibleName(self.tr("The right class"))
        self.right.setToolTip(self.tr("The class that would be right here, or another one"))
        self.right.setMinimumContentsLength(8)
        self.right.currentIndexChanged.connect(self._pick_rival)
        self.right.activated.connect(self._pick_rival)
        versus.setBuddy(self.right)
        self.cause = QLabel(self._answer)
        self.cause.setObjectName("why.cause")
        self.cause.setWordWrap(True)
        self.terms = TermBars(self._answer)
        self.without = WithoutSection(self._answer)
        row = QHBoxLayout()
        row.addWidget(versus)
        row.addWidget(self.right, 1)
        layout.addWidget(self.notes)
        layout.addWidget(self.classes)
        layout.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addLayout(row)
        layout.addWidget(self.cause)
        layout.addWidget(self.terms)
        layout.addSpacing(6)
        layout.addWidget(self.without)
        self._layout.addWidget(self._answer)

    def _show_classes(self) -> None:
        if self._found is None:
            return
        scores = self._found.classes
        shown = scores if self.more.isChecked() else scores[:SHOWN]
        self.more.setText(
            self.tr("Fewer")
            if self.more.isChecked()
            else self.tr("{} more").format(len(scores) - SHOWN)
        )
        self.more.setVisible(len(scores) > SHOWN)
        self.classes.set_bars(
            [ClassBar(s.id, s.name, self._colors[s.id], s.probability, s.logit) for s in shown]
        )

    def _offer_rivals(self, chosen: int | None) -> None:
        """Every class but the winner, the likeliest first; one of them chosen."""
        found = self._found
        assert found is not None, "it is called with an explanation"
        with QSignalBlocker(self.right):
            self.right.clear()
            for score in found.classes[1:]:
                self.right.addItem(score.name, score.id)
            self.right.setCurrentIndex(max(self.right.findData(chosen), 0))
        self._show_margin(caused=self._right is not None)

    def _pick_rival(self) -> None:
        self._show_margin(caused=True)

    def _show_margin(self, *, caused: bool) -> None:
        """How the winner came to be ahead; `caused` where the other class is known to be right."""
        rival = self.right.currentData()
        if self._found is None or rival is None:
            self.cause.clear()
            self.terms.set_terms((), ("", ""), ((0, 0, 0), (0, 0, 0)))
            return
        margin = self._found.margin(rival)
        most = margin.terms[margin.cause]
        words = (
            self.tr("{} caused it: {:+.2f} of the {:.2f} by which {} is ahead of {}.")
            if caused
            else self.tr("{} decided it most: {:+.2f} of the {:.2f} by which {} is ahead of {}.")
        )
        self.cause.setText(
            words.format(
                self._title(margin.cause), most, margin.logit, margin.ahead.name, margin.behind.name
            )
        )
        terms = [
            Term(self._title(name), margin.ahead.stages[name], margin.behind.stages[name])
            for name in margin.ahead.stages
        ]
        terms.append(Term(self._title("bias"), margin.ahead.bias, margin.behind.bias))
        names = (margin.ahead.name, margin.behind.name)
        self.terms.set_terms(
            terms, names, (self._colors[margin.ahead.id], self._colors[margin.behind.id])
        )

    def _title(self, term: str) -> str:
        return self.tr("Bias") if term == "bias" else self.tr("Stage {}").format(term[5:])
