"""How the options of `explain` are written, and which go together."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from segcore.errors import RequestError
from segcore.geometry import Box

if TYPE_CHECKING:
    from segcore.inference import Predictor
    from segcore.labels import LabelMap


def parse_region(text: str) -> Box:
    """`X0,Y0,X1,Y1` in pixels of the upright image, the last two not in it."""
    match = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*", text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is not X0,Y0,X1,Y1 in pixels, such as 10,20,90,60")
    x0, y0, x1, y1 = (int(number) for number in match.groups())
    return Box(x0, y0, x1, y1)


def parse_sizes(text: str) -> tuple[float, ...]:
    """Numbers above 0 with commas between them, without repetition."""
    try:
        scales = tuple(dict.fromkeys(float(word) for word in text.split(",")))
    except ValueError:
        scales = ()
    if not scales or not all(math.isfinite(scale) and scale > 0 for scale in scales):
        raise typer.BadParameter(f"{text!r} is no list of sizes above 0, such as 0.5,1,2")
    return scales


def check_together(
    region: Box | None,
    scales: tuple[float, ...] | None,
    labels: Path | None,
    output: Path | None,
) -> None:
    """Options that mean nothing alone are wrong usage."""
    if region is not None and output is None:
        raise typer.BadParameter("--hide writes a figure: name a folder with -o")
    if labels is not None and scales is None:
        raise typer.BadParameter("--labels are for --sizes: give those too")
    if output is not None and region is None and scales is None:
        raise typer.BadParameter("-o is for --hide and --sizes: give one of them too")


def class_id_of(predictor: Predictor, word: str) -> int:
    """The class that a person named, by name or id.

    Raises:
        RequestError: the model has none such.
    """
    from app.cli.erf_options import class_id_of as id_of

    found = id_of(predictor, word)
    assert found is not None, "a word was given"
    return found


def read_truth(path: Path, predictor: Predictor) -> LabelMap:
    """A label map in the model's ids, as wide as the model's classes need.

    Raises:
        ImageError: it is no label map.
        RequestError: it is a wider one than the model's.
    """
    import numpy as np

    from segcore.errors import readable
    from segcore.labels import read_label_map, widen

    labels = read_label_map(path).labels
    wanted = predictor.classes.dtype
    if labels.dtype == wanted:
        return labels
    if wanted is np.uint16:
        return widen(labels.astype(np.uint8))
    raise RequestError(
        f"{readable(path)} has 16-bit ids and {predictor.name} has {len(predictor.classes)} "
        "classes: give labels with the model's own ids."
    )
