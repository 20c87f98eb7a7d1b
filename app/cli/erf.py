"""`erf`: effective receptive fields, averaged over pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from app.cli import erf_options as words
from app.cli.interrupts import cancelled_by_interrupt
from app.cli.options import DeviceOption, Inputs, JsonFlag, ModelOption, NumericsOption
from app.cli.options import OutputFolder as OutputOption
from app.cli.terminal import Terminal
from segcore.errors import Cancelled, ImageError, RequestError, readable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from segcore.inference import Predictor
    from segcore.inspection.erf_average import ErfAverage
    from segcore.inspection.erf_report import ErfEntry
    from segcore.inspection.erf_settings import ErfSettings

_CANCELLED = 130


def erf(
    *,
    inputs: Inputs,
    model: ModelOption,
    output: OutputOption,
    targets: words.TargetsOption = "1,2,3,4,head",
    point: words.FieldPointOption = None,
    size: words.FieldSizeOption = None,
    preset: words.PresetOption = "contract",
    contribution: words.ContributionOption = None,
    seed: words.SeedOption = None,
    norm: words.NormOption = None,
    recentre: words.RecentreOption = None,
    class_word: words.ClassOption = None,
    compare: words.CompareOption = None,
    random_seed: words.RandomSeedOption = 0,
    box: words.BoxOption = None,
    display: words.DisplayOption = "log",
    one_scale: words.SharedFlag = False,
    difference: words.DifferenceOption = None,
    figure: words.FigureOption = None,
    overlap_for: words.OverlapOption = None,
    window: words.WindowOption = None,
    device: DeviceOption = "auto",
    numerics: NumericsOption = "fast",
    as_json: JsonFlag = False,
) -> None:
    """Average effective receptive fields over pictures, and compare models by them."""
    sources = [model, *(compare or ())]
    options = words.FieldOptions(targets, point, size, preset, contribution, seed, norm, recentre)
    settings = options.settings(has_class=class_word is not None)
    inside = None if box is None else words.parse_box(box)
    rows = None if difference is None else words.parse_rows(difference, len(sources))
    extra = None if figure is None else words.parse_figure(figure)
    if overlap_for is not None and "head" not in settings.targets:
        raise typer.BadParameter("--overlap-for is about the labels: it needs the target head")
    terminal = Terminal()
    models = _load(sources, device, numerics, random_seed, terminal)
    averages = _measure(models, settings, class_word, _pictures(inputs, terminal), terminal)
    if not averages[0].count:
        if not averages[0].complete:
            raise Cancelled
        raise RequestError(f"{readable(output)}: no picture could be used, nothing was written.")
    from segcore.inspection import ErfDisplay, comparison_figure
    from segcore.inspection.erf_report import ErfEntry, report_json

    entries = [ErfEntry.of(*pair, inside) for pair in zip(models, averages, strict=True)]
    report = report_json(entries)
    said: list[str] = []
    if overlap_for is not None:
        from app.cli.erf_windows import windows_for

        windows = windows_for(entries[0], overlap_for, window, words.words_of(inputs, model))
        report["overlap"], said = windows.to_json(), windows.sentences()
    drawn = comparison_figure(
        [entry.row() for entry in entries],
        display=ErfDisplay(display, one_scale),
        patches=len(entries) > 1,
        difference=rows,
    )
    written = _write(output, entries, report, drawn, extra)
    _note_zeros(entries, terminal)
    if as_json:
        terminal.say_json(report)
    else:
        _print(terminal, entries)
        for sentence in said:
            terminal.say(sentence)
        terminal.say(f"{', '.join(written[:-1])} and {written[-1]} in {readable(output)}")
    if not averages[0].complete:
        terminal.note(
            f"Called off after {averages[0].count} of {averages[0].total} pictures; their mean "
            f"is in {readable(output)}."
        )
        raise typer.Exit(_CANCELLED)
    raise typer.Exit(terminal.status)


def _load(
    sources: Sequence[str], device: str, numerics: str, seed: int, terminal: Terminal
) -> list[Predictor]:
    from segcore.inspection.erf_models import load_for_comparison

    models = [load_for_comparison(source, device, numerics, seed=seed) for source in sources]
    for note in dict.fromkeys(note for model in models for note in model.notes):
        terminal.note(note)
    return models


def _measure(
    models: Sequence[Predictor],
    settings: ErfSettings,
    class_word: str | None,
    pictures: Sequence[Path],
    terminal: Terminal,
) -> list[ErfAverage]:
    """Every model's mean over the pictures, or over those until Ctrl+C."""
    from segcore.inspection import average_rows

    rows = [(model, settings.with_class(words.class_id_of(model, class_word))) for model in models]
    with cancelled_by_interrupt() as cancel, terminal.progress("erf") as show:
        return average_rows(
            rows,
            pictures,
            cancel=cancel,
            progress=show,
            skip=lambda skipped: terminal.complain(skipped.sentence),
        )


