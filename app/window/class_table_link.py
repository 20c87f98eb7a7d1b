"""Ties the class panel's changes of the table to the document and the pictures behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog

from app.controllers.class_changes import ClassChangesController
from app.dialogs.class_change import ClassChangeDialog
from app.panels.classes import ClassesPanel
from app.user_error import UserError
from app.window.core import Core
from segcore.classes import ClassTable
from segcore.edits import fill
from segcore.errors import ClassTableError
from segcore.progress import Progress
from segcore.project.class_changes import delete, merge, split_off


class ClassTableLink(QObject):
    """Adds, renames, recolours, orders, merges, splits and deletes classes; locks them."""

    failed = Signal(object)
    notice = Signal(str)

    def __init__(self, panel: ClassesPanel, core: Core, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._core = core
        self._document = core.document
        self._state = core.view_state
        self.controller: ClassChangesController = core.class_changes
        self.dialog: ClassChangeDialog | None = None
        panel.addRequested.connect(self._add)
        panel.renameRequested.connect(self._rename)
        panel.colorRequested.connect(self._choose_color)
        panel.orderRequested.connect(self._order)
        panel.changeRequested.connect(self._ask)
        panel.lockRequested.connect(self._lock)
        panel.overRequested.connect(self._over)
        self._state.protectionChanged.connect(self._show_protection)
        self._document.imageChanged.connect(self._show_editable)
        self.controller.counted.connect(self._show_counts)
        self.controller.progressed.connect(self._show_progress)
        self.controller.finished.connect(self._show_finished)
        self.controller.failed.connect(self.failed)
        self._show_protection()
        self._show_editable()

    def _show_editable(self) -> None:
        document = self._document
        self._panel.set_editable(document.project is not None and not document.read_only)

    def _show_protection(self) -> None:
        protection = self._state.protection
        self._panel.set_protected(protection.locked, protection.over or frozenset())

    def _lock(self, class_id: int) -> None:
        protection = self._state.protection
        self._state.protection = replace(protection, locked=protection.locked ^ {class_id})

    def _over(self, class_id: int) -> None:
        protection = self._state.protection
        over = (protection.over or frozenset()) ^ {class_id}
        self._state.protection = replace(protection, over=over or None)

    def _add(self, name: str) -> None:
        table = self._document.classes
        number, chosen = 1, name
        while not chosen or (not name and table.knows(chosen)):
            chosen = self.tr("new class") if number == 1 else self.tr("new class {}").format(number)
            number += 1
        try:
            changed = table.with_class(chosen)
        except ClassTableError as error:
            self.failed.emit(UserError(str(error)))
            return
        self._document.set_classes(changed)
        self._state.active_class = len(table)
        if not name:
            self._panel.rename(len(table))

    def _rename(self, class_id: int, name: str) -> None:
        try:
            self._document.set_classes(self._document.classes.with_changed(class_id, name=name))
        except ClassTableError as error:
            self.failed.emit(UserError(str(error)))

    def _choose_color(self, class_id: int) -> None:
        info = self._document.classes[class_id]
        dialog = QColorDialog(QColor(*info.color), self._panel.window())
        dialog.setObjectName("dialog.class_color")
        dialog.setWindowTitle(self.tr("Colour of {}").format(info.name))
        dialog.colorSelected.connect(partial(self._recolor, class_id))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _recolor(self, class_id: int, color: QColor) -> None:
        chosen = (color.red(), color.green(), color.blue())
        self._document.set_classes(self._document.classes.with_changed(class_id, color=chosen))

    def _order(self, ids: list[int]) -> None:
        table = self._document.classes
        moved = set(ids)
        rest = [info.id for info in table.shown if info.id not in moved]
        self._document.set_classes(table.with_display([*ids, *rest]))

    def _ask(self, kind: str, class_id: int) -> None:
        table = self._document.classes
        if self.controller.is_changing or not self._document.may_be_changed():
            return
        dialog = ClassChangeDialog(
            kind,
            table[class_id],
            table,
            region=self._region_of(class_id) is not None,
            chosen=len(self._core.session.chosen()),
            parent=self._panel.window(),
        )
        self.dialog = dialog
        dialog.changeRequested.connect(partial(self._change, class_id))
        dialog.splitRequested.connect(partial(self._split, class_id))
        dialog.cancelRequested.connect(self.controller.cancel)
        dialog.finished.connect(self._forget_dialog)
        dialog.open()
        self.controller.count(class_id)

    def _change(self, class_id: int, target: int) -> None:
        table = self._document.classes
        change = merge(table, class_id, target) if target >= 0 else delete(table, class_id)
        self._start(lambda: self.controller.start(change))
        if self._state.active_class == class_id:
            self._state.active_class = target if target >= 0 else table.shown[0].id

    def _split(self, class_id: int, name: str, scope: str) -> None:
        document, session = self._document, self._core.session
        if scope == "region":
            self._split_region(class_id, name)
            return
        names = {"this": [document.name or ""], "chosen": session.chosen()}.get(
            scope, session.names
        )
        try:
            table, change = split_off(document.classes, class_id, name, names)
        except ClassTableError as error:
            self.failed.emit(UserError(str(error)))
            return
        self._start(lambda: self.controller.start(change, table))

    def _start(self, begin: Callable[[], None]) -> None:
        if self.dialog is not None:
            self.dialog.set_running()
        begin()

    def _region_of(self, class_id: int) -> tuple[int, int] | None:
        """The query point, when it lies on the class."""
        point, labels = self._core.inspection.point, self._document.labels
        if point is None or labels is None:
            return None
        return point if labels[point[1], point[0]] == class_id else None

    def _split_region(self, class_id: int, name: str) -> None:
        document, point = self._document, self._region_of(class_id)
        labels, origins = document.labels, document.origins
        if point is None or labels is None or origins is None:
            return
        try:
            table: ClassTable = document.classes.with_class(name)
        except ClassTableError as error:
            self.failed.emit(UserError(str(error)))
            return
        new = len(document.classes)
        document.set_classes(table)
        assert document.labels is not None
        edit = fill(document.labels, origins, point, new, document.person)
        if edit is not None:
            document.push(edit, applied=False, text=self.tr("Split off {}").format(name))
        if self.dialog is not None:
            self.dialog.accept()

    def _show_counts(self, _class_id: int, pixels: dict[str, int]) -> None:
        if self.dialog is not None:
            self.dialog.set_counts(pixels)

    def _show_progress(self, progress: Progress) -> None:
        if self.dialog is not None:
            self.dialog.set_progress(progress)

    def _show_finished(self, sentence: str) -> None:
        if self.dialog is not None:
            self.dialog.accept()
        if sentence:
            self.notice.emit(sentence)

    def _forget_dialog(self) -> None:
        self.dialog = None
