"""The bar above the canvas: what can be set about the tool in hand, and what it would do."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from app.i18n import translate
from app.panels.option_row import OptionRow
from app.panels.protection import ProtectionButton
from app.tool_hints import HINTS
from app.tool_options import CONTEXT, AnyOption, Choice, Flag, Kept, Number, Options, Value
from app.tool_rows import OPTIONS

_SWATCH = QSize(12, 12)
_HEIGHT = 38
_NARROWEST = 240
_LEAST_WORDS = 80
"""Pixels that what is proposed gets before options do."""


class ToolOptionsBar(QFrame):
    """Shows the options of one tool at a time, and asks for others.

    It is as high whatever it shows, so that the canvas stays where it is.
    """

    optionRequested = Signal(str, str, object)
    applyRequested = Signal()
    cancelRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.tool_options")
        self.setAccessibleName(self.tr("Options of the tool"))
        self.setFixedHeight(_HEIGHT)
        self._tool = ""
        self._widgets: dict[str, QWidget] = {}
        self._row = OptionRow(self)
        self.hint = _Elided(self)
        self.hint.setObjectName("tool_options.hint")
        self.hint.setProperty("role", "muted")
        self.words = _Elided(self, wide=True)
        self.words.setObjectName("tool_options.words")
        self.apply = QPushButton(self.tr("Apply"), self)
        self.apply.setObjectName("tool_options.apply")
        self.apply.setIconSize(_SWATCH)
        self.apply.setToolTip(self.tr("Make an edit of what is proposed  (Enter)"))
        self.apply.clicked.connect(self.applyRequested)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setObjectName("tool_options.cancel")
        self.cancel.setToolTip(self.tr("Leave everything as it is  (Esc)"))
        self.cancel.clicked.connect(self.cancelRequested)
        self.protection = ProtectionButton(self)
        layout = self._layout = QHBoxLayout(self)
        layout.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        layout.setContentsMargins(10, 3, 8, 3)
        layout.setSpacing(10)
        layout.addWidget(self._row)
        layout.addWidget(self.hint, 1)
        layout.addStretch()
        layout.addWidget(self.words)
        layout.addWidget(self.apply)
        layout.addWidget(self.cancel)
        layout.addWidget(self.protection)
        self.set_proposal("", None, active=False)

    def minimumSizeHint(self) -> QSize:
        """Qt: the panels beside the canvas are not to give way to this bar."""
        return QSize(_NARROWEST, _HEIGHT)

    def set_tool(self, tool: str, options: Options) -> None:
        """Show the options of another tool, with their values."""
        self._tool = tool
        self._widgets = {}
        options_shown = [each for each in OPTIONS.get(tool, ()) if not isinstance(each, Kept)]
        self._row.set_fields([self._field(option) for option in options_shown])
        self.set_options(options)
        self.hint.set_words(translate(CONTEXT, HINTS.get(tool, "")))
        self._fit()

    def set_options(self, options: Options) -> None:
        """Show other values."""
        for name, value in options.items():
            widget = self._widgets.get(name)
            if widget is None:
                continue
            with QSignalBlocker(widget):
                _show_value(widget, value)

    def set_proposal(self, words: str, color: tuple[int, int, int] | None, *, active: bool) -> None:
        """Show what is proposed, and whether there is anything to accept or to cancel."""
        self.words.set_words(words)
        self.words.setVisible(bool(words))
        self.hint.setVisible(not (words and active))
        for button in (self.apply, self.cancel):
            button.setVisible(active)
        self.apply.setIcon(QIcon() if color is None else _swatch(color))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: there is more room for options, or less."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave the options what the rest of the bar does not need."""
        margins = self.contentsMargins() + self._layout.contentsMargins()
        room = self.width() - margins.left() - margins.right()
        for widget in (self.apply, self.cancel, self.protection):
            if not widget.isHidden():
                room -= widget.sizeHint().width() + self._layout.spacing()
        if not self.words.isHidden():
            room -= min(self.words.sizeHint().width(), _LEAST_WORDS) + self._layout.spacing()
        self._row.fit(room)

    def _field(self, option: AnyOption) -> QWidget:
        """An option with the words in front of it."""
        field = QWidget(self)
        row = QHBoxLayout(field)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        if not isinstance(option, Flag):
            label = QLabel(option.label, field)
            label.setToolTip(option.tool_tip)
            row.addWidget(label)
        widget = self._widget_of(option)
        widget.setObjectName(f"tool_options.{option.name}")
        widget.setAccessibleName(option.label)
        widget.setToolTip(option.tool_tip)
        self._widgets[option.name] = widget
        row.addWidget(widget)
        return field

    def _widget_of(self, option: AnyOption) -> QWidget:
        if isinstance(option, Number):
            number = QSpinBox(self)
            number.setRange(option.lowest, option.highest)
            number.setSuffix(option.suffix)
            number.setKeyboardTracking(False)
            number.valueChanged.connect(lambda value: self._request(option.name, value))
            return number
        if isinstance(option, Choice):
            choice = QComboBox(self)
            for value, text in option.labels:
                choice.addItem(text, value)
            choice.currentIndexChanged.connect(
                lambda index: self._request(option.name, choice.itemData(index))
            )
            return choice
        flag = QCheckBox(option.label, self)
        flag.toggled.connect(lambda on: self._request(option.name, on))
        return flag

    def _request(self, name: str, value: Value) -> None:
        self.optionRequested.emit(self._tool, name, value)


def _swatch(color: tuple[int, int, int]) -> QIcon:
    pixmap = QPixmap(_SWATCH)
    pixmap.fill(QColor(*color))
    return QIcon(pixmap)


class _Elided(QLabel):
    """Words that give way where there is no room for them; all of them are in the tool tip."""

    def __init__(self, parent: QWidget, *, wide: bool = False) -> None:
        """`wide` asks for the room that the words need; else they take what is left."""
        super().__init__(parent)
        self._text = ""
        policy = QSizePolicy.Policy.Preferred if wide else QSizePolicy.Policy.Ignored
        self.setSizePolicy(policy, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        """Qt: room for all of the words."""
        return QSize(self.fontMetrics().horizontalAdvance(self._text) + 4, self.height())

    def minimumSizeHint(self) -> QSize:
        """Qt: they give way."""
        return QSize(0, 0)

    def set_words(self, text: str) -> None:
        """Show other words."""
        self._text = text
        self.setToolTip(text)
        self.updateGeometry()
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: there is more room, or less."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        width = max(self.width(), 0)
        self.setText(self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, width))


def _show_value(widget: QWidget, value: Value) -> None:
    if isinstance(widget, QSpinBox):
        widget.setValue(int(value))
    elif isinstance(widget, QComboBox):
        widget.setCurrentIndex(widget.findData(value))
    elif isinstance(widget, QCheckBox):
        widget.setChecked(bool(value))
