"""What is kept of a prediction, and how it gets onto the disk."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from segcore.atomic import replacing
from segcore.batch.contract import Arrays, BatchPredictor, Save
from segcore.batch.ledger import npz_of
from segcore.classes import ClassTable
from segcore.decoding.pixels import RGB
from segcore.geometry import Box
from segcore.labels import LabelMap, write_label_map
from segcore.progress import CancelToken


@dataclass(frozen=True, eq=False)
class Result:
    """(H, W) label map, the arrays that go into the NPZ, and notes on how it came about."""

    labels: LabelMap
    arrays: Arrays = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def predicted(
    predictor: BatchPredictor, image: RGB, save: Collection[Save], cancel: CancelToken
) -> Result:
    """The label map of a picture, and what else was asked for.

    Raises:
        Cancelled: `cancel` was called.
        SegcoreError: the picture cannot be predicted.
    """
    beyond_confidence = any(kind != "confidence" for kind in save)
    encoded = predictor.encode(image) if beyond_confidence else image
    prediction = predictor.predict(encoded, cancel=cancel)
    arrays: Arrays = {}
    if "confidence" in save:
        arrays["confidence"] = prediction.confidence
    if "top2" in save:
        arrays["top2_ids"], arrays["top2_probability"] = predictor.top2(encoded)
    arrays |= _measured(predictor, encoded, save, cancel)
    if "logits" in save:
        arrays |= _by_tile((box, {"logits": values}) for box, values in predictor.logits(encoded))
    if "features" in save:
        arrays |= _by_tile(predictor.features(encoded))
    return Result(prediction.labels, arrays, prediction.notes)


def _measured(
    predictor: BatchPredictor, encoded: Any, save: Collection[Save], cancel: CancelToken
) -> Arrays:
    """Entropy and margin, where they are asked for."""
    if not {"entropy", "margin"} & set(save):
        return {}
    from segcore.inference.uncertainty import MEASURES, uncertainty_maps  # brings torch along

    wanted = [measure for measure in MEASURES if measure in save]
    maps = uncertainty_maps(predictor, encoded, wanted, cancel=cancel)
    return {str(measure): values for measure, values in maps.items()}


def write_result(target: Path, result: Result, classes: ClassTable) -> tuple[int, int]:
    """Write the label map and, where there are arrays, the NPZ beside it; their bytes.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    arrays = Path(npz_of(str(target)))
    if result.arrays:
        with replacing(arrays) as stream:
            np.savez(stream, **result.arrays)  # type: ignore[arg-type]
    write_label_map(target, result.labels, classes)
    return target.stat().st_size, arrays.stat().st_size if result.arrays else 0


def _by_tile(tiles: Iterable[tuple[Box, Arrays]]) -> Arrays:
    """Arrays under their names of a picture in one piece; numbered, with `tiles`, of several."""
    collected = list(tiles)
    if len(collected) == 1:
        return collected[0][1]
    arrays: Arrays = {"tiles": np.array([box for box, _ in collected], np.int64)}
    for number, (_, values) in enumerate(collected):
        arrays |= {f"{name}_{number}": value for name, value in values.items()}
    return arrays
