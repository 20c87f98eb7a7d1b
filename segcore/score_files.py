"""Scores as files: CSV and JSON, written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from segcore.atomic import replacing
from segcore.picture_files import explained


def number_or_none(value: float) -> float | None:
    """A number as JSON and CSV hold it: None for what is no number."""
    return None if math.isnan(value) else float(value)


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table; ImageError when the file cannot be written."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows(rows)
    _write(path, stream.getvalue())


def write_json(path: Path, data: Any) -> None:
    """Write JSON; ImageError when the file cannot be written."""
    _write(path, f"{json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)}\n")


def beside(path: Path, what: str) -> Path:
    """`<stem>-<what>` in the same folder, with the same ending."""
    return path.with_name(f"{path.stem}-{what}{path.suffix}")


def _write(path: Path, text: str) -> None:
    with explained(path), replacing(path) as stream:
        stream.write(text.encode("utf-8"))
