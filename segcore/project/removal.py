"""The files of pictures that were removed: kept in `removed/`, and brought back from there.

The picture list is the truth. What a kill left in the wrong place is moved on the next opening.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from segcore.project.maps import JOURNAL, LABELS, ORIGINS
from segcore.project.names import HISTORY, map_path

REMOVED = "removed"
_KINDS = ((LABELS, ".png"), (ORIGINS, ".png"), (JOURNAL, ".journal"), (HISTORY, ".edits"))


def put_away(folder: Path, name: str) -> None:
    """Move a picture's files into `removed/`, the labels last; OSError where that fails."""
    _move(folder, folder / REMOVED, name, reversed(_KINDS))


def bring_back(folder: Path, name: str) -> None:
    """Move a picture's files back to where they were, the labels last.

    Raises:
        OSError: that fails.
        FileExistsError: there are labels in their place.
    """
    _move(folder / REMOVED, folder, name, reversed(_KINDS))


def reconcile(folder: Path, listed: Iterable[str], removed: Iterable[str]) -> list[str]:
    """Finish what a kill has cut short; sentences on what could not be moved."""
    notes = []
    for name in removed:
        try:
            put_away(folder, name)
        except OSError as error:
            notes.append(f"{name} is removed, but its labels lie where they were ({error}).")
    if (folder / REMOVED).is_dir():
        for name in listed:
            try:
                bring_back(folder, name)
            except OSError as error:
                notes.append(f"The labels of {name} lie in {REMOVED} still ({error}).")
    return notes


def _move(source: Path, target: Path, name: str, kinds: Iterable[tuple[str, str]]) -> None:
    for kind, ending in kinds:
        path, place = (map_path(root, kind, name, ending) for root in (source, target))
        if path.exists():
            if place.exists():
                raise FileExistsError(f"{place} is there already")
            place.parent.mkdir(parents=True, exist_ok=True)
            path.rename(place)
