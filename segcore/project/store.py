"""A project: a folder with classes, pictures, label maps and the edits on their way into them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np

from segcore.classes import ClassTable
from segcore.edits import Edit, PackedEdit
from segcore.edits.planes import IdArray
from segcore.errors import RequestError, SegcoreError
from segcore.geometry import Box
from segcore.project import class_changes
from segcore.project.checks import (
    check_ids,
    check_table_follows,
    rectangle,
    rows_of,
    rows_of_change,
)
from segcore.project.history import HistoryState
from segcore.project.history_records import Kind, Move, widened
from segcore.project.journal import Rectangle
from segcore.project.lifecycle import TroubleCallback
from segcore.project.listed import ProjectPictures
from segcore.project.maps import JOURNAL, LABELS, MapFiles, Maps, read_labels, read_maps
from segcore.project.names import CLASSES_NAME
from segcore.project.origins import NOBODY, Origin, OriginKind
from segcore.project.picture_notes import PictureNotes
from segcore.project.recorder import Recorder
from segcore.project.states import line

PERSON = "person"


class Project(PictureNotes, ProjectPictures):
    """An open project folder; see DESIGN "A project on disk".

    Every call may come from any thread. Calls that write raise `ProjectError` when the project was
    opened read-only, is closed, or while the disk refuses edits; such edits stay in memory and are
    tried again every second, so the way on is to make room and go on.

    Attributes:
        folder: where it lies, resolved.
        read_only: whether nothing can be written.
        notes: what was found and put right on opening, sentences for the person.
        on_trouble: called with a sentence, in a thread of the project, when writing fails.
    """

    @classmethod
    def open(
        cls,
        folder: str | Path,
        read_only: bool = False,
        *,
        on_trouble: TroubleCallback | None = None,
    ) -> Self:
        """Open a project; one process at a time may do so for writing.

        A change of classes that was cut short is finished first.

        Raises:
            ProjectError: no project, damaged, of a newer program, or open for writing elsewhere.
        """
        project = super().open(folder, read_only, on_trouble=on_trouble)
        if not read_only:
            try:
                note = class_changes.finish(project)
            except SegcoreError as error:
                note = f"A change of classes is not finished yet: {error}"
            if note is not None:
                project.notes.append(note)
        return project

    # Classes and origins

    @property
    def classes(self) -> ClassTable:
        """The class table."""
        return self._classes

    def set_classes(self, classes: ClassTable) -> None:
        """Rename, recolour or add classes; ids that were given stay as they are.

        With more than 255 classes every label map of the project becomes 16-bit. While nothing is
        labelled the table may be any.

        Raises:
            ProjectError: a class would move or go, or the folder cannot be written.
        """
        recorder = self._writable()
        with self._guard:
            if self._classes.classes and self.labelled():
                check_table_follows(self._classes, classes)
            widens = classes.dtype is not self._classes.dtype
            recorder.set_classes(classes, self.folder / CLASSES_NAME)
            self._classes = classes
            if widens:
                recorder.rewrite_all()

    @property
    def origin_rows(self) -> tuple[Origin, ...]:
        """The origin table."""
        return self._origins.rows

    def origin_id(self, kind: OriginKind, name: str = "", sha256: str = "") -> int:
        """The number that stands for an origin in origin maps, given now if it is new."""
        with self._origins_guard:
            row = self._origins.find(kind, name, sha256)
            if row is not None:
                return row.id
            self._writable()
            return self._origins.add(kind, name, sha256).id

    # Labels

    def has_labels(self, name: str) -> bool:
        """Whether anything was ever recorded for a picture."""
        self._check_open()
        self._pictures.state(name)
        files = MapFiles.of(self.folder, name)
        if self._recorder is not None and self._recorder.has_edits(name):
            return True
        return files.labels.exists() or files.journal.exists()

    def labelled(self) -> list[str]:
        """Names of the pictures that have labels."""
        self._check_open()
        if self._recorder is not None:
            return self._recorder.labelled()
        kinds = ((LABELS, ".png"), (JOURNAL, ".journal"))
        known = {name for kind in kinds for name, _ in self._pictures.with_file(*kind)}
        return [name for name in self.images if name in known]

    def labels(self, name: str) -> IdArray:
        """(H, W) ids of `classes.dtype` with every recorded edit; ignore where nothing is said.

        Raises:
            ProjectError: there is no such picture, or its journal does not fit it.
            ImageError: its label file is damaged, or it has none and the picture cannot be read.
        """
        self._check_open()
        size, files = self.size(name), MapFiles.of(self.folder, name)
        pending = self._recorder.pending(name) if self._recorder else []
        return read_labels(files, size, self._classes, pending)

    def origins(self, name: str) -> IdArray:
        """(H, W) uint8 rows of the origin table, 0 where nobody said anything; as `labels`."""
        return self.maps(name).origins

    def maps(self, name: str) -> Maps:
        """Labels and origins of a picture, of one moment; raises as `labels`."""
        self._check_open()
        size, files = self.size(name), MapFiles.of(self.folder, name)
        pending = self._recorder.pending(name) if self._recorder else []
        return read_maps(files, size, self._classes, self._foreign_origin, pending)

    def record(
        self,
        name: str,
        box: tuple[int, int, int, int],
        patch: IdArray,
        origin: str | int | Origin = PERSON,
        origin_patch: IdArray | None = None,
    ) -> None:
        """Record an edit: `patch`, (y1 - y0, x1 - x0) ids, into (x0, y0, x1, y1).

        On disk within a second of its return, all or nothing; the array may be changed afterwards.
        Who says it is `origin`, or `origin_patch` of the same shape pixel by pixel; pixels that
        become ignore are nobody's.

        Raises:
            ProjectError: no such picture, or writing is impossible. When it is the disk that
                refuses, this edit too is kept in memory and written as soon as that works again.
            RequestError: the box lies outside the picture, or patch and box, or its ids and the
                class table, do not agree.
        """
        recorder = self._writable()
        place = Box(*(int(edge) for edge in box))
        said_by = self._origin_number(origin) if origin_patch is None else origin_patch
        made = rectangle(place, patch, said_by, self._classes, self.size(name))
        self._record(recorder, name, [made])

    def record_edit(self, name: str, edit: Edit | PackedEdit, move: Move | None = None) -> int:
        """Record what an edit did, all of its patches or none; as `record`.

        Its arrays must stay as they are, which an edit's do. It can be undone, also after the next
        start; one that undoes another, or does it again, comes with that `move`. Returns the number
        that the edit has in the picture's history.
        """
        recorder = self._writable()
        height, width = self.size(name)
        if edit.box.clip(height, width) != edit.box:
            raise RequestError(f"The edit {tuple(edit.box)} is outside of {name}.")
        rectangles = []
        for patch in edit.patches:
            check_ids(patch.after, self._classes)
            rectangles.append(Rectangle(patch.box, patch.after, patch.origins_after))
        self._note_work(recorder, name, map(rows_of_change, edit.patches))
        number = recorder.record(name, rectangles, move or Move(Kind.DO, edit.name, edit))
        recorder.check()
        return number

    def history(self, name: str) -> HistoryState:
        """What can be undone of a picture and done again, the last session's edits among it.

        Waits for the edits that are on their way to disk.

        Raises:
            ProjectError: there is no such picture, or the disk refuses edits of before.
        """
        self._check_open()
        self._pictures.state(name)
        return HistoryState() if self._recorder is None else self._recorder.history(name)

    def edit_of(self, name: str, step: int) -> Edit:
        """The edit of a step of the history, by its number, its labels as wide as they are now.

        Raises:
            LookupError: the history does not have it any more.
            ProjectError: it cannot be read, or the project is read-only.
        """
        edit = self._writable().edit_of(name, step)
        return widened(edit) if self._classes.dtype is np.uint16 else edit

    def keeps(self, name: str, step: int) -> bool:
        """Whether a step of the history is on disk already."""
        return self._writable().keeps(name, step)

    def save(
        self,
        name: str,
        labels: IdArray,
        origins: IdArray | int | Origin = 0,
        *,
        straight: bool = False,
    ) -> None:
        """Record a whole map: (H, W) ids and (H, W) uint8 origins, or one origin for all.

        As safe as `record`, and brought into the PNG files soon. With `straight` the first labels
        of a picture are in its PNG files when this returns and were never in a journal, which
        costs a batch less and keeps the caller longer.
        """
        recorder = self._writable()
        height, width = self.size(name)
        said_by = origins if isinstance(origins, np.ndarray) else self._origin_number(origins)
        box = Box(0, 0, width, height)
        whole = rectangle(box, labels, said_by, self._classes, (height, width))
        if straight and recorder.write_first(name, whole):
            self._note_work(recorder, name, [rows_of(whole.origins)])
            recorder.check()
            return
        self._record(recorder, name, [whole])
        recorder.fold(name)

    def fold(self, name: str) -> None:
        """Bring a picture's edits into its PNG files soon; `flush(folded=True)` waits for it."""
        self._pictures.state(name)
        self._writable().fold(name)

    def _record(
        self,
        recorder: Recorder,
        name: str,
        rectangles: list[Rectangle],
    ) -> None:
        self._note_work(recorder, name, (rows_of(each.origins) for each in rectangles))
        recorder.record(name, rectangles)
        recorder.check()

    def _note_work(self, recorder: Recorder, name: str, said_by: Iterable[set[int]]) -> None:
        """A picture is predicted by a model's labels and in work by everything else."""
        state = self._pictures.state(name)
        if state.status not in ("new", "predicted"):
            return
        models = {row.id for row in self._origins.rows if row.kind == "model"}
        rows = set().union(*said_by)
        status = "predicted" if rows & models and not rows - models - {NOBODY} else "in_work"
        if status != state.status:
            state.status = status
            recorder.submit([line(name, status=status)], hurry=False)

    def _origin_number(self, origin: str | int | Origin) -> int:
        if isinstance(origin, Origin):
            return origin.id
        if isinstance(origin, int):
            return origin
        if origin != PERSON:
            raise RequestError(f"{origin!r} is no origin: say 'person' or a row of the table.")
        return self.origin_id("person")
