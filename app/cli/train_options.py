"""How the values of `train`'s own options are written."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import typer

Course = Literal["poly", "cosine", "constant"]
Balance = Literal["none", "log", "root"]
Freeze = Literal["none", "head", "last"]
SplitBy = Literal["picture", "folder", "video"]
Precision = Literal["auto", "fp32", "bf16", "fp16"]


def parse_scale(text: str) -> tuple[float, float]:
    """`LOW-HIGH`, such as 0.5-2, or one number for both."""
    low, _, high = text.partition("-")
    try:
        scales = float(low), float(high or low)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not LOW-HIGH, such as 0.5-2") from error
    if not 0.05 <= scales[0] <= scales[1] <= 20:
        raise typer.BadParameter(f"{text!r}: give two factors from 0.05 to 20, the lower first")
    return scales


def parse_mix(text: str) -> tuple[Path, float]:
    """`DIR=SHARE`, a share between 0 and 1."""
    folder, _, share = text.rpartition("=")
    try:
        value = float(share)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not DIR=SHARE, such as drawn=0.1") from error
    if not folder or not 0 < value < 1:
        raise typer.BadParameter(f"{text!r} is not DIR=SHARE with a share between 0 and 1")
    return Path(folder), value
