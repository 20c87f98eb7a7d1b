"""Labels of many pictures on their way into an open project: all of them get there, or none.

Everything is written beside the project's own files first (`staged`), which lie as they were until
`commit`; leaving without it throws all away. Replaced labels stay in their picture's undo history.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from segcore.atomic import replacing
from segcore.classes import ClassTable
from segcore.edits.planes import IdArray
from segcore.edits.replace import replace_all
from segcore.errors import ProjectError
from segcore.geometry import Box
from segcore.labels import widen
from segcore.project.checks import check_table_follows, rectangle
from segcore.project.folding import file_digest
from segcore.project.history_records import Kind, Move, encode
from segcore.project.index import IndexRow
from segcore.project.journal import Rectangle
from segcore.project.maps import Maps, write_maps
from segcore.project.names import CLASSES_NAME
from segcore.project.staged import (
    STAGING,
    Commit,
    StagedMap,
    begin_staging,
    decide,
    put_in_place,
    staged_step,
    staging_files,
    throw_away,
)
from segcore.project.states import PictureState, line

if TYPE_CHECKING:
    from segcore.project.store import Project

_Fields = dict[str, str | float]

_EVERYBODY = np.ones(256, np.bool_)


@dataclass(eq=False, slots=True)
class _Waiting:
    """What waits for a picture: `sequence` is the number that its labels get."""

    number: int
    sequence: int = 1
    has_maps: bool = False
    has_step: bool = False
    sha256: str = ""
    bytes: int = 0


class Intake:
    """Takes labels into a project; to be used in a `with` statement, and by one thread."""

    def __init__(self, project: Project, classes: ClassTable, origin: int, text: str) -> None:
        """Labels of a class table that the project's becomes.

        Args:
            origin: the row of the origin table that says the labels.
            text: what is done, for the undo menu of pictures whose labels are replaced.

        Raises:
            ProjectError: the project cannot be written, or a class would move or go.
        """
        self._recorder = project._writable()
        self._project, self._classes, self._origin, self._text = project, classes, origin, text
        self._before = project.classes
        self._known: dict[str, _Waiting] = {}
        self._new: dict[str, _Waiting] = {}
        self._files: dict[str, Path] = {}
        self._count = 0
        self._rows: list[IndexRow] = []
        self._fields: dict[str, _Fields] = {}
        if len(self._before) and project.labelled():
            check_table_follows(self._before, classes)

    def __enter__(self) -> Self:
        """Make the folder in which labels wait.

        Raises:
            ProjectError: it cannot be made, or labels are being taken into the project already.
        """
        project = self._project
        if not project._intake_guard.acquire(blocking=False):
            raise ProjectError(
                f"Other labels are being taken into {project.folder}: wait until that is done."
            )
        try:
            throw_away(project.folder)
            with self._nothing_taken("The labels cannot be written"):
                begin_staging(project.folder)
        except ProjectError:
            project._intake_guard.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Throw away what was not taken."""
        throw_away(self._project.folder)
        self._project._intake_guard.release()

    @property
    def known(self) -> list[str]:
        """Names of the pictures of the project that labels wait for."""
        return list(self._known)

    def stage(self, name: str, labels: IdArray) -> None:
        """Have labels wait for a picture of the project; once more is in the place of before.

        Args:
            labels: (H, W) ids of the new class table, ignore where nothing is said.

        Raises:
            ProjectError: the disk refuses; nothing was taken.
            RequestError: the labels are of another size than those that are there.
        """
        waiting = self._known[name] = self._next(self._recorder.next_number(name))
        with self._nothing_taken(f"The labels of {name} cannot be written"):
            said = self._said(labels)
            if self._project.has_labels(name) and not self._write_step(waiting, name, said.labels):
                return
            self._write(waiting, said)
        if not self._project.state(name).sha256:
            _take_digest(waiting, self._project.image_path(name))

    def stage_new(self, wanted: str, source: Path, labels: IdArray | None) -> None:
        """Have a new picture wait, to be listed under a wanted name, with labels or without.

        Raises:
            ProjectError: the disk refuses; nothing was taken.
        """
        waiting = self._new[wanted] = self._next(1)
        self._files[wanted] = source
        if labels is not None:
            with self._nothing_taken(f"The labels of {wanted} cannot be written"):
                self._write(waiting, self._said(labels))
            _take_digest(waiting, source)

    def leave_out(self, name: str) -> None:
        """Let the labels of a picture of the project not wait any longer."""
        del self._known[name]

    def outdated(self) -> list[str]:
        """Pictures of the project whose labels have changed since others were staged.

        To be asked, and followed by `commit`, while nobody else may write their labels.

        Raises:
            ProjectError: the disk refuses edits of before.
        """
        self._recorder.flush()
        next_number = self._recorder.next_number
        return [name for name, each in self._known.items() if next_number(name) != each.sequence]

    def commit(self) -> dict[str, str]:
        """Take everything that waits; the names that new pictures got for those wanted.

        Raises:
            ProjectError: nothing was taken; or, which its sentence says, everything will be as
                soon as the disk lets it be put in its place.
        """
        project = self._project
        with project._guard:
            if project.classes != self._before:
                raise ProjectError(
                    f"The classes of {project.folder} were changed meanwhile: nothing was taken; "
                    "import again."
                )
            with self._nothing_taken("The labels cannot be put in their place"):
                commit, names = self._decision()
                if self._classes != self._before:
                    self._classes.write(project.folder / STAGING / CLASSES_NAME)
                decide(project.folder, commit)
            try:
                self._finish()
            except ProjectError:
                project._unfinished = self._finish
                raise
        if self._classes.dtype is not self._before.dtype:
            try:
                self._recorder.rewrite_all()
            except ProjectError as error:  # they are widened whenever they are read
                project._trouble(str(error))
        return names

    def _next(self, sequence: int) -> _Waiting:
        self._count += 1
        return _Waiting(self._count, sequence)

    def _said(self, labels: IdArray) -> Rectangle:
        box = Box(0, 0, labels.shape[1], labels.shape[0])
        return rectangle(box, labels, self._origin, self._classes, box.size)

    def _write(self, waiting: _Waiting, said: Rectangle) -> None:
        files = staging_files(self._project.folder, waiting.number)
        write_maps(files, Maps(said.labels, said.origins, waiting.sequence), self._classes)
        waiting.has_maps = True

    def _write_step(self, waiting: _Waiting, name: str, labels: IdArray) -> bool:
        """Write what undo takes back; False where the picture has these labels already."""
        maps = self._project.maps(name)
        before = maps.labels
        if before.dtype == np.uint8 and labels.dtype == np.uint16:
            before = widen(before)
        edit = replace_all(before, maps.origins, labels, _EVERYBODY, self._origin, name=self._text)
        if edit is None:
            return False
        with replacing(staged_step(self._project.folder, waiting.number)) as stream:
            stream.writelines(encode(waiting.sequence, Move(Kind.DO, self._text, edit)))
        waiting.has_step = True
        return True

    def _decision(self) -> tuple[Commit, dict[str, str]]:
        """What becomes of all that waits, and the names of the new pictures."""
        named = self._project._pictures.named(self._files)
        commit = Commit([], [])
        self._rows, self._fields = [], {}
        for name, each in self._known.items():
            self._decide_on(commit, name, each, {})
        for wanted, each in self._new.items():
            name, source = named[wanted]
            self._check_free(name, each)
            self._decide_on(commit, name, each, {"source": source})
        return commit, {wanted: name for wanted, (name, _) in named.items()}

    def _decide_on(self, commit: Commit, name: str, waiting: _Waiting, fields: _Fields) -> None:
        pictures = self._project._pictures
        state = pictures.state(name) if pictures.lists(name) else PictureState("")
        if waiting.has_maps and state.status in ("new", "predicted"):
            fields["status"] = "in_work"
        if waiting.sha256:
            fields |= {"sha256": waiting.sha256, "bytes": str(waiting.bytes)}
        if fields:
            commit.lines.append(line(name, **fields))
            self._fields[name] = fields
        if waiting.has_maps:
            at = self._recorder.log_length(name) if waiting.has_step else -1
            commit.maps.append(StagedMap(waiting.number, name, at))
            self._rows.append(IndexRow(name, waiting.sequence, waiting.sha256 or state.sha256))

    def _check_free(self, name: str, waiting: _Waiting) -> None:
        """Refuse a name that stands for something else already."""
        if name in self._project.removed:
            raise ProjectError(
                f"{name} was removed from the project: nothing was taken; add it again first."
            )
        if waiting.has_maps and self._recorder.next_number(name) != waiting.sequence:
            raise ProjectError(
                f"There are labels of {name} in {self._project.folder} already: nothing was taken; "
                "add the picture to the project first, and import again."
            )

    def _finish(self) -> None:
        """Put everything in its place, and know it."""
        project = self._project
        with project._guard:
            self._recorder.replace_files(self._rows, self._classes, put_in_place)
            project._classes = self._classes
            project._pictures.add_named(self._files)
            for name, fields in self._fields.items():
                state = project._pictures.state(name)
                state.status = str(fields.get("status", state.status))
                state.sha256 = str(fields.get("sha256", state.sha256))
                state.bytes = int(fields.get("bytes", state.bytes))
            project._unfinished = None

    @contextmanager
    def _nothing_taken(self, trouble: str) -> Iterator[None]:
        """What the disk refuses, in a sentence."""
        try:
            yield
        except OSError as error:
            raise ProjectError(
                f"{trouble} to {self._project.folder} ({error.strerror or error}): nothing was "
                "taken; make room or make the folder writable, and import again."
            ) from error


def _take_digest(waiting: _Waiting, picture: Path) -> None:
    """The hash by which the picture is found again when it has moved."""
    with suppress(OSError):  # it may be away; its labels are not
        waiting.sha256, waiting.bytes = file_digest(picture), picture.stat().st_size
