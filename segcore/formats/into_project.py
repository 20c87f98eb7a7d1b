"""A set of labelled pictures into a project: a new one, or more for one that is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from segcore.classes import ClassTable
from segcore.errors import FormatError, ImageError, ProjectError
from segcore.formats.contract import Finding, LabelledPicture, LabelledSet
from segcore.formats.importing import Imported, finder_of
from segcore.formats.staging import staged_folder
from segcore.labels import LabelMap
from segcore.progress import CancelToken, ProgressCallback, Ticker
from segcore.project import Project
from segcore.project.adding import add_named

Existing = Literal["refuse", "keep", "replace"]
"""What becomes of pictures that have labels already: nothing is taken at all, theirs are kept, or
they are replaced (which the picture's history keeps)."""

Held = Callable[[str], AbstractContextManager[object]]


@dataclass(frozen=True)
class ImportReport:
    """What an import took, or would take.

    Attributes:
        project: the project's folder.
        pictures: names in the project of the pictures with labels taken.
        kept: names of pictures whose labels were kept as they were.
        new_classes: names of the classes that the project did not have.
        findings: what there is to say.
        written: False after a dry run.
    """

    project: Path
    pictures: tuple[str, ...]
    kept: tuple[str, ...] = ()
    new_classes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
    written: bool = True


def import_into(
    folder: Path,
    imported: Imported,
    format_name: str,
    *,
    existing: Existing = "refuse",
    dry_run: bool = False,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> ImportReport:
    """Make a project of a set, or add it to the project in `folder`.

    A new project appears whole or not at all. Into one that is there everything is checked before
    anything is changed: classes are matched by name and new ones come at the end, pictures keep
    their place on the disk, and labels of pictures that the project knows are matched by name.

    Raises:
        FormatError: something hinders it; everything that does stands in its `problems`.
        ProjectError: the project cannot be opened or written.
        Cancelled: it was called off.
    """
    if not Project.is_project(folder):
        return _into_new(
            folder, imported, format_name, dry_run=dry_run, progress=progress, cancel=cancel
        )
    with Project.open(folder, read_only=dry_run) as project:
        return import_into_open(
            project,
            imported,
            format_name,
            existing=existing,
            dry_run=dry_run,
            progress=progress,
            cancel=cancel,
        )


def import_into_open(
    project: Project,
    imported: Imported,
    format_name: str,
    *,
    existing: Existing = "refuse",
    dry_run: bool = False,
    held: Held = nullcontext,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> ImportReport:
    """As `import_into`, for a project that is open, which stays so.

    Args:
        held: has a picture to itself while its labels are written; called with its name.
    """
    plan = _plan(project, imported.labelled, existing)
    if not dry_run:
        with _half_taken():
            _take(project, plan, format_name, held, progress=progress, cancel=cancel)
    return ImportReport(
        project.folder,
        tuple(plan.names.get(p.name, p.name) for p in plan.taken),
        tuple(plan.names.get(p.name, p.name) for p in plan.kept),
        plan.new_classes,
        imported.findings,
        written=not dry_run,
    )


def _into_new(
    folder: Path,
    imported: Imported,
    format_name: str,
    *,
    dry_run: bool,
    progress: ProgressCallback | None,
    cancel: CancelToken | None,
) -> ImportReport:
    labelled = imported.labelled
    alone = [p.name for p in labelled.pictures if p.image is None]
    if alone:
        raise FormatError.of(
            folder,
            [
                f"There is no picture for the labels of {name}: name a folder with --pictures."
                for name in alone
            ],
        )
    if dry_run:
        names = tuple(picture.name for picture in labelled.pictures)
        return ImportReport(
            folder, names, (), labelled.classes.names, imported.findings, written=False
        )
    with (
        staged_folder(folder) as staging,
        _said_of(folder, staging),
        Project.create(staging, labelled.classes) as project,
    ):
        plan = _plan(project, labelled, "refuse")
        _take(project, plan, format_name, nullcontext, progress=progress, cancel=cancel)
        taken = tuple(plan.names[picture.name] for picture in plan.taken)
    return ImportReport(folder, taken, (), labelled.classes.names, imported.findings)


@contextmanager
def _said_of(folder: Path, staging: Path) -> Iterator[None]:
    """Troubles of a project that is being made, said of the folder that it was to be in."""
    try:
        yield
    except ProjectError as error:
        said = str(error).replace(str(staging), str(folder))
        trouble = said.rpartition(": ")[0] or said.removesuffix(".")
        raise ProjectError(
            f"{trouble}: nothing was taken; make room, or name another folder."
        ) from error


@dataclass(eq=False)
class _Plan:
    """What is done to a project, decided before anything is."""

    classes: ClassTable
    ids: np.ndarray[tuple[int], np.dtype[np.uint16]]
    new_classes: tuple[str, ...]
    names: dict[str, str]
    new_files: dict[str, Path]
    taken: list[LabelledPicture]
    kept: list[LabelledPicture]
    ignore: int


def _plan(project: Project, labelled: LabelledSet, existing: Existing) -> _Plan:
    problems: list[str] = []
    classes, ids = merged(project.classes, labelled.classes, problems)
    known, new_files = _places(project, labelled, problems)
    taken: list[LabelledPicture] = []
    kept: list[LabelledPicture] = []
    for picture in labelled.pictures:
        name = known.get(picture.name)
        if name is None or not project.has_labels(name):
            taken.append(picture)
        elif existing == "refuse":
            problems.append(
                f"{name} has labels in the project already: keep them with --existing keep, or "
                "replace them with --existing replace."
            )
        else:
            (taken if existing == "replace" else kept).append(picture)
        if name is not None and project.size(name) != picture.size:
            problems.append(
                f"{name} has another size in the project: import it under another name."
            )
    if problems:
        raise FormatError.of(project.folder, problems)
    new = classes.names[len(project.classes) :]
    return _Plan(classes, ids, new, dict(known), new_files, taken, kept, labelled.classes.ignore)


def merged(
    own: ClassTable, other: ClassTable, problems: list[str]
) -> tuple[ClassTable, np.ndarray[tuple[int], np.dtype[np.uint16]]]:
    """`own` with the classes of `other` that it lacks, and the id in it of every id of `other`.

    The second is an array over all ids of `other` up to its ignore, which becomes ignore.
    """
    counts = Counter(info.name for info in other.living)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated and len(own):
        problems.append(
            f"Several classes are called {repeated[0]!r}, and classes are matched by name: "
            "rename all but one of them."
        )
    table = own if len(own) else other
    for info in other.living:
        if table.id_of(info.name) is None:
            table = table.with_class(info.name, info.color)
    ids = np.full(other.ignore + 1, table.ignore, np.uint16)
    for info in other.living:
        found = info.id if table is other else table.id_of(info.name)
        ids[info.id] = table.ignore if found is None else found
    return table, ids


def _places(
    project: Project, labelled: LabelledSet, problems: list[str]
) -> tuple[dict[str, str], dict[str, Path]]:
    """Names in the project of pictures that it knows, and the files of those that it does not."""
    by_file = {str(project.image_path(name).resolve()): name for name in project.images}
    find = finder_of({name: Path(name) for name in project.images})
    known: dict[str, str] = {}
    new: dict[str, Path] = {}
    for picture in labelled.pictures:
        if picture.image is None:
            found = find(picture.name) or find(picture.name.partition("/")[2])
            if found is None:
                problems.append(
                    f"There is no picture for the labels of {picture.name}: name a folder with "
                    "--pictures."
                )
            else:
                known[picture.name] = found.as_posix()
        elif (name := by_file.get(str(picture.image.resolve()))) is not None:
            known[picture.name] = name
        else:
            new[picture.name] = picture.image
    twice = [name for name, count in Counter(known.values()).items() if count > 1]
    problems += [f"Two label maps are for the picture {name}: keep one." for name in twice]
    return known, new


def _take(
    project: Project,
    plan: _Plan,
    format_name: str,
    held: Held,
    *,
    progress: ProgressCallback | None,
    cancel: CancelToken | None,
) -> None:
    if plan.classes != project.classes:
        project.set_classes(plan.classes)
    plan.names.update(add_named(project, plan.new_files))
    origin = project.origin_id("imported", format_name)
    ticker = Ticker(len(plan.taken), progress)
    for picture in plan.taken:
        if cancel is not None:
            cancel.raise_if_cancelled()
        name = plan.names[picture.name]
        labels = _translated(picture.labels(), plan)
        if project.has_labels(name) or (labels != plan.classes.ignore).any():
            with held(name):
                project.save(name, labels, origin, straight=True)
        ticker.tick(name)
    project.flush(folded=True)


@contextmanager
def _half_taken() -> Iterator[None]:
    """What goes wrong halfway, with what to do about it."""
    try:
        yield
    except (ProjectError, ImageError, FormatError) as error:
        trouble = str(error).rpartition(": ")[0] or str(error).removesuffix(".")
        raise ProjectError(
            f"{trouble}: what was taken before is on disk; make room or put it right, and import "
            "again with --existing keep."
        ) from error


def _translated(labels: LabelMap, plan: _Plan) -> LabelMap:
    found = plan.ids[labels]
    return found if plan.classes.dtype is np.uint16 else found.astype(np.uint8)
