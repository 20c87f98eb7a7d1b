"""`evaluate`: predictions against labels."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from app.cli.options import JsonFlag
from app.cli.terminal import Terminal
from segcore.errors import ImageError, RequestError, readable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

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
    *,
    confidence: Annotated[
        bool,
        typer.Option(
            "--confidence",
            help='Also calibration: of the NPZ that "predict --save confidence" has.',
        ),
    ] = False,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="A row for each picture, worst first; FILE-classes.csv has the classes.",
        ),
    ] = None,
    worst: Annotated[
        int, typer.Option("--worst", metavar="N", help="Name the N worst pictures.", min=0)
    ] = 5,
    as_json: JsonFlag = False,
) -> None:
    """Judge predictions: IoU, accuracy, boundary F, calibration; the worst pictures first."""
    from segcore.classes import ClassTable
    from segcore.evaluation import Evaluation
    from segcore.labels import read_label_map
    from segcore.progress import Ticker

    terminal = Terminal()
    table = ClassTable.read(classes)
    truths = _label_maps(labels)
    found = _Index(_label_maps(predictions))
    evaluation = Evaluation(table, calibrated=confidence)
    with terminal.progress("evaluate") as show:
        ticker = Ticker(len(truths), show)
        for name, truth_path in truths.items():
            try:
                prediction_path = found.of(name)
                evaluation.add(
                    name,
                    read_label_map(truth_path).labels,
                    read_label_map(prediction_path).labels,
                    _confidence_of(prediction_path) if confidence else None,
                )
            except ImageError as error:
                terminal.complain(str(error))
            except RequestError as error:
                terminal.complain(f"{name}: {error}")
            ticker.tick(name)
    if len(evaluation) == 0:
        raise RequestError(f"{readable(predictions)}: nothing could be judged.")
    report = evaluation.report()
    if csv is not None:
        report.write_csv(csv)
    if as_json:
        terminal.say_json(report.to_json())
    else:
        _print(terminal, report.to_json(), worst)
    raise typer.Exit(terminal.status)


def _confidence_of(prediction: Path) -> npt.NDArray[np.floating[Any]]:
    """(H, W) probabilities from the NPZ beside a label map.

    Raises:
        ImageError: there is none, or it holds no confidence.
    """
    import numpy as np

    path = prediction.with_suffix(".npz")
    try:
        with np.load(path) as arrays:
            found: npt.NDArray[np.floating[Any]] = arrays["confidence"]
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ImageError(
            f"{readable(path)} holds no confidence: predict again with --save confidence."
        ) from error
    return found


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


def _print(terminal: Terminal, report: Mapping[str, Any], worst: int) -> None:
    rows = Table("id", "class", box=None)
    for title in ("IoU", "accuracy", "boundary F"):
        rows.add_column(title, justify="right")
    for entry in report["classes"]:
        numbers = (_percent(entry[key]) for key in ("iou", "accuracy", "boundary_f"))
        rows.add_row(str(entry["id"]), entry["name"], *numbers)
    terminal.table(rows)
    terminal.say(f"label maps              {len(report['pictures'])}")
    terminal.say(f"mIoU                    {_percent(report['miou'])}")
    terminal.say(f"frequency-weighted IoU  {_percent(report['frequency_weighted_iou'])}")
    terminal.say(f"pixel accuracy          {_percent(report['pixel_accuracy'])}")
    terminal.say(f"mean accuracy           {_percent(report['mean_accuracy'])}")
    terminal.say(f"boundary F              {_percent(report['boundary_f'])}")
    if report["calibration"] is not None:
        terminal.say(f"calibration error       {_percent(report['calibration']['ece'])}")
    if worst and len(report["pictures"]) > 1:
        listed = Table("worst pictures", box=None)
        for title in ("mIoU", "accuracy"):
            listed.add_column(title, justify="right")
        for entry in report["pictures"][:worst]:
            listed.add_row(
                entry["picture"], _percent(entry["miou"]), _percent(entry["pixel_accuracy"])
            )
        terminal.table(listed)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