def _pictures(inputs: Sequence[Path], terminal: Terminal) -> list[Path]:
    from segcore.images import find_images

    found: list[Path] = []
    for path in inputs:
        try:
            inside = list(find_images(path)) if path.is_dir() else [path]
        except ImageError as error:
            terminal.complain(str(error))
            continue
        if not inside:
            terminal.complain(f"{readable(path)} holds no pictures: name another folder.")
        found.extend(inside)
    return found


def _write(
    output: Path,
    entries: Sequence[ErfEntry],
    report: dict[str, Any],
    figure: Figure,
    extra: Path | None,
) -> list[str]:
    """Write everything; the names of the files, under the output folder where they are there."""
    import json

    from segcore.atomic import replacing
    from segcore.inspection.erf_files import write_figure, write_maps, write_table

    try:
        output.mkdir(parents=True, exist_ok=True)
        write_maps(output / "erf.npz", entries)
        with replacing(output / "erf.json", "w") as stream:
            json.dump(report, stream, indent=2, ensure_ascii=False, allow_nan=False)
    except OSError as error:
        raise RequestError(
            f"{readable(output)} cannot be written to ({error.strerror or error}): "
            "choose another output folder."
        ) from error
    write_table(output / "erf.csv", entries)
    names = dict.fromkeys([Path("erf.png"), *([] if extra is None else [extra])])
    for name in names:
        write_figure(figure, output / name, entries)
    return ["erf.npz", "erf.json", "erf.csv", *map(readable, names)]


def _note_zeros(entries: Sequence[ErfEntry], terminal: Terminal) -> None:
    for entry in entries:
        zero = [name for name, each in entry.average.maps.items() if not each.values.any()]
        if zero:
            terminal.note(
                f"{entry.title}: the map of {', '.join(zero)} is zero, as every channel is below "
                "0 behind the ReLU; --seed channel_norm or class_logit has none."
            )


def _print(terminal: Terminal, entries: Sequence[ErfEntry]) -> None:
    from rich.table import Table

    for entry in entries:
        table = Table("target", title=entry.title, title_justify="left", box=None)
        for share in ("20", "30", "50", "99"):
            table.add_column(f"area of {share} %", justify="right")
        for heading in ("equivalent radius", "radius", *(["in the box"] if entry.box else [])):
            table.add_column(heading, justify="right")
        for target, figures in entry.figures.items():
            cells = [
                *(_percent(ratio) for ratio in figures.area_ratio.values()),
                f"{figures.equivalent_radius:.1f} px",
                f"{figures.radius:.1f} px",
            ]
            if figures.box_share is not None:
                cells.append(_percent(figures.box_share))
            table.add_row(target, *cells)
        terminal.table(table)


def _percent(ratio: float) -> str:
    return "-" if math.isnan(ratio) else f"{100 * ratio:.2f} %"
