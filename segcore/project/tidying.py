"""What a project is cleaned of on opening: outdated and torn lines, edits that a kill cut short."""

from __future__ import annotations

from pathlib import Path

from segcore.errors import ProjectError
from segcore.project.journal import read_journal
from segcore.project.maps import JOURNAL
from segcore.project.pictures import PictureList
from segcore.project.states import STATES_NAME, StatesContent, append_lines, compact


def tidied_states(folder: Path, states: StatesContent, pictures: PictureList) -> int:
    """The length of the picture list after outdated and torn lines are out of it.

    Raises:
        ProjectError: it cannot be written.
    """
    try:
        if states.worth_compacting:
            return compact(folder, pictures.states)
        if states.length != (folder / STATES_NAME).stat().st_size:
            return append_lines(folder, [], states.length)
    except OSError as error:
        raise ProjectError(
            f"The project {folder} cannot be written ({error.strerror or error}): open "
            "it read-only, or make the folder writable."
        ) from error
    return states.length


def left_journals(pictures: PictureList) -> tuple[list[str], list[str]]:
    """Pictures with edits that an earlier session left in journals; sentences on damaged ones."""
    names: list[str] = []
    notes: list[str] = []
    for name, path in pictures.with_file(JOURNAL, ".journal"):
        if not name:
            notes.append(f"{path.name} is a journal of no picture of the project")
            continue
        names.append(name)
        content = read_journal(path)
        if content.torn:
            notes.append(f"{name}: an edit that was cut short by a kill was dropped")
        if content.damaged:
            notes.append(f"{name}: a damaged stretch of the journal was passed over")
    return names, notes
