"""What the tools may change: a button that says so, with a menu behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.theme import ICON_PROPERTY
from segcore.classes import ClassTable
from segcore.edits import GROUNDS, Ground, Protection

_MOST_LISTED = 12


class ProtectionButton(QToolButton):
    """Shows what is protected; its menu asks for another protection."""

    protectionRequested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tool_options.protection")
        self.setProperty(ICON_PROPERTY, "shield-lock-outline")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setCheckable(True)
        self._protection = Protection()
        self._classes = ClassTable(())
        self._active = -1
        menu = QMenu(self)
        menu.setObjectName("menu.protection")
        menu.aboutToShow.connect(self.fill_menu)
        self.setMenu(menu)
        self._show()

    def set_protection(self, protection: Protection) -> None:
        """Show another protection."""
        self._protection = protection
        self._show()

    def set_classes(self, classes: ClassTable, active: int) -> None:
        """Which classes there are, and which one is active."""
        self._classes, self._active = classes, active
        self._show()

    def fill_menu(self) -> None:
        """Say in the menu what is protected now."""
        menu = self.menu()
        menu.clear()
        self._add_grounds(menu)
        menu.addSection(self.tr("Paint only over"))
        self._add_over(menu)
        menu.addSection(self.tr("Locked classes"))
        self._add_locks(menu)
        menu.addSeparator()
        nothing = menu.addAction(self.tr("Protect &nothing"))
        nothing.setObjectName("protection.nothing")
        nothing.setEnabled(self._protection.is_on)
        nothing.triggered.connect(lambda: self.protectionRequested.emit(Protection()))

    def _add_grounds(self, menu: QMenu) -> None:
        menu.addSection(self.tr("Tools may change"))
        group = QActionGroup(menu)
        for ground in GROUNDS:
            action = menu.addAction(self._ground_text(ground))
            action.setObjectName(f"protection.ground_{ground}")
            action.setCheckable(True)
            action.setChecked(self._protection.ground == ground)
            group.addAction(action)
            action.triggered.connect(self._asking(replace(self._protection, ground=ground)))

    def _add_over(self, menu: QMenu) -> None:
        over = self._protection.over or frozenset()
        for class_id in self._listed({*over, self._active, self._classes.ignore}):
            action = self._check(menu, self._name(class_id), class_id in over)
            action.setObjectName(f"protection.over_{class_id}")
            chosen = over ^ {class_id}
            wanted = replace(self._protection, over=frozenset(chosen) if chosen else None)
            action.triggered.connect(self._asking(wanted))

    def _add_locks(self, menu: QMenu) -> None:
        locked = self._protection.locked
        for class_id in self._listed({*locked, self._active}):
            action = self._check(menu, self._name(class_id), class_id in locked)
            action.setObjectName(f"protection.lock_{class_id}")
            action.triggered.connect(
                self._asking(replace(self._protection, locked=locked ^ {class_id}))
            )
        others = frozenset(info.id for info in self._classes) - {self._active}
        if 0 <= self._active < len(self._classes):
            name = self._name(self._active)
            action = menu.addAction(self.tr("Lock all but {}").format(name))
            action.setObjectName("protection.lock_others")
            action.triggered.connect(self._asking(replace(self._protection, locked=others)))

    def _check(self, menu: QMenu, text: str, checked: bool) -> QAction:
        action = menu.addAction(text.replace("&", "&&"))
        action.setCheckable(True)
        action.setChecked(checked)
        return action

    def _asking(self, protection: Protection) -> Callable[[], None]:
        return lambda: self.protectionRequested.emit(protection)

    def _listed(self, class_ids: set[int]) -> list[int]:
        known = {*range(len(self._classes)), self._classes.ignore}
        return sorted(class_ids & known)[:_MOST_LISTED]

    def _name(self, class_id: int) -> str:
        unlabelled = class_id >= len(self._classes)
        return self.tr("Unlabelled") if unlabelled else self._classes[class_id].name

    def _ground_text(self, ground: Ground) -> str:
        return {
            "all": self.tr("Everything"),
            "unlabelled": self.tr("Unlabelled pixels"),
            "model": self.tr("What a model said"),
            "untouched": self.tr("All but what people said"),
        }[ground]

    def _show(self) -> None:
        protection = self._protection
        self.setChecked(protection.is_on)
        said = []
        if protection.ground != "all":
            said.append(self._ground_text(protection.ground))
        if protection.over is not None:
            names = ", ".join(self._name(i) for i in self._listed(set(protection.over)))
            said.append(self.tr("over {}").format(names))
        if protection.locked:
            said.append(self.tr("{} locked").format(len(protection.locked)))
        words = "  ·  ".join(said)
        style = Qt.ToolButtonStyle
        self.setToolButtonStyle(
            style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly
        )
        most = self.fontMetrics().averageCharWidth() * 22
        self.setText(self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, most))
        self.setToolTip(
            self.tr("The tools change only: {}").format(words)
            if words
            else self.tr("Choose what the tools may change")
        )
        self.setAccessibleName(self.tr("Protection: {}").format(words or self.tr("nothing")))

    def nextCheckState(self) -> None:
        """Qt: a click opens the menu; whether it is pressed says whether anything is protected."""
