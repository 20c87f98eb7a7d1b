"""Projects that nobody asked for by name, and how they get one."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from platformdirs import user_data_path

from segcore.errors import ProjectError
from segcore.project.confidence import CLIPS, CONFIDENCE
from segcore.project.maps import JOURNAL, LABELS, ORIGINS
from segcore.project.names import HISTORY, LIVE, relative_source
from segcore.project.pictures import PictureList
from segcore.project.removal import REMOVED
from segcore.project.states import STATES_NAME, PictureState, compact

_FOLDERS = (LABELS, ORIGINS, JOURNAL, HISTORY, REMOVED, CONFIDENCE, CLIPS)
_FILES = ("origins.json", "classes.json")
_LONGEST_NAME = 60


def automatic_folder(pictures: str | Path) -> Path:
    """Where the project of a folder of pictures is kept; the same for every way to write it."""
    place = os.path.realpath(pictures)
    digest = hashlib.sha256(os.fsencode(os.path.normcase(place))).hexdigest()[:16]
    name = Path(place).name[:_LONGEST_NAME] or "pictures"
    return user_data_path("segformer-studio", appauthor=False) / "projects" / f"{name}-{digest}"


def copy_project(source: Path, target: Path, pictures: PictureList) -> None:
    """Copy a project whose writer rests into a folder that has none.

    Pictures stay where they are, but for frames kept of a camera: these are the project's own. The
    picture list is written last, so what is there before is no project yet.

    Raises:
        ProjectError: something of a project is there, or it cannot be written; what was copied is
            removed again.
    """
    frames = _own_frames(source, pictures)
    for part in (*_FOLDERS, *_FILES, STATES_NAME, *frames.values()):
        if (target / part).exists():
            raise ProjectError(f"There is {part} in {target} already: choose another folder.")
    try:
        target.mkdir(parents=True, exist_ok=True)
        for part in _FOLDERS:
            if (source / part).is_dir():
                shutil.copytree(source / part, target / part)
        for part in (*_FILES, *frames.values()):
            if (source / part).exists():
                (target / part).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / part, target / part)
        compact(target, _moved_states(target, pictures, frames))
    except OSError as error:
        _remove_copied(target, frames.values())
        raise ProjectError(
            f"The project cannot be copied to {target} ({error.strerror or error}): choose a "
            "folder that you may write, with room in it."
        ) from error


def _own_frames(folder: Path, pictures: PictureList) -> dict[str, str]:
    """Where the kept frames of a project lie in its folder, by name."""
    return {
        name: state.source
        for name, state in pictures.states.items()
        if state.source.startswith(f"{LIVE}/") and (folder / state.source).is_file()
    }


def _moved_states(
    target: Path, pictures: PictureList, frames: Mapping[str, str]
) -> dict[str, PictureState]:
    """The picture list with every source as seen from another folder."""
    return {
        name: replace(
            state, source=frames.get(name) or relative_source(pictures.path(name), target)
        )
        for name, state in pictures.states.items()
    }


def _remove_copied(target: Path, frames: Iterable[str]) -> None:
    """Take back what was copied; nothing of it was there before."""
    for part in _FOLDERS:
        shutil.rmtree(target / part, ignore_errors=True)
    for part in (*_FILES, STATES_NAME, *frames):
        with suppress(OSError):
            (target / part).unlink()
    with suppress(OSError):
        (target / LIVE).rmdir()  # stays where something else lies in it
