"""The dialog before a class is merged, split off or deleted: what it hits, and its progress."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from app.class_choices import ClassChoices, offer
from segcore.classes import ClassInfo, ClassTable
from segcore.progress import Progress

SCOPES = ("this", "chosen", "listed", "region")
_NOWHERE = -1


class ClassChangeDialog(QDialog):
    """Asks where the pixels of a class shall go.

    Signals: `changeRequested(target id or -1 for unlabelled)` to merge or delete,
    `splitRequested(name, scope)` with a scope of `SCOPES`, `cancelRequested()`.
    """

    changeRequested = Signal(int)
    splitRequested = Signal(str, str)
    cancelRequested = Signal()

    def __init__(
        self,
        kind: str,
        info: ClassInfo,
        classes: ClassTable,
        *,
        region: bool = False,
        chosen: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.class_change")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._kind = kind
        titles = {
            "merge": self.tr("Merge {}"),
            "split": self.tr("Split off {}"),
            "delete": self.tr("Delete {}"),
        }
        self.setWindowTitle(titles[kind].format(info.name))
        self.setMinimumWidth(420)
        form = QFormLayout()
        self.target = QComboBox(self)
        self.name = QLineEdit(self)
        self.scope = QComboBox(self)
        if kind == "split":
            self.target.hide()
            self._add_split_rows(form, info, region=region, chosen=chosen)
        else:
            self.name.hide()
            self.scope.hide()
            self._add_target_row(form, info, classes)
        self.count = QLabel(self.tr("Counting its pixels …"), self)
        self.count.setObjectName("class_change.count")
        self.count.setWordWrap(True)
        self.note = QLabel(self._note(), self)
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.progress = QProgressBar(self)
        self.progress.setObjectName("class_change.progress")
        self.progress.setTextVisible(False)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        words = {
            "merge": self.tr("&Merge"),
            "split": self.tr("&Split Off"),
            "delete": self.tr("&Delete"),
        }
        self.go = self.buttons.addButton(words[kind], QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setObjectName("class_change.go")
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.count)
        layout.addWidget(self.note)
        layout.addWidget(self.progress)
        layout.addWidget(self.buttons)
        self.buttons.accepted.connect(self._request)
        self.buttons.rejected.connect(self.reject)
        self.rejected.connect(self.cancelRequested)
        self.name.textChanged.connect(self._follow_name)
        self._follow_name()

    def set_counts(self, pixels: Mapping[str, int]) -> None:
        """Say how many pixels of how many pictures are hit."""
        total = sum(pixels.values())
        self.count.setText(
            self.tr("{} pixels in 1 picture.").format(f"{total:,}")
            if len(pixels) == 1
            else self.tr("{} pixels in {} pictures.").format(f"{total:,}", f"{len(pixels):,}")
        )
        self.progress.setValue(self.progress.maximum())

    def set_progress(self, progress: Progress) -> None:
        """Show how far the counting or the change is."""
        self.progress.setMaximum(max(progress.total, 1))
        self.progress.setValue(progress.done)

    def set_running(self) -> None:
        """The change has begun: only cancelling is left."""
        self.go.setEnabled(False)
        for widget in (self.target, self.name, self.scope):
            widget.setEnabled(False)

    def _add_target_row(self, form: QFormLayout, info: ClassInfo, classes: ClassTable) -> None:
        self.target.setObjectName("class_change.target")
        self.target.setEditable(True)  # more classes than a list shows are found by typing
        self.target.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        words = self.tr("nothing: unlabelled") if self._kind == "delete" else None
        choices = ClassChoices(words, self)
        choices.set_classes([each for each in classes.shown if each.id != info.id])
        offer(choices, self.target)
        self.target.setCurrentIndex(0)
        completer = self.target.completer()
        if completer is not None:
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.target.currentIndexChanged.connect(self._follow_name)
        form.addRow(self.tr("Its pixels become"), self.target)

    def _add_split_rows(
        self, form: QFormLayout, info: ClassInfo, *, region: bool, chosen: int
    ) -> None:
        self.name.setObjectName("class_change.name")
        self.name.setPlaceholderText(self.tr("{} of another kind").format(info.name))
        self.scope.setObjectName("class_change.scope")
        if region:
            self.scope.addItem(self.tr("the region at the query"), "region")
        self.scope.addItem(self.tr("this picture"), "this")
        if chosen > 1:
            words = self.tr("the {} pictures chosen in the list").format(f"{chosen:,}")
            self.scope.addItem(words, "chosen")
        self.scope.addItem(self.tr("every listed picture"), "listed")
        form.addRow(self.tr("Name of the new class"), self.name)
        form.addRow(self.tr("It gets the pixels in"), self.scope)

    def _note(self) -> str:
        if self._kind == "split":
            return self.tr("One step back in each picture undoes it there.")
        return self.tr(
            "Goes through every picture of the project. The id is kept and never used again; one "
            "step back in a picture undoes it there."
        )

    def _follow_name(self) -> None:
        ready = bool(self.name.text().strip()) if self._kind == "split" else self.target.count() > 0
        self.go.setEnabled(ready)

    def _request(self) -> None:
        if self._kind == "split":
            self.splitRequested.emit(self.name.text().strip(), self.scope.currentData())
            return
        chosen = self.target.findText(self.target.currentText())
        if chosen >= 0:
            target = self.target.itemData(chosen)
            self.changeRequested.emit(_NOWHERE if target is None else target)
