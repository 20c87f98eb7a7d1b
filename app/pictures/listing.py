"""What a person's paths stand for: a project, folders of pictures, single pictures or videos."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, takewhile
from pathlib import Path

from segcore.decoding.animation import is_animation
from segcore.errors import ProjectError, VideoError
from segcore.folders import find_videos, is_video_path
from segcore.images import find_images, is_image_path
from segcore.project import Project
from segcore.project.automatic import automatic_folder
from segcore.project.frames import add_video, video_trouble
from segcore.project.lock import NotWritableError

FIRST_BATCH = 32
"""Pictures listed before the window is told: few, so that the first one opens at once."""
_SENTENCES = 3
"""Said of paths that cannot be opened, before the rest is only counted."""


@dataclass(frozen=True)
class Source:
    """Where the pictures of a session come from.

    Attributes:
        project_folder: set when the person opened a project; then there is nothing to list.
        base: the folder that the automatic project is for.
        left_out: a sentence on each path that is neither.
    """

    project_folder: Path | None = None
    base: Path | None = None
    folders: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    videos: tuple[Path, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to open."""
        return self.project_folder is None and self.base is None


def obstacle_in(source: Source) -> str:
    """What keeps a source from being opened, for the person; '' where there is something to list.

    Raises:
        ImageError: a folder cannot be read.
    """
    if source.is_empty:
        said, more = source.left_out[:_SENTENCES], len(source.left_out) - _SENTENCES
        return " ".join((*said, *[f"And {more:,} more like these."] * (more > 0)))
    if source.project_folder is not None or source.files or source.videos:
        return ""
    found = (chain(find_images(folder), find_videos(folder)) for folder in source.folders)
    if any(next(each, None) is not None for each in found):
        return ""
    folders = ", ".join(str(folder) for folder in source.folders)
    return f"{folders} holds no pictures and no videos: choose another folder."


def source_of(paths: Sequence[Path], *, as_frames: bool = False) -> Source:
    """Sort paths into projects, folders, pictures and videos; looks at the disk.

    Animations count as videos, and with `as_frames` every file with several pictures does.
    """
    folders: list[Path] = []
    files: list[Path] = []
    videos: list[Path] = []
    left_out: list[str] = []
    for path in (Path(os.path.abspath(path)) for path in paths):  # noqa: PTH100 - keeps links
        if path.is_dir() and Project.is_project(path):
            return Source(project_folder=path)
        if path.is_dir():
            folders.append(path)
        elif not path.exists():
            left_out.append(f"{path} is not there: it may have been moved or renamed.")
        elif is_video_path(path) or (as_frames and is_image_path(path)) or is_animation(path):
            if trouble := video_trouble(path):
                left_out.append(trouble)
            else:
                videos.append(path)
        elif is_image_path(path):
            files.append(path)
        else:
            left_out.append(
                f"{path.name} is no picture: open a picture, a video, a folder or a project; "
                "labels come in by File > Import Labels."
            )
    return Source(
        base=_common_folder(folders, [*files, *videos]),
        folders=tuple(folders),
        files=tuple(files),
        videos=tuple(videos),
        left_out=tuple(left_out),
    )


def project_for(source: Source) -> Project:
    """Open the project that a source names, or the automatic one of its pictures.

    One that another window writes is opened read-only; its notes then say why.

    Raises:
        ProjectError: there is nothing to open, or the project cannot be opened.
    """
    if source.is_empty:
        raise ProjectError("There is no picture to open: choose pictures, a folder or a project.")
    try:
        return _opened(source, read_only=False)
    except NotWritableError as error:
        project = _opened(source, read_only=True)
        project.notes.append(
            f"The project {project.folder} is shown read-only because {error.why}: "
            "nothing is saved here."
        )
        return project


def _opened(source: Source, *, read_only: bool) -> Project:
    if source.project_folder is not None:
        return Project.open(source.project_folder, read_only)
    assert source.base is not None
    return Project.for_pictures(source.base, read_only=read_only)


def reopened(source: Source, current: Project | None) -> Project | None:
    """The project that is open already, if it is the one that is asked for."""
    if current is None or current.read_only:
        return None
    if source.project_folder is not None:
        return current if source.project_folder.resolve() == current.folder else None
    if source.base is None:
        return None
    return current if automatic_folder(source.base) == current.folder else None


def names_of(source: Source, project: Project) -> Iterator[list[str]]:
    """Add the pictures of a source to a project; their names, in natural order.

    Of a folder the first pictures come by themselves, so that one opens while the others, which
    may be very many, are still being added; its videos come after them, frame by frame.

    Raises:
        ProjectError: the project cannot be written.
        VideoError: a video cannot be read.
    """
    if project.read_only:
        yield _names_known(source, project)
        return
    if source.files:
        yield project.add(source.files)
    for folder in source.folders:
        first = project.add(list(islice(_pictures_in(folder), FIRST_BATCH)))
        yield first
        told = set(first)
        yield [name for name in project.add([folder]) if name not in told]
    in_folders = (video for folder in source.folders for video in find_videos(folder))
    yield from _frames_of([*source.videos, *in_folders], project)


def _frames_of(videos: Sequence[Path], project: Project) -> Iterator[list[str]]:
    """The frames of videos, as they become known; a bad video does not keep the others away."""
    trouble: VideoError | None = None
    for video in videos:
        try:
            yield from add_video(project, video)
        except VideoError as error:
            trouble = trouble or error
    if trouble is not None:
        raise trouble


def _names_known(source: Source, project: Project) -> list[str]:
    """Those pictures of a source that a project has already, for one that takes no more."""
    files = {Path(os.path.realpath(path)) for path in source.files}
    videos = {Path(os.path.realpath(path)) for path in source.videos}
    folders = [Path(os.path.realpath(folder)) for folder in source.folders]
    return [
        name
        for name in project.images
        if (path := Path(os.path.realpath(project.image_path(name)))) in files
        or path.parent in videos
        or any(path.is_relative_to(folder) for folder in folders)
    ]


def _pictures_in(folder: Path) -> Iterator[Path]:
    """The pictures of a folder up to its first subfolder.

    A project names pictures of a folder outside by their path in the folder that is added, which
    is the file name for these alone.
    """
    return takewhile(lambda path: path.parent == folder, find_images(folder))


def _common_folder(folders: Sequence[Path], files: Sequence[Path]) -> Path | None:
    parents = [*folders, *(path.parent for path in files)]
    if not parents:
        return None
    try:
        return Path(os.path.commonpath(parents))
    except ValueError:  # different drives have nothing in common
        return parents[0]
