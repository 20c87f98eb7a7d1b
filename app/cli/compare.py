"""`compare`: two label sets against each other: person and model, two people, two models."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table

from app.cli.export import complain_of
from app.cli.options import DeviceOption, JsonFlag
from app.cli.terminal import Terminal
from segcore.errors import FormatError, RequestError, SegcoreError

if TYPE_CHECKING:
    from segcore.classes import ClassTable
    from segcore.comparison import CommonClasses, ComparisonReport, PictureComparison, Side
    from segcore.formats.contract import LabelledPicture
    from segcore.labels import LabelMap

SaidBy = Literal["anyone", "person", "model"]
_SIDE = "A project, or a folder or file of any format that can be imported"


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help=f"{_SIDE}.")],
    b: Annotated[
        Path | None,
        typer.Argument(metavar="[B]", help="The other side, alike; left out where -m is given."),
    ] = None,
    *,
    model: Annotated[
        str,
        typer.Option(
            "-m",
            "--model",
            metavar="MODEL",
            help="What it says of A's pictures, as B.",
        ),
    ] = "",
    a_by: Annotated[
        SaidBy, typer.Option("--a-by", help="Whose pixels of the project A count.")
    ] = "anyone",
    b_by: Annotated[
        SaidBy, typer.Option("--b-by", help="Whose pixels of the project B count.")
    ] = "anyone",
    a_format: Annotated[
        str, typer.Option("--a-format", metavar="FORMAT", help="Of A's files, if not told rightly.")
    ] = "",
    b_format: Annotated[
        str, typer.Option("--b-format", metavar="FORMAT", help="Of B's files, if not told rightly.")
    ] = "",
    classes: Annotated[
        Path | None,
        typer.Option("--classes", metavar="FILE", help="The classes.json of files without one."),
    ] = None,
    unlabelled: Annotated[
        bool,
        typer.Option("--unlabelled", help="Pixels that one side alone has labelled count as well."),
    ] = False,
    boundaries: Annotated[
        bool, typer.Option("--boundaries/--no-boundaries", help="With boundary F, or without.")
    ] = True,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Also a picture of the differences of each."
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="A row for each picture, worst first; FILE-classes.csv, FILE-confusion.csv.",
        ),
    ] = None,
    worst: Annotated[
        int, typer.Option("--worst", metavar="N", help="Name the N worst pictures.", min=0)
    ] = 5,
    device: DeviceOption = "auto",
    as_json: JsonFlag = False,
) -> None:
    """Compare two label sets: agreement, kappa, IoU, confusion, boundary F; the worst first."""
    from segcore.classes import ClassTable
    from segcore.comparison import compare_sides

    if (b is None) == (not model):
        raise typer.BadParameter("name the other side B, or a model with -m")
    terminal = Terminal()
    table = None if classes is None else ClassTable.read(classes)
    try:
        with ExitStack() as opened:
            first = _opened(terminal, opened, a, said_by=a_by, format_name=a_format, classes=table)
            if b is not None:
                second = _opened(
                    terminal, opened, b, said_by=b_by, format_name=b_format, classes=table
                )
            else:
                second = _asked(terminal, model, device, first)
            drawing = None
            if output is not None:
                drawing = _Drawing(terminal, output, first, second, unlabelled=unlabelled)
            with terminal.progress("compare") as show:
                report = compare_sides(
                    first,
                    second,
                    boundaries=boundaries,
                    unlabelled_counts=unlabelled,
                    settings={"a_by": a_by, "b_by": b_by, "boundaries": boundaries},
                    progress=show,
                    on_picture=None if drawing is None else drawing.draw,
                )
    except FormatError as error:
        complain_of(terminal, error)
        raise typer.Exit(terminal.status) from error
    _complain_of_unmatched(terminal, report)
    if csv is not None:
        report.write_csv(csv)
    figures = report.to_json()
    if not figures["pixels"]:
        terminal.complain(
            f'"{report.title_a}" and "{report.title_b}" have no labelled pixel in common: there is '
            "nothing to compare."
        )
    if as_json:
        terminal.say_json(figures)
    elif figures["pixels"]:
        _print(terminal, figures, worst)
    raise typer.Exit(terminal.status)


def _opened(
    terminal: Terminal,
    opened: ExitStack,
    path: Path,
    *,
    said_by: SaidBy,
    format_name: str,
    classes: ClassTable | None,
) -> Side:
    """A side of files, closed with `opened`."""
    from segcore.comparison import side_of_path

    with terminal.progress(f"read {path.name}") as show:
        side = side_of_path(path, said_by, format_name=format_name, classes=classes, progress=show)
    opened.callback(side.close)
    return side


def _asked(terminal: Terminal, model: str, device: str, of: Side) -> Side:
    """What a model says of the pictures of a side."""
    from segcore.comparison import side_of_predictions
    from segcore.images import read_image
    from segcore.inference import Predictor

    predictor = Predictor.load(model, device)
    for note in predictor.notes:
        terminal.note(note)

    def predict(picture: LabelledPicture) -> LabelMap:
        if picture.image is None:
            raise RequestError(f"There is no picture for the labels of {picture.name}.")
        return predictor.predict(read_image(picture.image), confidence=False).labels

    return side_of_predictions(predictor.name, predictor.classes, of.labelled.pictures, predict)


class _Drawing:
    """Writes a picture of the differences of each picture that has some."""

    def __init__(
        self, terminal: Terminal, folder: Path, a: Side, b: Side, *, unlabelled: bool
    ) -> None:
        from segcore.formats.layout import stems
        from segcore.picture_files import explained

        with explained(folder):  # said once, and before the work
            folder.mkdir(parents=True, exist_ok=True)
        self._terminal = terminal
        self._folder = folder
        self._unlabelled = unlabelled
        self._stems = stems(a.labelled.pictures)
        self._images = [
            {picture.name: picture.image for picture in side.labelled.pictures} for side in (a, b)
        ]

    def draw(
        self, found: PictureComparison, a: LabelMap, b: LabelMap, common: CommonClasses
    ) -> None:
        from segcore.comparison.drawing import draw_differences
        from segcore.images import read_image
        from segcore.picture_files import explained, write_picture

        if not found.disagreed:
            return
        target = self._folder / f"{self._stems[found.picture]}.png"
        path = self._images[0][found.picture] or self._images[1][found.other]
        try:
            image = None if path is None else read_image(path)
            drawn = draw_differences(
                image, a, b, common.classes, unlabelled_counts=self._unlabelled
            )
            with explained(target.parent):
                target.parent.mkdir(parents=True, exist_ok=True)
            write_picture(target, drawn)
        except SegcoreError as error:
            self._terminal.complain(f"{found.picture}: {error}")


def _complain_of_unmatched(terminal: Terminal, report: ComparisonReport) -> None:
    """What could not be compared is named, and makes the status 1."""
    for note in report.notes:
        terminal.note(note)
    matched = report.matched
    only = (("A", report.title_a, matched.only_a), ("B", report.title_b, matched.only_b))
    for side, title, names in only:
        for name in names:
            terminal.complain(f"{name}: only {side} ({title}) has labels of it.")
    for each in matched.ambiguous:
        terminal.complain(
            f"{each.stem}: {', '.join(each.a)} could each be {', '.join(each.b)}; lay them out in "
            "the same subfolders."
        )
    for name, why in report.failed:
        terminal.complain(f"{name}: {why}")


def _print(terminal: Terminal, report: Mapping[str, Any], worst: int) -> None:
    rows = Table("class", box=None)
    for title in ("IoU", "boundary F", "pixels A", "pixels B"):
        rows.add_column(title, justify="right")
    for entry in report["classes"]:
        rows.add_row(
            entry["name"],
            _percent(entry["iou"]),
            _percent(entry["boundary_f"]),
            f"{entry['pixels_a']:,}",
            f"{entry['pixels_b']:,}",
        )
    terminal.table(rows)
    terminal.say(f"A                  {report['a']}")
    terminal.say(f"B                  {report['b']}")
    terminal.say(f"pictures           {len(report['pictures'])}")
    terminal.say(f"agreement          {_percent(report['agreement'])}")
    kappa = report["kappa"]
    terminal.say(f"Cohen's kappa      {'-' if kappa is None else f'{kappa:.3f}'}")
    terminal.say(f"mIoU               {_percent(report['miou'])}")
    terminal.say(f"boundary F         {_percent(report['boundary_f'])}")
    terminal.say(f"labelled by one    {report['only_a']:,} (A), {report['only_b']:,} (B)")
    _print_confusions(terminal, report)
    if worst and len(report["pictures"]) > 1:
        listed = Table("worst pictures", box=None)
        for title in ("mIoU", "agreement", "pixels that differ"):
            listed.add_column(title, justify="right")
        for entry in report["pictures"][:worst]:
            listed.add_row(
                entry["picture"],
                _percent(entry["miou"]),
                _percent(entry["agreement"]),
                f"{entry['disagreed']:,}",
            )
        terminal.table(listed)


def _print_confusions(terminal: Terminal, report: Mapping[str, Any], most: int = 5) -> None:
    """The pairs of classes in which the two differ most."""
    names = [entry["name"] for entry in report["classes"]]
    pairs = sorted(
        (
            (pixels, names[row], names[column])
            for row, line in enumerate(report["confusion"])
            for column, pixels in enumerate(line)
            if row != column and pixels
        ),
        key=lambda pair: -pair[0],
    )
    if not pairs:
        return
    listed = Table("A says", "B says", box=None)
    listed.add_column("pixels", justify="right")
    for pixels, first, second in pairs[:most]:
        listed.add_row(first, second, f"{pixels:,}")
    terminal.table(listed)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
