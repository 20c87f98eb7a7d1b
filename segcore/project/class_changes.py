"""Changes of classes that go through every picture: merge, delete, split off.

A change is planned in `class_change.json` before anything of it is done, and the file goes when all
of it is. Every part of it may be done twice with the same outcome, so a change that was cut short
by a kill is simply done again on the next opening. In each picture it is one edit, which undo takes
back there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segcore.atomic import replacing
from segcore.classes import ClassTable, Color
from segcore.edits import Edit, Patch, tiles_of
from segcore.edits.patch import patch_between
from segcore.edits.planes import IdArray
from segcore.errors import Cancelled, ProjectError
from segcore.geometry import Box
from segcore.progress import Progress, ProgressCallback

if TYPE_CHECKING:
    from segcore.project.store import Project

PLAN_NAME = "class_change.json"


@dataclass(frozen=True)
class ClassChange:
    """The pixels of one class become another's.

    Attributes:
        source: the class whose pixels they are.
        target: the class that gets them; None makes them unlabelled.
        retires: whether the source is retired: merged or deleted, and never painted again.
        pictures: names of those that it is about; None for all.
        text: what was done, for the undo menu.
    """

    source: int
    target: int | None
    retires: bool
    pictures: tuple[str, ...] | None = None
    text: str = ""

    def concerns(self, name: str) -> bool:
        """Whether a picture is meant."""
        return self.pictures is None or name in self.pictures


Hold = Callable[[str], Callable[[], None] | None]
"""Keeps a picture from everybody else until what it returns is called; None: somebody has it."""


def merge(classes: ClassTable, source: int, target: int) -> ClassChange:
    """Every pixel of one class becomes another's, and the class is retired."""
    text = f"Merge {classes[source].name} into {classes[target].name}"
    return ClassChange(source, target, retires=True, text=text)


def delete(classes: ClassTable, source: int) -> ClassChange:
    """Every pixel of a class becomes unlabelled, and the class is retired."""
    return ClassChange(source, None, retires=True, text=f"Delete {classes[source].name}")


def split_off(
    classes: ClassTable,
    source: int,
    name: str,
    pictures: Iterable[str],
    color: Color | None = None,
) -> tuple[ClassTable, ClassChange]:
    """The pixels of a class in some pictures become a new class's.

    Raises:
        ClassTableError: there is a class of that name.
    """
    table = classes.with_class(name, color)
    text = f"Split {name} off {classes[source].name}"
    return table, ClassChange(
        source, len(classes), retires=False, pictures=tuple(pictures), text=text
    )


def edit_of_change(
    change: ClassChange, labels: IdArray, origins: IdArray, classes: ClassTable
) -> Edit | None:
    """What a change does to one picture's maps; not applied. None where it does nothing.

    Who said so stays, but of pixels that become unlabelled, which are nobody's.
    """
    patches: list[Patch] = []
    for tile in tiles_of(Box(0, 0, labels.shape[1], labels.shape[0])):
        before = labels[tile.slices]
        meant = before == change.source
        if not meant.any():
            continue
        after, said_by = before.copy(), origins[tile.slices].copy()
        after[meant] = classes.ignore if change.target is None else change.target
        if change.target is None:
            said_by[meant] = 0
        patch = patch_between(tile, before, after, origins[tile.slices], said_by)
        if patch is not None:
            patches.append(patch)
    return Edit(tuple(patches), change.text) if patches else None


def pixels_of(
    project: Project,
    class_id: int,
    names: Iterable[str] | None = None,
    progress: ProgressCallback | None = None,
) -> dict[str, int]:
    """How many pixels of a class the labelled pictures have, those with any.

    Raises:
        SegcoreError: a label map is damaged.
    """
    meant = project.labelled() if names is None else [*names]
    found: dict[str, int] = {}
    for number, name in enumerate(meant):
        count = int(np.count_nonzero(project.labels(name) == class_id))
        if count:
            found[name] = count
        if progress is not None:
            progress(Progress(number + 1, len(meant)))
    return found


