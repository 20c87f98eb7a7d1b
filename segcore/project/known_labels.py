"""Which pictures have labels: what the index says, made anew whenever it cannot be trusted."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from segcore.errors import ProjectError
from segcore.project.index import IndexRow, ProjectIndex, scanned
from segcore.project.pictures import PictureList
from segcore.project.states import STATES_NAME


class KnownLabels:
    """The index of a project that is open for writing.

    A stamp of the picture list is put into it on closing and taken out on opening: after a kill
    there is none, and the folder is looked through before the index is believed.
    """

    def __init__(self, folder: Path, pictures: PictureList) -> None:
        self._folder, self._pictures = folder, pictures
        self._index = ProjectIndex(folder)
        self._is_whole = self._index.is_of(self._stamp())
        self._index.set_stamp("")

    def names(self, waiting: Collection[str]) -> list[str]:
        """Pictures with labels in the order of the list, those of journals (`waiting`) too."""
        if not self._is_whole:
            self._index.rebuild(scanned(self._pictures))
            self._is_whole = True
        known = {row.image for row in self._index.rows()}.union(waiting)
        return [name for name in self._pictures.names if name in known]

    def note(self, row: IndexRow) -> None:
        """The PNG files of a picture are others now."""
        try:
            self._index.put(row)
        except ProjectError:
            self._is_whole = False  # made anew when it is next asked

    def close(self) -> None:
        """Stamp it, if everything is in it."""
        if self._is_whole:
            with suppress(OSError, ProjectError):  # a missing stamp only costs a rebuild
                self._index.set_stamp(self._stamp())
        self._index.close()

    def _stamp(self) -> str:
        found = (self._folder / STATES_NAME).stat()
        return f"{found.st_size}:{found.st_mtime_ns}"
