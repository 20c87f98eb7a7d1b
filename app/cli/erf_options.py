"""The options of `erf`, and what their words come to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.cli.options import parse_choices, parse_point, parse_size
from segcore.errors import RequestError
from segcore.geometry import Box

if TYPE_CHECKING:
    from segcore.inference import Predictor
    from segcore.inspection.erf_settings import ErfSettings

TARGETS = ("stage1", "stage2", "stage3", "stage4", "head", "fused")
_SHORT = {"1": "stage1", "2": "stage2", "3": "stage3", "4": "stage4"}

FIGURE_SUFFIXES = (".png", ".svg", ".pdf")

PresetWord = Literal["contract", "replknet", "luo"]
ContributionWord = Literal["relu", "abs", "signed"]
SeedWord = Literal["relu_sum", "sum", "channel_norm", "class_logit"]
NormWord = Literal["after", "before"]
DisplayWord = Literal["log", "replknet", "power", "linear"]

TargetsOption = Annotated[
    str,
    typer.Option("--targets", metavar="LIST", help="Of 1,2,3,4 (the stages), head and fused."),
]
FieldPointOption = Annotated[
    str | None,
    typer.Option(
        "--point", metavar="X,Y", help="The query's pixel; the middle of the grid without it."
    ),
]
FieldSizeOption = Annotated[
    str | None,
    typer.Option("--size", metavar="HxW", help="Resize pictures to this before the model."),
]
PresetOption = Annotated[
    PresetWord,
    typer.Option(
        "--preset",
        help="A published procedure, RepLKNet's script or Luo et al. 2016; further options "
        "override it.",
    ),
]
ContributionOption = Annotated[
    ContributionWord | None,
    typer.Option("--contribution", help="What of the gradient counts: relu unless told."),
]
SeedOption = Annotated[
    SeedWord | None,
    typer.Option(
        "--seed",
        help="What is differentiated: relu_sum, relu summed over channels, unless told; their "
        "plain sum; each channel by itself, then the norm; or the logit of --class.",
    ),
]
NormOption = Annotated[
    NormWord | None,
    typer.Option("--norm", help="Stages after their closing LayerNorm (unless told) or before."),
]
RecentreOption = Annotated[
    bool | None,
    typer.Option(
        "--recentre/--no-recentre",
        help="Shift every map so that its cell's own pixel lies on the query's.",
    ),
]
ClassOption = Annotated[
    str | None,
    typer.Option("--class", metavar="C", help="For head: one class alone, by id or name."),
]
CompareOption = Annotated[
    list[str] | None,
    typer.Option(
        "--compare",
        metavar="MODEL",
        help="A further model on the same pictures, any number of times; random:MODEL is its "
        "network before it learnt.",
    ),
]
RandomSeedOption = Annotated[
    int, typer.Option("--random-seed", help="What random:MODEL draws its weights from.", min=0)
]
BoxOption = Annotated[
    str | None,
    typer.Option("--box", metavar="X0,Y0,X1,Y1", help="Also the share inside these pixels."),
]
DisplayOption = Annotated[
    DisplayWord, typer.Option("--display", help="How values become colours in the figure.")
]
SharedFlag = Annotated[
    bool,
    typer.Option("--one-scale", help="One largest value for all maps, not each map's own."),
]
DifferenceOption = Annotated[
    str | None,
    typer.Option(
        "--difference",
        metavar="A,B",
        help="Below all, row A less row B, from 1; both scaled to sum 1.",
    ),
]
FigureOption = Annotated[
    Path | None,
    typer.Option(
        "--figure",
        metavar="FILE",
        help="The figure also as this .png, .svg or .pdf, under DIR unless the path is absolute.",
    ),
]
OverlapOption = Annotated[
    float | None,
    typer.Option(
        "--overlap-for",
        metavar="SHARE",
        help="Also the overlap of sliding windows that keeps this share (0.95) of the field.",
    ),
]
WindowOption = Annotated[
    str | None,
    typer.Option("--window", metavar="HxW", help="The windows that --overlap-for is asked for."),
]


@dataclass(frozen=True)
class FieldOptions:
    """What was typed about how fields are taken."""

    targets: str
    point: str | None
    size: str | None
    preset: str
    contribution: str | None
    seed: str | None
    norm: str | None
    recentre: bool | None

    def settings(self, *, has_class: bool) -> ErfSettings:
        """The settings without a class, which each model numbers in its own way.

        Raises:
            BadParameter: a word that is none, or words that make no sense together; status 2.
        """
        chosen: dict[str, Any] = {
            "targets": parse_choices(self.targets, TARGETS, _SHORT),
            "point": None if self.point is None else parse_point(self.point),
            "size": None if self.size is None else parse_size(self.size),
        }
        if self.seed == "class_logit" and not has_class:
            raise typer.BadParameter("--seed class_logit needs --class")
        for name in ("contribution", "norm", "recentre"):
            if getattr(self, name) is not None:
                chosen[name] = getattr(self, name)
        if self.seed is not None:
            chosen["seed"] = self.seed
            chosen["class_id"] = 0 if has_class else None  # each model's own comes later
        from segcore.inspection.erf_settings import ErfSettings

        try:
            return ErfSettings.of_preset(self.preset, **chosen)
        except RequestError as error:
            raise typer.BadParameter(str(error)) from error


def parse_box(text: str) -> Box:
    """`X0,Y0,X1,Y1` in pixels, the last two beyond the box; anything else is wrong usage."""
    match = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*", text)
    box = Box(*map(int, match.groups())) if match else Box(0, 0, 0, 0)
    if box.is_empty:
        raise typer.BadParameter(f"{text!r} is no box X0,Y0,X1,Y1 in pixels, such as 10,20,90,60")
    return box


def parse_rows(text: str, count: int) -> tuple[int, int]:
    """`A,B`, two different rows of a figure from 1, as numbers from 0."""
    match = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*", text)
    rows = (int(match[1]) - 1, int(match[2]) - 1) if match else (-1, -1)
    if rows[0] == rows[1] or not all(0 <= row < count for row in rows):
        raise typer.BadParameter(f"{text!r} is not A,B, two of the rows 1 to {count}")
    return rows


def parse_figure(path: Path) -> Path:
    """A file that a figure can be saved as."""
    if path.suffix.lower() not in FIGURE_SUFFIXES:
        raise typer.BadParameter(f"{path} does not end in {', '.join(FIGURE_SUFFIXES)}")
    return path


def class_id_of(predictor: Predictor, word: str | None) -> int | None:
    """The class that a person named, by name or id; RequestError where the model has none such."""
    if word is None:
        return None
    named = predictor.classes.id_of(word)
    if named is not None:
        return named
    if word.isdecimal() and int(word) < len(predictor.classes):
        return int(word)
    raise RequestError(
        f"{predictor.name} has no class {word}: give an id from 0 to "
        f"{len(predictor.classes) - 1} or a name that `segformer-studio models show` lists."
    )


def words_of(inputs: Sequence[Path], model: str) -> str:
    """The start of a command on the same pictures with the same model."""
    import shlex

    return shlex.join([*map(str, inputs), "-m", model])
