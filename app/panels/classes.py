"""The class table beside the picture: active class, shares, visibility, brush size."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

from PySide6.QtCore import QEvent, QItemSelection, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.panels.class_rows import ClassDelegate, ClassRows
from app.theme import Tones
from segcore.classes import ClassInfo, ClassTable

_STEPS = 400
_LARGEST = 2000


class ClassesPanel(QWidget):
    """Shows the classes; asks for an active class, hidden classes and a brush size."""

    activeClassRequested = Signal(int)
    hiddenClassesRequested = Signal(object)
    brushSizeRequested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.classes")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.rows = ClassRows(self)
        self._delegate = ClassDelegate(self)
        self._active = -1
        self._brush_size = 0

        brush_row = self._brush_row()
        self.list = QListView(self)
        self.list.setObjectName("classes.list")
        self.list.setAccessibleName(
            self.tr("Classes: the chosen one is painted; Space hides or shows it")
        )
        self.list.setModel(self.rows)
        self.list.setItemDelegate(self._delegate)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.installEventFilter(self)

        self.unlabelled = QLabel(self)
        self.unlabelled.setObjectName("classes.unlabelled")
        self.unlabelled.setProperty("role", "muted")
        self.show_only = _link(self.tr("Only active"), "classes.show_only", self)
        self.show_all = _link(self.tr("Show all"), "classes.show_all", self)
        self.show_only.setToolTip(self.tr("Hide every class but the active one"))

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 6)
        layout.setSpacing(4)
        layout.addLayout(brush_row)
        layout.addWidget(self.list, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(10, 0, 6, 0)
        foot.addWidget(self.unlabelled, 1)
        foot.addWidget(self.show_only)
        foot.addWidget(self.show_all)
        layout.addLayout(foot)

        self.list.selectionModel().selectionChanged.connect(self._choose_selected)
        self._delegate.visibilityRequested.connect(self._toggle_visibility)
        self.show_all.clicked.connect(self._show_all)
        self.show_only.clicked.connect(self._show_only_active)
        self.set_brush_size(24)

    def set_classes(self, classes: ClassTable) -> None:
        """Show a class table."""
        infos: Sequence[ClassInfo] = tuple(classes)
        if infos != self.rows.classes:
            self.rows.set_classes(infos)
            self._select_active()

    def set_shares(self, shares: Sequence[float] | None, unlabelled: float = 0.0) -> None:
        """Say which part of the picture each class has, and which part none, 0 to 1."""
        self.rows.set_shares(shares)
        text = self.tr("{:.1f} % unlabelled").format(100 * unlabelled)
        self.unlabelled.setText("" if shares is None or unlabelled < 0.0005 else text)

    def set_active_class(self, class_id: int) -> None:
        """Mark the class that is painted."""
        self._active = class_id
        self._select_active()

    def set_hidden_classes(self, class_ids: frozenset[int]) -> None:
        """Show which classes the overlay leaves out."""
        self.rows.set_hidden(class_ids)
        self.show_all.setEnabled(bool(class_ids))

    def set_brush_size(self, diameter: int) -> None:
        """Show the brush's diameter in image pixels."""
        self._brush_size = diameter
        self.brush_spin.setValue(diameter)
        self.brush_slider.setValue(_step_of(diameter))

    def set_tones(self, tones: Tones) -> None:
        """Paint in the colours of a theme."""
        self._delegate.tones = tones
        self.list.viewport().update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: Space on a class hides or shows it."""
        if (
            watched is self.list
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Space
            and self.list.currentIndex().isValid()
        ):
            self._toggle_visibility(self.list.currentIndex().data(ClassRows.InfoRole).id)
            return True
        return super().eventFilter(watched, event)

    def _brush_row(self) -> QHBoxLayout:
        label = QLabel(self.tr("Brush"), self)
        self.brush_slider = QSlider(Qt.Orientation.Horizontal, self)
        self.brush_slider.setObjectName("classes.brush_slider")
        self.brush_slider.setAccessibleName(self.tr("Brush size"))
        self.brush_slider.setRange(0, _STEPS)
        self.brush_slider.setPageStep(_STEPS // 20)
        self.brush_spin = QSpinBox(self)
        self.brush_spin.setObjectName("classes.brush_size")
        self.brush_spin.setAccessibleName(self.tr("Brush size in pixels"))
        self.brush_spin.setRange(1, _LARGEST)
        self.brush_spin.setSuffix(self.tr(" px"))
        self.brush_spin.setToolTip(self.tr("Diameter in pixels of the picture  ([ and ])"))
        self.brush_slider.setToolTip(self.brush_spin.toolTip())
        label.setBuddy(self.brush_spin)
        row = QHBoxLayout()
        row.setContentsMargins(10, 4, 8, 2)
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.brush_slider, 1)
        row.addWidget(self.brush_spin)
        self.brush_spin.valueChanged.connect(self._request_brush_size)
        self.brush_slider.sliderMoved.connect(self._request_brush_step)
        self.brush_slider.actionTriggered.connect(self._request_slider_position)
        return row

    def _select_active(self) -> None:
        row = self.rows.row_of(self._active)
        if row is None:
            self.list.clearSelection()
            return
        index = self.rows.index(row)
        self.list.setCurrentIndex(index)
        self.list.scrollTo(index)

    def _choose_selected(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        for index in selected.indexes():
            class_id = index.data(ClassRows.InfoRole).id
            if class_id != self._active:
                self._active = class_id
                self.activeClassRequested.emit(class_id)

    def _toggle_visibility(self, class_id: int) -> None:
        self.hiddenClassesRequested.emit(self.rows.hidden ^ {class_id})

    def _show_all(self) -> None:
        self.hiddenClassesRequested.emit(frozenset())

    def _show_only_active(self) -> None:
        others = frozenset(info.id for info in self.rows.classes) - {self._active}
        self.hiddenClassesRequested.emit(others)

    def _request_brush_size(self, diameter: int) -> None:
        if diameter != self._brush_size:
            self.brushSizeRequested.emit(diameter)

    def _request_brush_step(self, step: int) -> None:
        self._request_brush_size(_size_of(step))

    def _request_slider_position(self, action: int) -> None:
        """A key or a click beside the handle; one that rounds to nothing still goes one pixel."""
        position, here = self.brush_slider.sliderPosition(), _step_of(self._brush_size)
        size = _size_of(position)
        if action != QSlider.SliderAction.SliderMove.value and size == self._brush_size:
            size += (position > here) - (position < here)
        self._request_brush_size(size)


def _link(text: str, name: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setObjectName(name)
    button.setProperty("flatLink", "true")
    return button


def _size_of(step: int) -> int:
    """The slider goes in equal ratios: small brushes need fine steps, large ones do not."""
    return round(exp(log(_LARGEST) * step / _STEPS))


def _step_of(diameter: int) -> int:
    return round(_STEPS * log(max(diameter, 1)) / log(_LARGEST))
