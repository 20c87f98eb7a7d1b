"""The pictures of an open project: added, removed, found again, with status and comment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from segcore.errors import ProjectError, SegcoreError
from segcore.project.frames import add_video, sorted_out
from segcore.project.lifecycle import ProjectFolder
from segcore.project.relocate import SourceTrouble, find_moved, trouble_of
from segcore.project.states import line


class ProjectPictures(ProjectFolder):
    """An open project folder with its pictures, without their labels; see `Project`."""

    @property
    def images(self) -> Sequence[str]:
        """Names of the pictures: relative paths with `/`, in the order they were added."""
        return self._pictures.names

    def add(self, paths: Iterable[str | Path]) -> list[str]:
        """Add pictures, the pictures in folders, and videos; those known are not added again.

        A file that was removed comes back with its labels; in a folder such files are passed over.
        Of a video that is named itself each frame is a picture, `clip.mp4/000000` and so on.

        Returns the names of all of them, known and new.

        Raises:
            ProjectError: a path does not exist.
            VideoError: a video cannot be read.
        """
        recorder = self._writable()
        videos, others = sorted_out(paths)
        with self._guard:
            names, new = self._pictures.add(others)
            names += [name for video in videos for part in add_video(self, video) for name in part]
            recorder.submit([line(name, source=self._pictures.state(name).source) for name in new])
            removed = set(self._pictures.removed)
            self.restore(name for name in names if name in removed)
        return names

    def remove(self, names: Iterable[str]) -> None:
        """Take pictures off the list; their labels lie in `removed/` until `restore`.

        A folder that is added again does not bring them back.

        Raises:
            ProjectError: there is no such picture, or the disk refuses.
        """
        recorder = self._writable()
        with self._guard:
            for name in list(names):
                self._pictures.remove(name)
                recorder.submit([line(name, removed="yes")])
                recorder.remove(name)

    def restore(self, names: Iterable[str]) -> None:
        """Bring pictures back that were removed, with labels, history and all.

        Raises:
            ProjectError: a picture was not removed, or the disk refuses.
        """
        recorder = self._writable()
        with self._guard:
            for name in list(names):
                self._pictures.restore(name)
                recorder.submit([line(name, removed="")])
                recorder.restore(name)

    @property
    def removed(self) -> Sequence[str]:
        """Names of the pictures that were removed."""
        return self._pictures.removed

    def source_troubles(self) -> list[SourceTrouble]:
        """Pictures whose files are missing, or others than when they were first labelled.

        Looks at every file; 100,000 take seconds.
        """
        states = self._pictures.states
        found = (trouble_of(name, self.image_path(name), states[name]) for name in self.images)
        return [trouble for trouble in found if trouble is not None]

    def relocate(self, folder: str | Path) -> list[str]:
        """Find missing pictures in a folder and its subfolders; the names of those found.

        Raises:
            ProjectError: the folder cannot be read.
        """
        recorder = self._writable()
        states = self._pictures.states
        missing = [
            (trouble.name, states[trouble.name])
            for trouble in self.source_troubles()
            if trouble.kind == "missing"
        ]
        try:
            found = find_moved(missing, Path(folder))
        except (OSError, SegcoreError) as error:
            raise ProjectError(f"{folder} cannot be searched ({error}): name another.") from error
        with self._guard:
            for name, path in found.items():
                recorder.submit([line(name, source=self._pictures.set_source(name, path))])
        return list(found)

    def image_path(self, name: str) -> Path:
        """Where a picture lies; ProjectError when the project has none of that name."""
        return self._pictures.path(name)

    def size(self, name: str) -> tuple[int, int]:
        """(H, W) of a picture's label map, or of the upright picture when it has none.

        Raises:
            ProjectError: there is no such picture.
            ImageError: it has no labels and cannot be read.
        """
        return self._pictures.size(name)
