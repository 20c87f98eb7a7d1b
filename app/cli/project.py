"""`project`: a project without the window."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from app.cli.options import (
    BackendOption,
    DeviceOption,
    JsonFlag,
    ModelOption,
    NumericsOption,
    PrecisionOption,
)
from app.cli.terminal import Terminal, counted
from segcore.classes import ClassTable
from segcore.errors import RequestError, SegcoreError, readable
from segcore.progress import Progress

if TYPE_CHECKING:
    from segcore.project import Project

commands = typer.Typer(
    help="Make a project, add pictures, predict them, see how far it is.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

ProjectArgument = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's folder.")]
Pictures = Annotated[
    list[Path], typer.Argument(metavar="PICTURE", help="Pictures, and folders of them.")
]


@commands.command("create")
def create(
    folder: ProjectArgument,
    pictures: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PICTURE]", help="Pictures to begin with, and folders of them."),
    ] = None,
    classes: Annotated[
        str,
        typer.Option(
            "--classes", metavar="FILE|NAMES", help="A classes.json, or names with commas between."
        ),
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Make a project; classes can also come with the first prediction."""
    terminal = Terminal()
    from segcore.project import Project

    if not pictures:
        _check_no_pictures(folder)
    with Project.create(folder, _classes_of(classes)) as project:
        names = project.add(pictures) if pictures else []
        _say_added(terminal, project, names, as_json=as_json)


@commands.command("add", short_help="Add pictures that the project does not have yet.")
def add(folder: ProjectArgument, pictures: Pictures, as_json: JsonFlag = False) -> None:
    """Add pictures to a project; those that it has are not added again."""
    terminal = Terminal()
    from segcore.project import Project

    with Project.open(folder) as project:
        _say_notes(terminal, project)
        before = set(project.images)
        names = [name for name in project.add(pictures) if name not in before]
        _say_added(terminal, project, names, as_json=as_json)


@commands.command("predict", short_help="Predict its pictures; what a person painted stays.")
def predict(
    *,
    folder: ProjectArgument,
    model: ModelOption,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also over what a person has painted.")
    ] = False,
    unlabelled: Annotated[
        bool, typer.Option("--unlabelled", help="Only pictures without any labels.")
    ] = False,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    backend: BackendOption = "auto",
    numerics: NumericsOption = "fast",
    as_json: JsonFlag = False,
) -> None:
    """Predict every picture of a project; what a person has painted stays."""
    from app.controllers.picture_store import save_under
    from segcore.images import read_image
    from segcore.inference import Predictor

    terminal = Terminal()
    done: list[str] = []
    failed: list[dict[str, str]] = []
    from segcore.project import Project

    with Project.open(folder) as project:
        _say_notes(terminal, project)
        predictor = Predictor.load(model, device, precision, numerics, backend)
        for note in predictor.notes:
            terminal.note(note)
        labelled = set(project.labelled()) if unlabelled else set()
        names = [name for name in project.images if name not in labelled]
        with terminal.progress("predict") as show:
            for number, name in enumerate(names):
                show(Progress(number, len(names), name))
                try:
                    image = read_image(project.image_path(name))
                    prediction = predictor.predict(predictor.encode(image))
                    save_under(project, name, prediction, overwrite=overwrite)
                except SegcoreError as error:
                    terminal.complain(f"{name}: {error}")
                    failed.append({"image": name, "error": str(error)})
                else:
                    done.append(name)
            show(Progress(len(names), len(names)))
    if as_json:
        terminal.say_json({"model": predictor.name, "done": done, "failed": failed})
    else:
        terminal.say(f"{len(done)} of {counted(len(names), 'picture')} predicted")
    raise typer.Exit(terminal.status)


@commands.command("status", short_help="Say how far it is: statuses, classes, who said so.")
def status(folder: ProjectArgument, as_json: JsonFlag = False) -> None:
    """Say how far a project is: statuses, classes with their shares, who said the pixels."""
    terminal = Terminal()
    from segcore.project import Project

    with Project.open(folder, read_only=True) as project:
        _say_notes(terminal, project)
        found = _status_of(project, terminal)
    if as_json:
        terminal.say_json(found)
        raise typer.Exit(terminal.status)
    counts = ", ".join(f"{count} {each}" for each, count in found["statuses"].items() if count)
    terminal.say(f"{counted(found['pictures'], 'picture')}: {counts or 'none yet'}")
    for info in found["classes"]:
        if info["share"]:
            terminal.say(f"{100 * info['share']:6.2f} %  {info['name']}")
    terminal.say(f"{100 * found['unlabelled']:6.2f} %  unlabelled")
    for origin in found["origins"]:
        terminal.say(f"{100 * origin['share']:6.2f} %  {_words_of(origin)}")
    raise typer.Exit(terminal.status)


def _status_of(project: Project, terminal: Terminal) -> dict[str, Any]:
    """Shares are of the pixels of the labelled pictures."""
    from segcore.labels import class_counts
    from segcore.project import STATUSES

    names, classes = project.labelled(), project.classes
    by_class = np.zeros(len(classes), np.int64)
    by_origin = np.zeros(256, np.int64)
    total = 0
    with terminal.progress("read") as show:
        for number, name in enumerate(names):
            show(Progress(number, len(names), name))
            try:
                maps = project.maps(name)
            except SegcoreError as error:
                terminal.complain(str(error))
                continue
            by_class += class_counts(maps.labels, len(classes))
            by_origin += np.bincount(maps.origins.ravel(), minlength=256)
            total += maps.labels.size
    statuses = Counter(project.status(name) for name in project.images)
    shares = by_class / max(total, 1)
    return {
        "project": str(project.folder),
        "pictures": len(project.images),
        "labelled": len(names),
        "removed": len(project.removed),
        "statuses": {each: statuses[each] for each in STATUSES},
        "classes": [
            {"id": info.id, "name": info.name, "pixels": int(by_class[info.id]), "share": share}
            | ({"retired": True} if info.retired else {})
            for info, share in zip(classes, shares.tolist())
        ],
        "unlabelled": 1 - float(shares.sum()) if total else 1.0,
        "origins": [
            {"id": row.id, "kind": row.kind, "name": row.name, "sha256": row.sha256}
            | {"pixels": int(by_origin[row.id]), "share": float(by_origin[row.id] / max(total, 1))}
            for row in project.origin_rows
        ],
        "troubles": [trouble.sentence for trouble in project.source_troubles()],
    }


def _words_of(origin: dict[str, Any]) -> str:
    return f"said by {origin['kind']} {origin['name']}".rstrip()


def _check_no_pictures(folder: Path) -> None:
    """Refuse a folder of pictures: as a project it would open empty from then on."""
    from segcore.images import IMAGE_SUFFIXES

    if folder.is_dir() and any(path.suffix.lower() in IMAGE_SUFFIXES for path in folder.iterdir()):
        raise RequestError(
            f"{readable(folder)} holds pictures: name a new folder for the project, and this one "
            "after it."
        )


def _classes_of(text: str) -> ClassTable:
    if text.endswith(".json"):
        return ClassTable.read(text)
    return ClassTable.from_names([name.strip() for name in text.split(",") if name.strip()])


def _say_added(terminal: Terminal, project: Project, names: list[str], *, as_json: bool) -> None:
    if as_json:
        terminal.say_json({"project": str(project.folder), "added": names})
    else:
        added, folder = counted(len(names), "picture"), readable(project.folder)
        terminal.say(f"{added} added, {len(project.images)} in {folder}")


def _say_notes(terminal: Terminal, project: Project) -> None:
    for note in project.notes:
        terminal.note(note)
