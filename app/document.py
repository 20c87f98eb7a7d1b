"""The truth about the open picture: pixels, labels, who said so, classes and their history."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.class_keeper import ClassKeeper
from app.commands import AnyEdit, EditCommand, ids_of
from app.lay_under import (
    MODEL_KIND,
    NOBODY,
    Ground,
    LabelMap,
    Laid,
    Origins,
    fitted,
    joined_classes,
    lay_under,
)
from app.pictures.opened_image import OpenedImage
from app.recorder import Recorder
from app.saving_watch import SavingWatch
from app.undo_stack import UndoStack
from app.user_error import UserError
from segcore.classes import ClassTable
from segcore.edits import Edit
from segcore.geometry import Box
from segcore.project import Kind, Move, Project

if TYPE_CHECKING:
    from segcore.inference import Prediction

NO_CLASSES = ClassTable(())


class Document(QObject):
    """Owns the open picture and swaps everything about it together.

    Whoever changes labels goes through `push` or `set_prediction`, so that each change is on the
    undo stack, in the project's journal and on the screen.
    """

    imageLeaving = Signal()
    imageChanged = Signal()
    labelsChanged = Signal(object)
    predictionChanged = Signal()
    classesChanged = Signal()
    savedChanged = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._opened: OpenedImage | None = None
        self._labels: LabelMap | None = None
        self._prediction: Prediction | None = None
        self._classes = NO_CLASSES
        self._labelled = False
        self._revision = 0
        self.stroke_under_way = False
        self.recorder = Recorder(self)
        self.undo_stack = UndoStack(self._behind, self)
        self.undo_stack.broken.connect(self._tell_undo_broken)
        self._keeper = ClassKeeper(self.recorder)
        self._saving = SavingWatch(self.recorder, self)
        self._saving.savedChanged.connect(self.savedChanged)
        self._saving.failed.connect(self.failed)

    @property
    def name(self) -> str | None:
        """The picture's name in its project; None when nothing is open."""
        return self._opened.name if self._opened else None

    @property
    def image(self) -> npt.NDArray[np.uint8] | None:
        """(H, W, 3) uint8 RGB."""
        return self._opened.image if self._opened else None

    @property
    def project(self) -> Project | None:
        """Where the labels are kept."""
        return self._opened.project if self._opened else None

    @property
    def labels(self) -> LabelMap | None:
        """(H, W) class ids; to be changed through `push` only."""
        return self._labels

    @property
    def origins(self) -> Origins | None:
        """(H, W) uint8 rows of the origin table; to be changed through `push` only."""
        return self._origins if self._opened else None

    @property
    def prediction(self) -> Prediction | None:
        """What the model said last of this picture, in the model's own classes."""
        return self._prediction

    @property
    def classes(self) -> ClassTable:
        """The project's classes; empty until a project or model brings some."""
        return self._classes

    @property
    def labelled(self) -> bool:
        """Whether anything has been said of any pixel, by a person or a model."""
        return self._labelled

    @property
    def person(self) -> int:
        """The person's row of the origin table."""
        return self._opened.person if self._opened else 0

    @property
    def model_origins(self) -> frozenset[int]:
        """The rows of the origin table that are models."""
        if self._opened is None:
            return frozenset()
        rows = self._opened.project.origin_rows
        return frozenset(row.id for row in rows if row.kind == MODEL_KIND)

    @property
    def read_only(self) -> bool:
        """Whether the project of the open picture can only be looked at."""
        return self._opened is not None and self._opened.project.read_only

    def may_be_changed(self) -> bool:
        """Whether the labels may be changed; when not, `failed` says why."""
        if self.read_only:
            self.failed.emit(UserError(self._refusal()))
        return not self.read_only

    def open(self, opened: OpenedImage) -> None:
        """Put a picture in the place of the one that is open; that one's edits are kept."""
        if opened is self._opened:
            return
        self._leave()
        self._opened = opened
        classes = self._keeper.of(opened.project)
        self._labels = fitted(opened.labels, classes)
        self._origins = opened.origins
        self._labelled = opened.labelled
        classes_differ = classes != self._classes
        self._classes = classes
        history = opened.history
        self.undo_stack.restore(
            [EditCommand(self, None, step.text, step=step.sequence) for step in history.steps],
            history.position,
        )
        self._saving.begin(opened.project)
        self.imageChanged.emit()
        if classes_differ:
            self.classesChanged.emit()

    def close_image(self) -> None:
        """Leave nothing open."""
        if self._opened is None:
            return
        self._leave()
        self._opened = None
        self._labels = None
        self._saving.end()
        self.imageChanged.emit()

    def push(self, edit: AnyEdit, *, applied: bool = True, text: str = "") -> None:
        """Put an edit on the undo stack; `applied` when the labels show it already."""
        self.undo_stack.push(EditCommand(self, edit, text or edit.name, applied=applied))

    @property
    def is_wide(self) -> bool:
        """Whether labels have 16 bits."""
        return self._classes.dtype is np.uint16

    def make(self, edit: AnyEdit, kind: Kind, command: EditCommand) -> None:
        """Apply an edit to the labels, record it and tell the views."""
        if self._labels is not None:
            if kind is not Kind.DO:
                self._revive(edit)
            edit.apply(self._labels, self._origins)
            self._record(edit, kind, command)

    def note(self, edit: AnyEdit, command: EditCommand) -> None:
        """Record an edit that the labels show already, and tell the views."""
        self._record(edit, Kind.DO, command)

    def stored(self, step: int) -> Edit:
        """The edit of a step of the open picture's history; raises as `Project.edit_of`."""
        if self._opened is None:
            raise LookupError(step)
        return self._opened.project.edit_of(self._opened.name, step)

    def keeps(self, step: int) -> bool:
        """Whether the open picture's project has a step on disk."""
        opened = self._opened
        return opened is not None and opened.project.keeps(opened.name, step)

    def _record(self, edit: AnyEdit, kind: Kind, command: EditCommand) -> None:
        if self._opened is None:
            return
        self._revision += 1
        self._labelled = True
        move = Move(kind, command.text, edit if kind is Kind.DO else None)
        self.recorder.submit_painted(
            self.tr("The edit could not be saved"), self._write, self._opened, edit, move, command
        )
        self.labelsChanged.emit(edit.box)

    def _revive(self, edit: AnyEdit) -> None:
        """A class that was merged or deleted is one again when undo brings its pixels back."""
        retired = [info.id for info in self._classes if info.retired]
        if not retired:
            return
        table = self._classes
        for class_id in np.intersect1d(retired, ids_of(edit)).tolist():
            table = table.with_revived(class_id)
        self.set_classes(table)

    @staticmethod
    def _write(opened: OpenedImage, edit: AnyEdit, move: Move, command: EditCommand) -> None:
        """On the recorder's thread."""
        number = opened.project.record_edit(opened.name, edit, move)
        if move.kind is Kind.DO:
            command.step = number

    def _behind(self, work: Callable[[], None]) -> None:
        self.recorder.submit(self.tr("The edit could not be read"), work)

    def _tell_undo_broken(self, sentence: str) -> None:
        words = self.tr("That edit is not at hand any more and cannot be undone or done again.")
        self._saving.tell(UserError(sentence or words))

    def set_classes(self, classes: ClassTable) -> None:
        """Change names or colours or add classes; ids never move."""
        if classes == self._classes or not self.may_be_changed():
            return
        if self._opened is not None:
            doing = self.tr("The classes could not be saved")
            self._keeper.write(self._opened.project, classes, doing)
        self._take_classes(classes)

    def follow_classes(self) -> None:
        """Take over the table that the project has been given by somebody else."""
        if self._opened is not None:
            self._take_classes(self._keeper.of(self._opened.project))

    def accept_classes_of(self, prediction: Prediction) -> None:
        """Give the project the model's classes that it lacks."""
        self.set_classes(joined_classes(self._classes, prediction.classes))

    def ground(self) -> Ground:
        """What a prediction would be laid under now.

        Raises:
            LookupError: nothing is open.
        """
        if self._opened is None or self._labels is None:
            raise LookupError("no picture is open")
        blank = not self._labelled and self.undo_stack.count() == 0
        return Ground(
            self._labels,
            self._origins,
            self._classes,
            self.model_origins,
            blank,
            self._revision,
            self._opened.project,
        )

    def set_prediction(self, prediction: Prediction) -> None:
        """Lay a prediction under a person's pixels, on this thread; for small pictures."""
        self.accept_classes_of(prediction)
        ground = self.ground()
        self.put_in_place(prediction, lay_under(prediction, ground, ground.origin_of(prediction)))

    def show_prediction(self, prediction: Prediction) -> None:
        """Show a prediction that cannot be saved: its labels too where the picture has none."""
        self._take_classes(joined_classes(self._classes, prediction.classes))
        ground = self.ground()
        self._prediction = prediction
        if ground.blank:
            laid = lay_under(prediction, ground, NOBODY)
            assert laid.labels is not None
            self._labels = laid.labels
            self._revision += 1
            self.labelsChanged.emit(Box.of_size((laid.labels.shape[0], laid.labels.shape[1])))
        self.predictionChanged.emit()
        self._saving.tell(UserError(self._refusal()))

    def put_in_place(self, prediction: Prediction, laid: Laid) -> bool:
        """Take over what `lay_under` worked out.

        Returns:
            False when the labels have changed since, or are changing: lay it under again.
        """
        if self._opened is None or self.stroke_under_way or laid.revision != self._revision:
            return False
        self._prediction = prediction
        if laid.labels is not None and laid.origins is not None:
            self._take_base(self._opened, laid.labels, laid.origins)
        elif laid.edit is not None:
            self.push(laid.edit, applied=False, text=self.tr("Predict"))
        self.recorder.submit(
            self.tr("The uncertainty could not be noted"),
            self._opened.project.set_uncertainty,
            self._opened.name,
            prediction.uncertainty,
        )
        self.predictionChanged.emit()
        return True

    def save(self) -> None:
        """Have the edits, which are in the journal already, put into the picture's PNG files."""
        if self._opened is not None and self._labelled and not self.read_only:
            project, name = self._opened.project, self._opened.name
            self.recorder.submit(self.tr("The labels could not be saved"), project.fold, name)

    def flush(self) -> None:
        """Return once everything is on disk."""
        self.recorder.flush()
        if self._opened is not None:
            self._opened.project.flush()
            self._saving.look()

    def shutdown(self) -> None:
        """Write what is left and end the recording thread."""
        self.close_image()
        self.recorder.close()

    def _take_base(self, opened: OpenedImage, labels: LabelMap, origins: Origins) -> None:
        """The first labels of a picture; copies are saved, for strokes may come meanwhile."""
        self._labels, self._origins = labels, origins
        self._revision += 1
        self._labelled = True
        self.recorder.submit(
            self.tr("The labels could not be saved"),
            opened.project.save,
            opened.name,
            labels.copy(),
            origins.copy(),
        )
        self.labelsChanged.emit(Box.of_size((labels.shape[0], labels.shape[1])))

    def _take_classes(self, classes: ClassTable) -> None:
        if classes == self._classes and self._fits(classes):
            return
        if self._labels is not None and not self._fits(classes):
            self._labels = fitted(self._labels, classes)
            self._revision += 1
        self._classes = classes
        self.classesChanged.emit()

    def _fits(self, classes: ClassTable) -> bool:
        return self._labels is None or self._labels.dtype == classes.dtype

    def _leave(self) -> None:
        self.imageLeaving.emit()
        self.undo_stack.clear()
        self._prediction = None
        self._revision += 1
        if self._opened is not None:
            self.save()
            self.recorder.submit(self.tr("The picture could not be closed"), self._opened.release)

    def _refusal(self) -> str:
        return self.tr(
            "The project is open read-only and nothing can be saved: close it in the other window "
            "and open it again, or save it as another project."
        )
