"""`evaluate`: predictions against labels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from app.cli.options import JsonFlag
from app.cli.terminal import Terminal
from segcore.errors import ImageError, RequestError, readable

if TYPE_CHECKING:
    from segcore.classes import ClassTable
    from segcore.metrics import Agreement

_LABEL_SUFFIX = ".png"


def evaluate(
    predictions: Annotated[
        Path, typer.Argument(metavar="PREDICTIONS", help="Label maps to judge: a folder or a PNG.")
    ],
    labels: Annotated[
        Path, typer.Argument(metavar="LABELS", help="What is true: a folder or a PNG.")
    ],
    classes: Annotated[
        Path, typer.Option("--classes", metavar="FILE", help="The classes.json of both.")
    ],
    as_json: JsonFlag = False,
) -> None:
    """Judge predictions: IoU, accuracy, boundary F."""
    from segcore.classes import ClassTable
    from segcore.labels import read_label_map
    from segcore.metrics import Agreement
    from segcore.progress import Ticker

    terminal = Terminal()
    table = ClassTable.read(classes)
    truths = _label_maps(labels)
    found = _Index(_label_maps(predictions))
    agreement = Agreement(len(table), table.ignore)
    judged = 0
    with terminal.progress("evaluate") as show:
        ticker = Ticker(len(truths), show)
        for name, truth_path in truths.items():
            try:
                prediction_path = found.of(name)
                agreement.add(
                    read_label_map(truth_path).labels, read_label_map(prediction_path).labels
                )
                judged += 1
            except ImageError as error:
                terminal.complain(str(error))
            except RequestError as error:
                terminal.complain(f"{name}: {error}")
            ticker.tick(name)
    if judged == 0:
        raise RequestError(f"{readable(predictions)}: nothing could be judged.")
    report = _report(table, agreement)
    if as_json:
        terminal.say_json(report)
    else:
        _print(terminal, report, judged)
    raise typer.Exit(terminal.status)


def _label_maps(path: Path) -> dict[str, Path]:
    """PNG files by their path below `path`, without the ending; a file stands for itself."""
    if path.is_file():
        return {path.stem: path}
    if not path.is_dir():
        raise RequestError(f"{readable(path)}: there is no such file or folder; check the name.")
    from segcore.images import find_images

    maps = {
        found.relative_to(path).with_suffix("").as_posix(): found
        for found in find_images(path)
        if found.suffix.lower() == _LABEL_SUFFIX
    }
    if not maps:
        raise RequestError(f"{readable(path)}: there are no label maps (.png) in this folder.")
    return maps


class _Index:
    """Predictions by relative path, and by stem alone where that is no question."""

    def __init__(self, maps: Mapping[str, Path]) -> None:
        self._by_path = maps
        self._by_stem: dict[str, list[Path]] = {}
        for path in maps.values():
            self._by_stem.setdefault(path.stem, []).append(path)

    def of(self, name: str) -> Path:
        """The prediction for a label map; ImageError when there is none, or a choice of several."""
        if name in self._by_path:
            return self._by_path[name]
        same_stem = self._by_stem.get(name.rpartition("/")[2], [])
        if len(same_stem) == 1:
            return same_stem[0]
        if same_stem:
            raise ImageError(
                f"{name}: {len(same_stem)} predictions have this name and none is in the same "
                "subfolder; lay them out as the labels are."
            )
        raise ImageError(f"{name}: there is no prediction for this label map; predict it first.")


def _report(table: ClassTable, agreement: Agreement) -> dict[str, Any]:
    """As the contract has it; what no pixel tells is null."""
    scores = agreement.scores
    return {
        "miou": _number(scores.miou),
        "pixel_accuracy": _number(scores.pixel_accuracy),
        "boundary_f": _number(agreement.boundary_f),
        "classes": [
            {"id": info.id, "name": info.name, "iou": _number(iou)}
            for info, iou in zip(table, scores.iou)
        ],
        "confusion": agreement.confusion.tolist(),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _print(terminal: Terminal, report: Mapping[str, Any], judged: int) -> None:
    rows = Table("id", "class", box=None)
    rows.add_column("IoU", justify="right")
    for entry in report["classes"]:
        rows.add_row(str(entry["id"]), entry["name"], _percent(entry["iou"]))
    terminal.table(rows)
    terminal.say(f"label maps      {judged}")
    terminal.say(f"mIoU            {_percent(report['miou'])}")
    terminal.say(f"pixel accuracy  {_percent(report['pixel_accuracy'])}")
    terminal.say(f"boundary F      {_percent(report['boundary_f'])}")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
