"""What there is to say of averaged receptive fields: figures, settings, tables, the comparison."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segcore.geometry import Box
from segcore.inference.predictor import Predictor
from segcore.inspection.erf_average import ErfAverage
from segcore.inspection.erf_comparison import ErfRow
from segcore.inspection.erf_figures import SHARES, ErfFigures, erf_figures


@dataclass(frozen=True, eq=False)
class ErfEntry:
    """One model's average, measured.

    Attributes:
        title: the model, for people.
        model: what tells the model from others: name, sha256, numerics, precision, device.
        average: its mean maps.
        figures: target -> numbers.
        box: the box whose share was asked for.
        resized: whether pictures went in at another size than their own.
    """

    title: str
    model: Mapping[str, str]
    average: ErfAverage
    figures: Mapping[str, ErfFigures]
    box: Box | None
    resized: bool

    @classmethod
    def of(cls, predictor: Predictor, average: ErfAverage, box: Box | None = None) -> ErfEntry:
        """Measure an average.

        Raises:
            RequestError: the box holds nothing of the maps.
        """
        settings = average.settings
        figures = {
            target: erf_figures(heat_map, settings.point, analysis=settings.analysis, box=box)
            for target, heat_map in average.maps.items()
        }
        model = {
            "model": predictor.name,
            "sha256": predictor.sha256,
            "numerics": predictor.numerics,
            "precision": "fp32",
            "device": predictor.device,
        }
        resized = settings.size is not None or predictor.preprocess.do_resize
        return cls(predictor.name, model, average, figures, box, resized)

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) at which the pictures went in; None while there are no maps."""
        return next((each.shape for each in self.average.maps.values()), None)

    def settings_json(self) -> dict[str, Any]:
        """Everything that the numbers depend on."""
        average = self.average
        chosen = average.settings.to_json()
        class_id = chosen.pop("class_id")
        return {
            **self.model,
            "images": list(average.pictures),
            **chosen,
            "size": None if self.size is None else list(self.size),
            "resized": self.resized,
            "class": class_id,
            "box": None if self.box is None else list(self.box),
            "skipped": [each.name for each in average.skipped],
            "complete": average.complete,
        }

    def to_json(self) -> dict[str, Any]:
        """The figures of each target, and beside them the settings."""
        part: dict[str, Any] = {target: each.to_json() for target, each in self.figures.items()}
        part["settings"] = self.settings_json()
        return part

    def row(self) -> ErfRow:
        """A row of the comparison in one figure."""
        return ErfRow(self.title, self.average.maps, self.average.settings.point, self.figures)


def entry_keys(count: int) -> list[str]:
    """What stands before the arrays of each model: nothing, `compare`, `compare2`, `compare3` …"""
    return ["", "compare", *(f"compare{number}" for number in range(2, count))][:count]


def report_json(entries: Sequence[ErfEntry]) -> dict[str, Any]:
    """`erf.json`: the first model's figures and settings; the others' under `compare` …"""
    report: dict[str, Any] = {}
    for key, entry in zip(entry_keys(len(entries)), entries, strict=True):
        report |= {key: entry.to_json()} if key else entry.to_json()
    return report


def report_settings(entries: Sequence[ErfEntry]) -> dict[str, Any]:
    """The settings alone, as they stand in the files of maps and figures."""
    keys = [key or "settings" for key in entry_keys(len(entries))]
    return {key: entry.settings_json() for key, entry in zip(keys, entries, strict=True)}


def table_csv(entries: Sequence[ErfEntry]) -> str:
    """A table with one line for each model and target, its settings beside its numbers."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for entry in entries:
        settings = _settings_cells(entry)
        for target, figures in entry.figures.items():
            writer.writerow({"target": target, **_figure_cells(figures), **settings})
    return text.getvalue()


_COLUMNS = (
    *("model", "target", "pictures", *(f"area_{share}" for share in SHARES)),
    *("centroid_x", "centroid_y", "radius", "equivalent_radius", "box_share"),
    *("preset", "contribution", "seed", "norm", "recentre", "analysis", "resample", "class"),
    *("point_x", "point_y", "height", "width", "numerics", "sha256", "complete"),
)


def _figure_cells(figures: ErfFigures) -> dict[str, object]:
    areas = {
        f"area_{share}": "" if np.isnan(ratio) else ratio
        for share, ratio in figures.area_ratio.items()
    }
    return {
        **areas,
        "centroid_x": figures.centroid[0],
        "centroid_y": figures.centroid[1],
        "radius": figures.radius,
        "equivalent_radius": figures.equivalent_radius,
        "box_share": figures.box_share,
    }


def _settings_cells(entry: ErfEntry) -> dict[str, object]:
    settings = entry.settings_json()
    point, size = settings["point"] or ("", ""), settings["size"] or ("", "")
    kept = {name: value for name, value in settings.items() if name in _COLUMNS}
    return {
        **kept,
        "pictures": entry.average.count,
        "point_x": point[0],
        "point_y": point[1],
        "height": size[0],
        "width": size[1],
    }
