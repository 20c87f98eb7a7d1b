"""`import`: labels of another program into a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from app.cli.export import DryRunFlag, FormatOption, complain_of, findings_json
from app.cli.interrupts import cancelled_by_interrupt
from app.cli.options import JsonFlag
from app.cli.terminal import Terminal, counted
from segcore.errors import FormatError, readable

Existing = Literal["refuse", "keep", "replace"]


def import_labels(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The folder or file to read.")],
    format_name: FormatOption,
    project: Annotated[
        Path,
        typer.Option("-p", "--project", metavar="PROJECT", help="Made if it is not there."),
    ],
    *,
    classes: Annotated[
        Path | None,
        typer.Option("--classes", metavar="FILE", help="The classes.json that the ids mean."),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option("--pictures", metavar="DIR", help="Where the pictures lie, if elsewhere."),
    ] = None,
    existing: Annotated[
        Existing,
        typer.Option("--existing", help="What to do where the project has labels already."),
    ] = "refuse",
    dry_run: DryRunFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Take labels of another program into a project: all of them, or none."""
    from segcore.classes import ClassTable
    from segcore.formats.contract import ImportOptions
    from segcore.formats.importing import import_set
    from segcore.formats.into_project import import_into
    from segcore.formats.table import format_named

    terminal = Terminal()
    form = format_named(format_name)
    table = None if classes is None else ClassTable.read(classes)
    try:
        with cancelled_by_interrupt() as cancel:
            with terminal.progress("check") as show:
                options = ImportOptions(table, pictures)
                imported = import_set(path, form, options, progress=show, cancel=cancel)
            with terminal.progress("import") as show:
                report = import_into(
                    project,
                    imported,
                    form.name,
                    existing=existing,
                    dry_run=dry_run,
                    progress=show,
                    cancel=cancel,
                )
    except FormatError as error:
        complain_of(terminal, error)
        raise typer.Exit(terminal.status) from error
    for finding in report.findings:
        terminal.note(finding.text)
    if as_json:
        terminal.say_json(
            {
                "project": str(report.project),
                "written": report.written,
                "pictures": list(report.pictures),
                "kept": list(report.kept),
                "new_classes": list(report.new_classes),
                "findings": findings_json(report.findings),
            }
        )
    else:
        verb = "took" if report.written else "would take"
        kept = f", kept the labels of {len(report.kept)}" if report.kept else ""
        terminal.say(
            f"{verb} {counted(len(report.pictures), 'picture')} and "
            f"{counted(len(report.new_classes), 'new class')}{kept}: {readable(report.project)}"
        )
    raise typer.Exit(terminal.status)
