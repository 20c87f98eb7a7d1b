"""Where the model looks: all heads of a block, compared with another query, over the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.panels.attention_compared import COMPARED, ComparedQueries
from app.panels.attention_spread import SpreadView
from app.panels.attention_words import facts_of, marker_of, titles_of
from app.panels.stage_chooser import StageChooser
from app.panels.thumbnails import Thumbnail, ThumbnailGrid
from segcore.heatmap import HeatMap

if TYPE_CHECKING:
    from segcore.inspection.attention_views import HeadMaps


class AttentionPanel(QWidget):
    """Shows maps and asks for others; `heatMapRequested` carries a heat map to lay over, or None.

    `visibilityChanged` says whether somebody looks.
    """

    viewRequested = Signal(str)
    stageRequested = Signal(int)
    blockRequested = Signal(int)
    heatMapRequested = Signal(object, str)
    pinRequested = Signal(bool)
    liveRequested = Signal(bool)
    lookRequested = Signal(bool, bool)
    queryToolRequested = Signal()
    visibilityChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.attention")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._maps: dict[str, HeatMap] = {}
        self._shown: tuple[HeadMaps, HeadMaps | None] | None = None
        self._chosen = ""
        self._head: int | None = None

        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget(area)
        body.setObjectName("panel.attention_body")
        self._layout = QVBoxLayout(body)
        self._layout.setContentsMargins(10, 10, 10, 10)
        self._layout.setSpacing(8)
        area.setWidget(body)
        outer.addWidget(area)

        self._add_choosers()
        self._add_maps()
        self._add_comparison()
        self._add_look()
        self.spread = SpreadView(body)
        self._layout.addSpacing(6)
        self._layout.addWidget(self.spread)
        self._layout.addStretch(1)
        self.clear()

    def set_structure(self, depths: Sequence[int], heads: Sequence[int]) -> None:
        """Offer the blocks of a model: blocks and heads per stage; without heads, say why not."""
        attends = bool(heads)
        self.stage.set_depths(depths if attends else ())
        for widget in (self.view, self.live, self.spread):
            widget.setEnabled(attends)
        self._words_of_emptiness = (
            self.tr("Take the query tool and click the picture to see where the model looks.")
            if attends
            else self.tr("This network has no attention: choose a SegFormer to see where it looks.")
        )
        self.query_button.setVisible(attends)
        self.message.setText(self._words_of_emptiness)
        if not attends:
            self.clear()

    def set_stage(self, stage: int, block: int) -> None:
        """Show which stage (from 1) and block (from 0) is looked at; its maps are to come."""
        self.stage.set_stage(stage, block)
        self.maps.setEnabled(False)

    def set_view(self, view: str) -> None:
        """Show in which way attention is looked at."""
        with QSignalBlocker(self.view):
            self.view.setCurrentIndex(self.view.findData(view))
        self.stage.set_block_matters(matters=view != "rollout")
        self.maps.setEnabled(False)

    def set_maps(self, maps: HeadMaps, pinned: HeadMaps | None) -> None:
        """Show the maps of a query, and beside them those of the pinned one."""
        self._shown = (maps, pinned)
        named = {"mean": maps.mean} | {f"head{i}": m for i, m in enumerate(maps.heads)}
        self._maps = dict(named)
        self._show_words(facts_of(maps), empty=False)
        self.maps.setEnabled(True)
        self.maps.show_thumbnails(
            [
                Thumbnail(key, title, heat_map, marker=marker_of(maps, heat_map.box))
                for (key, heat_map), title in zip(named.items(), titles_of(maps))
            ],
            chosen=self._chosen,
        )
        self._show_comparison()
        if self._chosen:
            self._lay_over(self._chosen if self._chosen in self._maps else "")

    def set_pinned(self, point: tuple[int, int] | None) -> None:
        """Show that a query is pinned, or none."""
        self.comparison.set_pinned(point)
        if point is None:
            self._hide_comparison()

    def set_live(self, live: bool) -> None:
        """Show whether the query follows the pointer; something then has to lie over."""
        with QSignalBlocker(self.live):
            self.live.setChecked(live)
        if live and not self._chosen:
            self.choose("mean")

    def say(self, sentence: str) -> None:
        """Say why there are no maps."""
        self._forget_maps()
        self._show_words(sentence, empty=False)

    def clear(self) -> None:
        """Show that nothing is asked."""
        self._forget_maps()
        self._show_words(self._words_of_emptiness, empty=True)

    def choose(self, key: str) -> None:
        """Lay a map over the picture: `mean`, `head0`, …, `a`, `b`, `difference`, "" for none."""
        self._chosen = key
        if key not in COMPARED and key:
            self._head = None if key == "mean" else int(key.removeprefix("head"))
            self._show_comparison()
        self.maps.set_chosen(key)
        self.comparison.maps.set_chosen(key)
        self._lay_over(key)

    def follow_chosen(self, heat_map: HeatMap | None) -> None:
        """Another map, or none, lies over the picture now: mark no map that does not."""
        if not self._maps:
            return  # the next answer is laid over again
        if self._chosen and all(heat_map is not own for own in self._maps.values()):
            self._chosen = ""
            self.maps.set_chosen("")
            self.comparison.maps.set_chosen("")

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: somebody looks."""
        super().showEvent(event)
        self.visibilityChanged.emit(self.isVisible())

    def hideEvent(self, event: QHideEvent) -> None:
        """Qt: nobody looks."""
        super().hideEvent(event)
        self.visibilityChanged.emit(self.isVisible())

    def _add_choosers(self) -> None:
        self.view = QComboBox(self)
        self.view.setObjectName("attention.view")
        self.view.setAccessibleName(self.tr("What is shown"))
        for view, words, tip in (
            ("row", self.tr("Where it looks"), self.tr("The query's weights over all keys")),
            (
                "towards",
                self.tr("Who looks at it"),
                self.tr("Of every token, its weight on the key at the query"),
            ),
            (
                "received",
                self.tr("Where all look"),
                self.tr("The mean of all tokens' weights on each key"),
            ),
            (
                "rollout",
                self.tr("Rollout: what reached it"),
                self.tr("Attention through all blocks up to the end of the stage"),
            ),
        ):
            self.view.addItem(words, view)
            self.view.setItemData(self.view.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.view.currentIndexChanged.connect(self._request_view)
        self.stage = StageChooser("attention", self)
        self.stage.stageRequested.connect(self.stageRequested)
        self.stage.blockRequested.connect(self.blockRequested)
        self._layout.addWidget(self.view)
        self._layout.addWidget(self.stage)

    def _add_maps(self) -> None:
        self._words_of_emptiness = ""
        self.message = QLabel(self)
        self.message.setObjectName("attention.message")
        self.message.setWordWrap(True)
        self.message.setProperty("role", "muted")
        self.query_button = QPushButton(self.tr("Query tool (Q)"), self)
        self.query_button.setObjectName("attention.query_tool")
        self.query_button.clicked.connect(self.queryToolRequested)
        self.maps = ThumbnailGrid("attention.maps", self)
        self.maps.chosen.connect(self.choose)
        self._layout.addWidget(self.message)
        self._layout.addWidget(self.query_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._layout.addWidget(self.maps)

    def _add_comparison(self) -> None:
        self.comparison = ComparedQueries(self)
        self.comparison.pinRequested.connect(self.pinRequested)
        self.comparison.chosen.connect(self.choose)
        self._layout.addWidget(self.comparison)

    def _add_look(self) -> None:
        self.live = self._check_box(
            "live",
            self.tr("Follow the pointer"),
            self.tr("With the query tool, move over the picture and the map follows  (Shift+L)"),
        )
        self.live.toggled.connect(self.liveRequested)
        self.smooth = self._check_box(
            "smooth",
            self.tr("Smooth"),
            self.tr("Interpolate between the keys; the model knows nothing between them"),
        )
        self.grid = self._check_box("grid", self.tr("Grid"), self.tr("Lines between the keys"))
        for box in (self.smooth, self.grid):
            box.toggled.connect(self._request_look)
        row = QHBoxLayout()
        row.addWidget(self.smooth)
        row.addWidget(self.grid)
        row.addStretch(1)
        self._layout.addWidget(self.live)
        self._layout.addLayout(row)

    def _check_box(self, name: str, words: str, tip: str) -> QCheckBox:
        box = QCheckBox(words, self)
        box.setObjectName(f"attention.{name}")
        box.setToolTip(tip)
        return box

    def _request_view(self, index: int) -> None:
        self.viewRequested.emit(str(self.view.itemData(index)))

    def _request_look(self) -> None:
        self.lookRequested.emit(self.smooth.isChecked(), self.grid.isChecked())

    def _show_words(self, sentence: str, *, empty: bool) -> None:
        self.message.setText(sentence)
        self.query_button.setVisible(empty and self.view.isEnabled())
        for widget in (self.maps, self.comparison):
            widget.setVisible(bool(self._maps))

    def _forget_maps(self) -> None:
        had, self._maps, self._shown = bool(self._maps), {}, None
        self.maps.show_thumbnails([])
        self._hide_comparison()
        if had and self._chosen:
            self.heatMapRequested.emit(None, "linear")

    def _show_comparison(self) -> None:
        """A, B and B less A of the chosen head."""
        if self._shown is None or self._shown[1] is None:
            self._hide_comparison()
            return
        maps, pinned = self._shown
        assert pinned is not None
        self._maps.update(self.comparison.show_maps(maps, pinned, self._head, self._chosen))

    def _hide_comparison(self) -> None:
        for key in COMPARED:
            self._maps.pop(key, None)
        self.comparison.hide_maps()

    def _lay_over(self, key: str) -> None:
        self.heatMapRequested.emit(self._maps.get(key), "linear")
