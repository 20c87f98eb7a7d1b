"""What if this were not there: a region is hidden and the model is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.geometry import Box, Point, check_point
from segcore.heatmap import HeatMap
from segcore.inference.encoded import EncodedImage
from segcore.inference.prediction import Prediction
from segcore.inference.predictor import Predictor
from segcore.inspection.erf import receptive_field
from segcore.inspection.hiding import hide
from segcore.progress import CancelToken, ProgressCallback, Ticker


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """One pixel with and without a region of the picture.

    Attributes:
        point: the pixel, (x, y).
        region, filling: what was hidden, and behind what.
        image: (H, W, 3) uint8, the picture as the model saw it then.
        before, after: the predictions of the whole picture.
        erf_before, erf_after: target -> receptive field at the point; empty where none was asked.
    """

    point: Point
    region: Box
    filling: str
    image: npt.NDArray[np.uint8]
    before: Prediction
    after: Prediction
    erf_before: dict[str, HeatMap]
    erf_after: dict[str, HeatMap]

    @property
    def labels(self) -> tuple[int, int]:
        """The pixel's class id before and after."""
        return self._at(self.before.labels), self._at(self.after.labels)

    @property
    def confidences(self) -> tuple[float, float]:
        """The winner's probability at the pixel before and after, 0 to 1."""
        x, y = self.point
        return float(self.before.confidence[y, x]), float(self.after.confidence[y, x])

    @property
    def flipped(self) -> npt.NDArray[np.bool_]:
        """(H, W): the pixels whose class changed."""
        return np.asarray(self.before.labels != self.after.labels)

    def confidence_change(self) -> HeatMap:
        """After minus before, of each pixel's winner, -1 to 1."""
        change = self.after.confidence.astype(np.float32) - self.before.confidence
        meaning, box = "confidence, after minus before", Box.of_size(self.before.labels.shape)
        return HeatMap(change, meaning, box, signed=True)

    def flipped_map(self) -> HeatMap:
        """1 where the class changed, 0 elsewhere."""
        flipped = self.flipped.astype(np.float32)
        return HeatMap(flipped, "pixels whose class changed", Box.of_size(flipped.shape))

    def erf_change(self, target: str) -> HeatMap:
        """The receptive field after minus before, each scaled to a sum of 1.

        Raises:
            RequestError: that target was not asked for.
        """
        if target not in self.erf_before:
            raise RequestError(f'No receptive field of "{target}" was taken: ask for it.')
        before, after = self.erf_before[target], self.erf_after[target]
        change = _share(after.values) - _share(before.values)
        meaning = f"ERF of {target}, after minus before"
        return HeatMap(change, meaning, before.box, signed=True)

    def to_json(self) -> dict[str, Any]:
        """The figures, and how much of each receptive field lay inside the region."""
        names = self.before.classes
        return {
            "point": list(self.point),
            "region": list(self.region),
            "filling": self.filling,
            "before": _answer(names, self.labels[0], self.confidences[0]),
            "after": _answer(names, self.labels[1], self.confidences[1]),
            "flipped": float(self.flipped.mean()),
            "erf_in_region": {
                target: {"before": self._inside(field), "after": self._inside(after)}
                for target, field, after in (
                    (name, field, self.erf_after[name]) for name, field in self.erf_before.items()
                )
            },
        }

    def _inside(self, field: HeatMap) -> float | None:
        """The share of a receptive field, of the size of the picture, that the region holds."""
        amounts = np.abs(field.values)
        total = float(amounts.sum(dtype=np.float64))
        inside = self.region.moved(-field.box.x0, -field.box.y0).clip(*field.shape)
        return float(amounts[inside.slices].sum(dtype=np.float64)) / total if total else None

    def _at(self, labels: npt.NDArray[np.unsignedinteger]) -> int:
        x, y = self.point
        return int(labels[y, x])


def counterfactual(
    predictor: Predictor,
    encoded: EncodedImage,
    point: Point,
    region: Box,
    filling: str = "blur",
    *,
    targets: tuple[str, ...] = (),
    cancel: CancelToken | None = None,
    progress: ProgressCallback | None = None,
) -> Counterfactual:
    """Hide a region, predict again, and compare.

    Args:
        encoded: the picture as it is; its features are used and kept.
        point: (x, y), the pixel that is asked about; it may lie inside the region.
        region, filling: see `hide`.
        targets: of which the receptive fields at the point are compared too.
        cancel, progress: looked at before, and told after, each step.

    Raises:
        RequestError: the point is outside the picture; the region or the filling is none.
        Cancelled: it was called off.
    """
    check_point(point, encoded.size)
    image = hide(encoded.image, region, filling)
    hidden = predictor.encode(image, protocol=encoded.protocol)
    ticker = Ticker(2 + 2 * bool(targets), progress)

    def ask(seen: EncodedImage) -> tuple[Prediction, dict[str, HeatMap]]:
        prediction = predictor.predict(seen, cancel=cancel)
        ticker.tick("predict")
        if not targets:
            return prediction, {}
        fields = receptive_field(predictor, seen, targets, point, cancel=cancel)
        ticker.tick("receptive fields")
        return prediction, fields

    before, erf_before = ask(encoded)
    after, erf_after = ask(hidden)
    inside = region.clip(*encoded.size)
    return Counterfactual(point, inside, filling, image, before, after, erf_before, erf_after)


def _answer(classes: ClassTable, label: int, confidence: float) -> dict[str, Any]:
    return {"id": label, "name": classes[label].name, "confidence": confidence}


def _share(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    total = float(np.abs(values).sum(dtype=np.float64))
    return values / np.float32(total) if total else values
