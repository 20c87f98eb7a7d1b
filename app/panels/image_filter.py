"""The button of the picture list that chooses which pictures are shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from app.class_choices import ClassChoices, offer
from app.panels.review_words import status_word
from app.theme import ICON_PROPERTY
from segcore.classes import ClassInfo
from segcore.project.states import STATUSES


class FilterButton(QToolButton):
    """Statuses, comments and a class to be told apart by, in a menu that stays open.

    `filterChanged` says that `statuses` or `commented` are others now, `classChanged` carries the
    id of the class that pictures are to have, or None, `originChanged` the kind of origin.
    """

    filterChanged = Signal()
    classChanged = Signal(object)
    originChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("images.filters")
        self.setProperty(ICON_PROPERTY, "filter-variant")
        self.setCheckable(True)
        self.setToolTip(self.tr("Show pictures of some statuses, with a comment or with a class"))
        self.setAccessibleName(self.tr("More filters"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = _StandingMenu(self)
        self._menu.setObjectName("menu.image_filters")
        self._statuses = {status: self._entry(status_word(status)) for status in STATUSES}
        for status, action in self._statuses.items():
            action.setObjectName(f"images.status_{status}")
        self._menu.addSeparator()
        self._commented = self._entry(self.tr("With a comment"))
        self._commented.setObjectName("images.commented")
        self._menu.addSeparator()
        self._choices = ClassChoices(self.tr("With any class"), self)
        self.classes = QComboBox(self)
        self._add_classes()
        self.origins = QComboBox(self)
        self._add_origins()
        self._menu.addSeparator()
        self._everything = self._menu.addAction(self.tr("Show all pictures"))
        self._everything.setObjectName("images.show_all")
        self._everything.triggered.connect(self.clear)
        self.setMenu(self._menu)
        self._tell()

    @property
    def statuses(self) -> frozenset[str]:
        """The statuses that are ticked; empty for any."""
        return frozenset(name for name, action in self._statuses.items() if action.isChecked())

    @property
    def commented(self) -> bool:
        """Whether pictures are to have a comment."""
        return self._commented.isChecked()

    @property
    def class_id(self) -> int | None:
        """The class that pictures are to have; None for any."""
        chosen = self.classes.currentData()
        return None if chosen is None else int(chosen)

    @property
    def origin(self) -> str | None:
        """Who is to have said some of a picture's pixels; None for anybody."""
        chosen = self.origins.currentData()
        return None if chosen is None else str(chosen)

    def set_classes(self, classes: Sequence[ClassInfo]) -> None:
        """Offer these classes; the one that is chosen stays so where it is among them."""
        chosen = self.class_id
        with QSignalBlocker(self.classes):
            self._choices.set_classes(classes)
            self.classes.setCurrentIndex(self._choices.row_of(chosen))
        if self.class_id != chosen:
            self._tell_class()

    def clear(self) -> None:
        """Show all pictures."""
        for action in (*self._statuses.values(), self._commented):
            with QSignalBlocker(action):
                action.setChecked(False)
        had_class = self.class_id is not None
        with QSignalBlocker(self.classes):
            self.classes.setCurrentIndex(0)
        had_origin = self.origin is not None
        with QSignalBlocker(self.origins):
            self.origins.setCurrentIndex(0)
        self._tell()
        if had_class:
            self.classChanged.emit(None)
        if had_origin:
            self.originChanged.emit(None)

    def _entry(self, text: str) -> QAction:
        action = self._menu.addAction(text)
        action.setCheckable(True)
        action.toggled.connect(self._tell)
        return action

    def _add_classes(self) -> None:
        box = self.classes
        box.setObjectName("images.class_filter")
        box.setAccessibleName(self.tr("Show pictures with this class"))
        offer(self._choices, box)
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        if (completer := box.completer()) is not None:
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        box.setMinimumContentsLength(16)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.currentIndexChanged.connect(self._tell_class)
        self._add_box(box)

    def _add_origins(self) -> None:
        box = self.origins
        box.setObjectName("images.origin_filter")
        box.setAccessibleName(self.tr("Show pictures with labels by"))
        for words, kind in (
            (self.tr("Labelled by anybody"), None),
            (self.tr("A person was at it"), "person"),
            (self.tr("A model was at it"), "model"),
            (self.tr("With imported labels"), "imported"),
            (self.tr("With labels of other pictures"), "propagated"),
        ):
            box.addItem(words, kind)
        box.currentIndexChanged.connect(self._tell_origin)
        self._add_box(box)

    def _add_box(self, box: QComboBox) -> None:
        holder = QWidget(self._menu)
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(10, 4, 10, 4)
        layout.addWidget(box)
        action = QWidgetAction(self._menu)
        action.setDefaultWidget(holder)
        self._menu.addAction(action)

    def _tell_class(self) -> None:
        self._show_state()
        self.classChanged.emit(self.class_id)

    def _tell_origin(self) -> None:
        self._show_state()
        self.originChanged.emit(self.origin)

    def _tell(self) -> None:
        self._show_state()
        self.filterChanged.emit()

    def _show_state(self) -> None:
        told_apart = self.class_id is not None or self.origin is not None
        self.setChecked(bool(self.statuses) or self.commented or told_apart)


class _StandingMenu(QMenu):
    """A menu that stays open while entries are ticked."""

    def mouseReleaseEvent(self, event: object) -> None:
        """Qt: tick without closing."""
        action = self.activeAction()
        if action is not None and action.isCheckable() and action.isEnabled():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)  # type: ignore[arg-type]
