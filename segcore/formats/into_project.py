"""A set of labelled pictures into a project: a new one, or more for one that is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from segcore.errors import FormatError, ImageError, ProjectError, without_advice
from segcore.formats.contract import Finding, LabelledPicture
from segcore.formats.importing import Imported
from segcore.formats.matching import Existing, Matched, matched
from segcore.formats.room import check_room
from segcore.formats.staging import staged_folder
from segcore.progress import CancelToken, ProgressCallback, Ticker
from segcore.project import Project
from segcore.project.intake import Intake

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

    All of it is taken or nothing, also on a full disk, when it is called off, and after a kill, of
    which the next opening of the project finishes what was decided or throws away what was not.
    Everything is checked before: classes are matched by name and new ones come at the end, pictures
    keep their place on the disk, and labels of pictures that the project knows are matched by name.

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
        held: has a picture to itself while its labels are put in their place; called with its name.
    """
    plan = matched(project, imported.labelled, existing)
    check_room(project.folder, plan.taken)
    if not dry_run:
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
                f"There is no picture for the labels of {name}: name the folder with the pictures."
                for name in alone
            ],
        )
    check_room(folder, labelled.pictures)
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
        plan = matched(project, labelled, "refuse")
        _take(project, plan, format_name, nullcontext, progress=progress, cancel=cancel)
        taken = tuple(plan.names[picture.name] for picture in plan.taken)
    return ImportReport(folder, taken, (), labelled.classes.names, imported.findings)


@contextmanager
def _said_of(folder: Path, staging: Path) -> Iterator[None]:
    """Troubles of a project that is being made, said of the folder that it was to be in."""
    try:
        yield
    except ProjectError as error:
        trouble = without_advice(error).replace(str(staging), str(folder))
        raise ProjectError(
            f"{trouble}: nothing was taken; make room, or name another folder."
        ) from error


def _take(
    project: Project,
    plan: Matched,
    format_name: str,
    held: Held,
    *,
    progress: ProgressCallback | None,
    cancel: CancelToken | None,
) -> None:
    """Take all labels of a plan, or none."""
    origin = _origin(project, format_name)
    ticker = Ticker(len(plan.taken), progress)
    with (
        Intake(project, plan.classes, origin, f"Import {format_name}") as intake,
        ExitStack() as all_held,
    ):
        for picture in plan.taken:
            if cancel is not None:
                cancel.raise_if_cancelled()
            _stage(project, intake, plan, picture)
            ticker.tick(picture.name)
        for name in intake.known:
            all_held.enter_context(held(name))
        _follow_changes(project, intake, plan)
        plan.names.update(intake.commit())


def _origin(project: Project, format_name: str) -> int:
    try:
        return project.origin_id("imported", format_name)
    except ProjectError as error:
        raise ProjectError(
            f"{without_advice(error)}: nothing was taken; put it right, and import again."
        ) from error


def _stage(project: Project, intake: Intake, plan: Matched, picture: LabelledPicture) -> None:
    try:
        labels = plan.translated(picture.labels())
    except (FormatError, ImageError) as error:
        raise FormatError(
            f"{without_advice(error)}: nothing was taken; put it right, and import again."
        ) from error
    says_something = bool((labels != plan.classes.ignore).any())
    name = plan.names.get(picture.name)
    if name is None:
        file = plan.new_files[picture.name]
        intake.stage_new(picture.name, file, labels if says_something else None)
    elif says_something or project.has_labels(name):
        intake.stage(name, labels)


def _follow_changes(project: Project, intake: Intake, plan: Matched) -> None:
    """Do what the plan says about labels there already, of those that came meanwhile.

    Raises:
        FormatError: it says that nothing is to be taken then.
    """
    changed = set(intake.outdated())
    pictures = [picture for picture in plan.taken if plan.names.get(picture.name) in changed]
    if pictures and plan.existing == "refuse":
        names = [plan.names[picture.name] for picture in pictures]
        raise FormatError.of(
            project.folder,
            [f"{name} was labelled meanwhile: nothing was taken; import again." for name in names],
        )
    for picture in pictures:
        if plan.existing == "replace":
            _stage(project, intake, plan, picture)
        else:
            intake.leave_out(plan.names[picture.name])
            plan.taken.remove(picture)
            plan.kept.append(picture)
