"""One query's attention beside another's: A, which is pinned, B, and B less A."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.panels.attention_words import marker_of
from app.panels.thumbnails import Thumbnail, ThumbnailGrid
from segcore.heatmap import HeatMap

if TYPE_CHECKING:
    from segcore.inspection.attention_views import HeadMaps

COMPARED = ("a", "b", "difference")


class ComparedQueries(QWidget):
    """Pins a query and shows it beside the next; `chosen` carries one of `COMPARED`, or ""."""

    pinRequested = Signal(bool)
    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pin = QPushButton(self)
        self.pin.setObjectName("attention.pin")
        self.pin.setCheckable(True)
        self.pin.setToolTip(
            self.tr("Keep this query as A; the next one is B, and both stand side by side")
        )
        self.pin.toggled.connect(self.pinRequested)
        self.title = QLabel(self)
        self.title.setObjectName("attention.compared_title")
        self.title.setProperty("role", "heading")
        self.title.setWordWrap(True)
        self.maps = ThumbnailGrid("attention.compared", self)
        self.maps.chosen.connect(self.chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.pin, self.title, self.maps):
            layout.addWidget(widget)
        self.hide_maps()

    def set_pinned(self, point: tuple[int, int] | None) -> None:
        """Show that a query is pinned, or none."""
        with QSignalBlocker(self.pin):
            self.pin.setChecked(point is not None)
        self.pin.setText(
            self.tr("Compare with this pixel (A)")
            if point is None
            else self.tr("A is {}, {}: let go").format(*point)
        )
        if point is None:
            self.hide_maps()

    def show_maps(
        self, maps: HeadMaps, pinned: HeadMaps, head: int | None, chosen: str
    ) -> dict[str, HeatMap]:
        """Show A and B of one head, or of the mean; returns each map by its key."""
        a, b = pinned.of_head(head), maps.of_head(head)
        compared = {"a": a, "b": b}
        if a.box == b.box and a.shape == b.shape:
            compared["difference"] = b.minus(a, self.tr("B less A: {}").format(b.meaning))
        words = {"a": "A", "b": "B", "difference": "B − A"}
        self.title.setText(self._title_of(compared, head))
        self.title.show()
        self.maps.show()
        thumbnails = []
        for key, heat_map in compared.items():
            marker = marker_of(pinned if key == "a" else maps, heat_map.box)
            thumbnails.append(Thumbnail(key, words[key], heat_map, marker=marker))
        self.maps.show_thumbnails(thumbnails, chosen=chosen)
        return compared

    def hide_maps(self) -> None:
        """Show that there is nothing to compare."""
        self.title.hide()
        self.maps.hide()

    def _title_of(self, compared: dict[str, HeatMap], head: int | None) -> str:
        if "difference" not in compared:
            return self.tr("A and B lie in different tiles: their keys are not the same")
        if head is None:
            return self.tr("A and B, mean of all heads")
        return self.tr("A and B, head {}").format(head)