def begin(project: Project, change: ClassChange, classes: ClassTable | None = None) -> None:
    """Write the plan, then the class table; from here on the change is finished, come what may.

    `classes` is the table that a split brings.

    Raises:
        ProjectError: another change is not finished, or the folder cannot be written.
    """
    if read_plan(project.folder) is not None:
        raise ProjectError(
            "Another change of classes is still under way: wait until it has gone through."
        )
    try:
        with replacing(project.folder / PLAN_NAME, "w") as stream:
            json.dump(asdict(change), stream)
    except OSError as error:
        raise ProjectError(
            f"{project.folder} cannot be written ({error.strerror or error}): make room, or make "
            "the folder writable; nothing has changed."
        ) from error
    project.set_classes(_table_after(change, classes or project.classes))


def carry_out(
    project: Project,
    change: ClassChange,
    hold: Hold = lambda _name: _nothing,
    progress: ProgressCallback | None = None,
) -> list[str]:
    """Change every picture that `hold` gives; the names of those that somebody else has.

    Raises:
        Cancelled: `progress` raised it; what is done stays done, and the plan is dropped.
        SegcoreError: a picture's labels cannot be read or written; the plan stays.
    """
    meant = [name for name in project.labelled() if change.concerns(name)]
    held_back = []
    try:
        for number, name in enumerate(meant):
            release = hold(name)
            if release is None:
                held_back.append(name)
            else:
                try:
                    change_picture(project, change, name)
                finally:
                    release()
            if progress is not None:
                progress(Progress(number + 1, len(meant)))
    except Cancelled:
        give_up(project, change)
        raise
    return held_back


def end(project: Project) -> None:
    """Bring everything to disk and drop the plan.

    Raises:
        ProjectError: the disk refuses; the plan stays.
    """
    project.flush()
    try:
        (project.folder / PLAN_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise ProjectError(
            f"{project.folder / PLAN_NAME} cannot be removed ({error.strerror or error}): make "
            "the folder writable."
        ) from error


def give_up(project: Project, change: ClassChange) -> None:
    """Keep the class where it still has pixels, and drop the plan."""
    if change.retires:
        project.set_classes(project.classes.with_revived(change.source))
    end(project)


def change_everywhere(
    project: Project,
    change: ClassChange,
    classes: ClassTable | None = None,
    progress: ProgressCallback | None = None,
) -> None:
    """Do all of a change, where nobody else works on the project; raises as its parts."""
    begin(project, change, classes)
    carry_out(project, change, progress=progress)
    end(project)


def finish(project: Project) -> str | None:
    """Do what a kill left of a change; a sentence on it, or None where there was none.

    Raises:
        ProjectError: the plan is damaged.
        SegcoreError: as `carry_out`.
    """
    change = read_plan(project.folder)
    if change is None:
        return None
    classes = project.classes
    if change.target is not None and change.target >= len(classes):
        (project.folder / PLAN_NAME).unlink(missing_ok=True)
        return None  # cut short before the new class was there: nothing was done
    project.set_classes(_table_after(change, classes))
    carry_out(project, change)
    end(project)
    return f"A change that was cut short has been finished: {change.text}."


def read_plan(folder: Path) -> ClassChange | None:
    """The change that is under way, if one is.

    Raises:
        ProjectError: the file is damaged.
    """
    path = folder / PLAN_NAME
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        pictures = said["pictures"]
        return ClassChange(
            int(said["source"]),
            None if said["target"] is None else int(said["target"]),
            bool(said["retires"]),
            None if pictures is None else tuple(map(str, pictures)),
            str(said["text"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProjectError(
            f"{path} cannot be read ({error}): remove it; the labels are whole, and what it "
            "planned can be done again."
        ) from error


def _table_after(change: ClassChange, classes: ClassTable) -> ClassTable:
    if not change.retires or classes[change.source].retired:
        return classes
    return classes.with_retired(change.source, change.target)


def change_picture(project: Project, change: ClassChange, name: str) -> None:
    """Change the labels of one picture; raises as `carry_out`."""
    maps = project.maps(name)
    edit = edit_of_change(change, maps.labels, maps.origins, project.classes)
    if edit is not None:
        project.record_edit(name, edit)
        project.fold(name)


def _nothing() -> None:
    """Nobody else is there to be let in."""
