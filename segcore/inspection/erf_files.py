"""Receptive fields as files: maps, figures and tables, each with all settings in it.

- NPZ: JSON in the comment of the zip archive, so that its arrays are the maps and nothing else:
  `json.loads(zipfile.ZipFile(path).comment)`, or `read_settings`.
- PNG and SVG: `Description`; PDF: `Keywords`. JSON each.
- CSV: columns beside the numbers.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from segcore.atomic import replacing
from segcore.errors import RequestError, readable
from segcore.inspection.erf_report import ErfEntry, entry_keys, report_settings, table_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 120

FIGURE_SUFFIXES = (".png", ".svg", ".pdf")

_WORD_IN = {".png": "Description", ".svg": "Description", ".pdf": "Keywords"}
_LONGEST_COMMENT = 65_000  # bytes; a zip archive holds 65,535


def write_figure(figure: Figure, path: Path, entries: Sequence[ErfEntry]) -> None:
    """Save a figure as PNG, SVG or PDF by the ending of `path`, with the settings in it.

    Raises:
        RequestError: another ending, or the file cannot be written.
    """
    suffix = check_figure_path(path)
    settings = json.dumps(report_settings(entries))
    with _told(path), replacing(path) as stream:
        figure.savefig(
            stream, format=suffix[1:], dpi=DOTS_PER_INCH, metadata={_WORD_IN[suffix]: settings}
        )


def check_figure_path(path: Path) -> str:
    """The ending of a figure's file.

    Raises:
        RequestError: figures are not written in that format.
    """
    suffix = path.suffix.lower()
    if suffix not in FIGURE_SUFFIXES:
        raise RequestError(
            f"{readable(path)}: figures are saved as {', '.join(FIGURE_SUFFIXES)}: choose one of "
            "these endings."
        )
    return suffix


def write_maps(path: Path, entries: Sequence[ErfEntry]) -> None:
    """Save the un-normalised maps as NPZ: arrays named by target, (H, W) float32.

    Those of the second model begin with `compare_`, of the third with `compare2_` …

    Raises:
        RequestError: the file cannot be written.
    """
    arrays = {
        f"{key}_{target}" if key else target: heat_map.values
        for key, entry in zip(entry_keys(len(entries)), entries, strict=True)
        for target, heat_map in entry.average.maps.items()
    }
    with _told(path), replacing(path) as stream:
        _write_npz(stream, arrays, _short_enough(report_settings(entries)))


def write_table(path: Path, entries: Sequence[ErfEntry]) -> None:
    """Save the numbers of every model and target as CSV.

    Raises:
        RequestError: the file cannot be written.
    """
    with _told(path), replacing(path, "w") as stream:
        stream.write(table_csv(entries))


def read_settings(path: Path) -> dict[str, Any]:
    """The settings in an NPZ of `write_maps`.

    Raises:
        RequestError: it is no such file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            settings: dict[str, Any] = json.loads(archive.comment)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise RequestError(
            f"{readable(path)} holds no settings of receptive fields: name an NPZ that `erf` wrote."
        ) from error
    return settings


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RequestError(
            f"{readable(path)} cannot be written ({error.strerror or error}): choose another "
            "folder."
        ) from error


def _write_npz(
    stream: IO[bytes], arrays: Mapping[str, npt.NDArray[np.float32]], comment: bytes
) -> None:
    """As `numpy.savez`, which knows no comment."""
    with zipfile.ZipFile(stream, "w") as archive:
        for name, values in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, values, allow_pickle=False)
        archive.comment = comment


def _short_enough(settings: Mapping[str, Any]) -> bytes:
    """The settings as JSON; names of pictures only as far as there is room for all."""
    text = json.dumps(settings).encode()
    if len(text) <= _LONGEST_COMMENT:
        return text
    counted = {
        key: {**part, "images": len(part["images"]), "skipped": len(part["skipped"])}
        for key, part in settings.items()
    }
    return json.dumps(counted).encode()
