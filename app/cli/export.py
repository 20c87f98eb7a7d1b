"""`export`: a project's labels into the files of another program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.cli.interrupts import cancelled_by_interrupt
from app.cli.options import JsonFlag, OutputFolder
from app.cli.terminal import Terminal
from segcore.errors import FormatError, RequestError, readable

if TYPE_CHECKING:
    from segcore.formats.contract import Finding
    from segcore.formats.export import ExportReport

SplitBy = Literal["picture", "folder", "video", "folder-name"]

FormatOption = Annotated[
    str, typer.Option("-f", "--format", metavar="FORMAT", help='One that "formats" lists.')
]
DryRunFlag = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done and lost, and write nothing.")
]


def export(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="The folder of a project.")],
    format_name: FormatOption,
    output: OutputFolder,
    *,
    status: Annotated[
        str,
        typer.Option("--status", metavar="LIST", help="Only pictures of these: done,approved."),
    ] = "",
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="With the picture files, or without.")
    ] = True,
    links: Annotated[
        bool,
        typer.Option("--links", help="Hard links in the place of copies: the same files."),
    ] = False,
    split: Annotated[
        str,
        typer.Option("--split", metavar="SHARES", help="Parts: train=80,val=10,test=10."),
    ] = "",
    split_by: Annotated[
        SplitBy,
        typer.Option(
            "--split-by",
            help="What stays together; folder-name: folders called train, val, test say it.",
        ),
    ] = "picture",
    stratify: Annotated[
        bool, typer.Option("--stratify", help="Each part gets its share of every class's pixels.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="The same seed splits in the same way.")] = 0,
    dry_run: DryRunFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Write a project's labels into a new folder, whole or not at all."""
    from segcore.formats.contract import ExportOptions
    from segcore.formats.export import export_set
    from segcore.formats.export_plan import ExportPlan, planned_set, watched
    from segcore.formats.splits import parse_shares
    from segcore.formats.table import format_named
    from segcore.project import Project

    terminal = Terminal()
    form = format_named(format_name)
    if split and split_by == "folder-name":
        raise RequestError("Folders say the parts alone: leave out --split.")
    plan = ExportPlan(
        form.name,
        output,
        [word.strip() for word in status.split(",") if word.strip()],
        parse_shares(split) if split else {},
        split_by,
        stratify,
        seed,
        ExportOptions(pictures=pictures, links=links),
    )
    with Project.open(project, read_only=True) as opened:
        labelled, parts = planned_set(opened, plan)
        with cancelled_by_interrupt() as cancel, terminal.progress("export") as show:
            try:
                report = export_set(
                    watched(labelled, cancel),
                    output,
                    form,
                    plan.options,
                    dry_run=dry_run,
                    split=parts,
                    progress=show,
                    cancel=cancel,
                )
            except FormatError as error:
                complain_of(terminal, error)
                raise typer.Exit(terminal.status) from error
    empty = [part for part in plan.shares if not report.pictures.get(part)]
    if empty:
        terminal.note(
            f"No picture is in {', '.join(empty)}: there are too few that may be parted "
            f"(--split-by {split_by})."
        )
    _tell(terminal, report, as_json=as_json)
    raise typer.Exit(terminal.status)


def complain_of(terminal: Terminal, error: FormatError) -> None:
    """Everything that is wrong, a line each."""
    for sentence in error.problems:
        terminal.complain(sentence)


def findings_json(findings: tuple[Finding, ...]) -> list[dict[str, str]]:
    """What was said, for machines."""
    return [{"kind": each.kind, "text": each.text, "picture": each.picture} for each in findings]


def _tell(terminal: Terminal, report: ExportReport, *, as_json: bool) -> None:
    for finding in report.findings:
        if finding.kind == "hindrance":
            terminal.complain(finding.text)
        else:
            terminal.note(finding.text)
    if as_json:
        terminal.say_json(
            {
                "folder": str(report.folder),
                "written": report.written,
                "pictures": dict(report.pictures),
                "findings": findings_json(report.findings),
            }
        )
        return
    parts = ", ".join(f"{count} in {split}" for split, count in report.pictures.items())
    if report.written:
        terminal.say(f"{parts}: {readable(report.folder)}")
    elif not report.hindrances:
        terminal.say(f"would write {parts}: {readable(report.folder)}")
