"""What `erf` writes: the maps, a picture of them, and their figures with all settings."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from app.cli.erf_side import Side
from segcore.atomic import replacing
from segcore.errors import RequestError, readable

if TYPE_CHECKING:
    from segcore.heatmap import HeatMap
    from segcore.inspection import ErfFigures

_DOTS_PER_INCH = 120


def write_erf(output: Path, sides: Sequence[Side]) -> dict[str, Any]:
    """Write `erf.npz`, `erf.png` and `erf.json`; return what stands in the last.

    A second model's arrays begin with `compare_`, and its figures stand under `compare`.

    Raises:
        RequestError: nothing can be written to `output`.
    """
    from segcore.inspection import erf_figures

    report: dict[str, Any] = {}
    arrays: dict[str, Any] = {}
    rows = []
    for side in sides:
        means = side.means()
        figures = {name: erf_figures(one, side.settings.point) for name, one in means.items()}
        prefix = f"{side.key}_" if side.key else ""
        arrays |= {f"{prefix}{name}": np.asarray(one) for name, one in means.items()}
        part: dict[str, Any] = {name: one.to_json() for name, one in figures.items()}
        part["settings"] = side.settings_json(means)
        report |= {side.key: part} if side.key else part
        rows.append(_row(side.predictor.name, means, figures))
    try:
        output.mkdir(parents=True, exist_ok=True)
        with replacing(output / "erf.npz") as stream:
            np.savez(stream, **arrays)
        with replacing(output / "erf.png") as stream:
            _below_each_other(rows).save(stream, "PNG")
        with replacing(output / "erf.json", "w") as stream:
            json.dump(report, stream, indent=2, ensure_ascii=False, allow_nan=False)
    except OSError as error:
        raise RequestError(
            f"{readable(output)} cannot be written to ({error.strerror or error}): "
            "choose another output folder."
        ) from error
    return report


def _row(
    title: str, means: Mapping[str, HeatMap], figures: Mapping[str, ErfFigures]
) -> Image.Image:
    """One model's panels."""
    from segcore.inspection import erf_picture

    buffer = io.BytesIO()
    erf_picture(means, figures, title=title).savefig(buffer, format="png", dpi=_DOTS_PER_INCH)
    return Image.open(buffer).convert("RGB")


def _below_each_other(rows: Sequence[Image.Image]) -> Image.Image:
    width, height = max(row.width for row in rows), sum(row.height for row in rows)
    whole = Image.new("RGB", (width, height), "white")
    top = 0
    for row in rows:
        whole.paste(row, (0, top))
        top += row.height
    return whole
