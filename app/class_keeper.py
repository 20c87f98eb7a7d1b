"""The class tables of projects, as they will be once the recorder has written everything."""

from __future__ import annotations

from app.recorder import Recorder
from segcore.classes import ClassTable
from segcore.project import Project


class ClassKeeper:
    """Has class tables written, and knows the one that is on its way."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._to_come: tuple[Project, ClassTable] | None = None

    def of(self, project: Project) -> ClassTable:
        """The project's classes, with those that the recorder has yet to write."""
        to_come = self._to_come
        return to_come[1] if to_come and to_come[0] is project else project.classes

    def write(self, project: Project, classes: ClassTable, doing: str) -> None:
        """Have them written; `doing` says what it is, should it fail."""
        self._to_come = (project, classes)
        self._recorder.submit(doing, self._write, project, classes)

    def _write(self, project: Project, classes: ClassTable) -> None:
        """On the recorder's thread."""
        try:
            project.set_classes(classes)
        finally:
            if self._to_come == (project, classes):
                self._to_come = None
