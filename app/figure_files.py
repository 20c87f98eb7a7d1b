"""Figures and their numbers as files, each with the settings that it was made with inside."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from app.figure_process import picture_of
from segcore.atomic import replacing
from segcore.errors import RequestError
from segcore.picture_files import explained

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURES = (".png", ".svg", ".pdf")
NUMBERS = (".npz", ".csv")

_DOTS_PER_INCH = 200
_SETTINGS_KEY = {".png": "Description", ".svg": "Description", ".pdf": "Keywords"}
"""Where each format keeps a text of one's own."""


@dataclass(frozen=True, eq=False)
class FigureNumbers:
    """What a figure shows, in numbers.

    Attributes:
        arrays: by name, for NPZ.
        columns: names of the columns of the table.
        rows: its rows, for CSV.
        settings: everything the numbers depend on; JSON.
    """

    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


def save_figure(path: Path, figure: Figure, numbers: FigureNumbers) -> None:
    """Write the figure (`.png`, `.svg`, `.pdf`) or its numbers (`.npz`, `.csv`).

    The settings stand as JSON in the file: as PNG and SVG `Description`, PDF `Keywords`, as the
    array `settings` of an NPZ, and in the first line of a CSV, behind `# settings: `.

    Raises:
        RequestError: another ending, nothing of that kind to save, or the file cannot be written.
    """
    ending = path.suffix.lower()
    settings = json.dumps(numbers.settings, ensure_ascii=False, allow_nan=False)
    if ending in PICTURES:
        metadata = {_SETTINGS_KEY[ending]: settings}
        content = picture_of(figure, ending[1:], _DOTS_PER_INCH, metadata)
    elif ending == ".npz" and numbers.arrays:
        content = _arrays(numbers, settings)
    elif ending == ".csv" and numbers.rows:
        content = _table(numbers, settings)
    else:
        raise RequestError(
            f"{path.name} cannot be saved like that: choose an ending of "
            f"{', '.join((*PICTURES, *NUMBERS))}."
        )
    with explained(path), replacing(path) as stream:
        stream.write(content)


def _arrays(numbers: FigureNumbers, settings: str) -> bytes:
    stream = io.BytesIO()
    arrays: dict[str, Any] = {**numbers.arrays, "settings": np.array(settings)}
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def _table(numbers: FigureNumbers, settings: str) -> bytes:
    stream = io.StringIO(newline="")
    stream.write(f"# settings: {settings}\r\n")
    writer = csv.writer(stream)
    writer.writerow(numbers.columns)
    writer.writerows(numbers.rows)
    return stream.getvalue().encode("utf-8")
