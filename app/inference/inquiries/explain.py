"""Questions about one pixel: its classes and their causes, and what would be if."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from app.inference.inquiry import Desk, Inquiry
from app.inference.requests import Image, ModelSpec, Point
from app.lay_under import LabelMap, mapped_labels
from segcore.classes import ClassTable
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.opencv import cv2
from segcore.progress import CancelToken, ProgressCallback

if TYPE_CHECKING:
    from segcore.inspection import AtSize, Explanation, NativeGrid, WithoutStage
    from segcore.inspection.ablation import Replacement

LARGEST_MAP = 768
"""Cells a side of what is laid over the picture, so that the window colours it in no time."""
THUMBNAIL = 96
"""Pixels of the longer side of a small label map."""
FIELD = "head"
"""Whose receptive field is compared when a region is hidden: the decision's."""

Partial = Callable[[Any], None]


@dataclass(frozen=True, eq=False)
class PictureInquiry(Inquiry):
    """What all of these depend on."""

    model: ModelSpec
    image_name: str
    image: Image

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.image_name


@dataclass(frozen=True, eq=False)
class Why:
    """One pixel explained: the shares of its logits, and the class without each stage."""

    explanation: Explanation
    without: tuple[WithoutStage, ...]
    classes: ClassTable


@dataclass(frozen=True, eq=False)
class WhyInquiry(PictureInquiry):
    """Why one pixel got its class; the answer is a `Why`."""

    kind: ClassVar[str] = "explain"
    point: Point
    replacement: Replacement

    def answer(
        self, desk: Desk, cancel: CancelToken, _progress: ProgressCallback, _partial: Partial
    ) -> Why:
        """From the features that the prediction left behind."""
        from segcore.inspection import ablations, explain

        predictor, encoded = desk.predictor(self.model), desk.encoded(self.model, self.image)
        found = explain(predictor, encoded, self.point)
        cancel.raise_if_cancelled()
        without = ablations(predictor, encoded, self.point, self.replacement)
        return Why(found, without, predictor.classes)


@dataclass(frozen=True, eq=False)
class WithoutInquiry(PictureInquiry):
    """The whole picture without a stage; the answer is a label map in ids of `wanted`."""

    kind: ClassVar[str] = "without"
    stage: int
    replacement: Replacement
    wanted: ClassTable

    def answer(
        self, desk: Desk, cancel: CancelToken, progress: ProgressCallback, _partial: Partial
    ) -> LabelMap:
        """The decoder's labels."""
        from segcore.inspection import labels_without

        predictor, encoded = desk.predictor(self.model), desk.encoded(self.model, self.image)
        labels = labels_without(
            predictor, encoded, self.stage, self.replacement, cancel=cancel, progress=progress
        )
        return mapped_labels(labels, predictor.classes, self.wanted)


@dataclass(frozen=True, eq=False)
class GridInquiry(PictureInquiry):
    """The logit grid without upsampling; the answer is a `NativeGrid`."""

    kind: ClassVar[str] = "grid"

    def answer(
        self, desk: Desk, cancel: CancelToken, progress: ProgressCallback, _partial: Partial
    ) -> NativeGrid:
        """From the features that the prediction left behind."""
        from segcore.inspection import native_grid

        predictor, encoded = desk.predictor(self.model), desk.encoded(self.model, self.image)
        return native_grid(predictor, encoded, cancel=cancel, progress=progress)


@dataclass(frozen=True, eq=False)
class Hidden:
    """A pixel before and after a region of the picture was hidden.

    Attributes:
        image: (H, W, 3) uint8, as the model saw it.
        names: of the pixel's class before and after.
        confidences: of the winner before and after, 0 to 1.
        flipped: share of the pixels whose class changed, 0 to 1.
        maps: `flipped`, `confidence` and `field` -> what changed where, to lay over the picture.
    """

    point: Point
    region: Box
    filling: str
    image: Image
    names: tuple[str, str]
    confidences: tuple[float, float]
    flipped: float
    maps: dict[str, HeatMap]


@dataclass(frozen=True, eq=False)
class HideInquiry(PictureInquiry):
    """What if a region were not there; the answer is a `Hidden`."""

    kind: ClassVar[str] = "hide"
    point: Point
    region: Box
    filling: str

    def answer(
        self, desk: Desk, cancel: CancelToken, progress: ProgressCallback, _partial: Partial
    ) -> Hidden:
        """Two predictions, and the receptive field of the decision in both."""
        from segcore.inspection import counterfactual

        found = counterfactual(
            desk.predictor(self.model),
            desk.encoded(self.model, self.image),
            self.point,
            self.region,
            self.filling,
            targets=(FIELD,),
            cancel=cancel,
            progress=progress,
        )
        before, after = (found.before.classes[label].name for label in found.labels)
        return Hidden(
            found.point,
            found.region,
            found.filling,
            found.image,
            (before, after),
            found.confidences,
            float(found.flipped.mean()),
            {
                "flipped": _reduced(found.flipped_map()),
                "confidence": _reduced(found.confidence_change()),
                "field": _reduced(found.erf_change(FIELD)),
            },
        )


@dataclass(frozen=True, eq=False)
class Said:
    """What the document says of the picture.

    Attributes:
        labels: (H, W) ids of the document's classes.
        origins: (H, W) uint8 rows of the origin table.
        not_people: the rows that are nobody's or a model's.
    """

    labels: LabelMap
    origins: npt.NDArray[np.uint8]
    not_people: tuple[int, ...]

    def truth(self, ignore: int) -> LabelMap | None:
        """The labels where a person said so, else ignore; None where nobody said anything."""
        unknown = np.zeros(256, np.bool_)
        unknown[list(self.not_people)] = True
        nobody = unknown[self.origins]
        return None if nobody.all() else np.where(nobody, ignore, self.labels)


@dataclass(frozen=True, eq=False)
class Sized:
    """The answer at one size: its figures, its labels in the wanted ids, and a small picture."""

    figures: AtSize
    labels: LabelMap
    thumbnail: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class SizesInquiry(PictureInquiry):
    """The picture at several sizes, against what people said; the answer is a tuple of `Sized`."""

    kind: ClassVar[str] = "sizes"
    scales: tuple[float, ...]
    said: Said | None
    wanted: ClassTable

    def answer(
        self, desk: Desk, cancel: CancelToken, progress: ProgressCallback, _partial: Partial
    ) -> tuple[Sized, ...]:
        """One prediction a size, and one at the picture's own."""
        from segcore.inspection import resolution_study

        predictor = desk.predictor(self.model)
        own = predictor.classes
        said = None if self.said is None else self.said.truth(self.wanted.ignore)
        truth = None if said is None else mapped_labels(said, self.wanted, own)
        study = resolution_study(
            predictor, self.image, self.scales, truth, cancel=cancel, progress=progress
        )
        lut = self.wanted.lut()
        found = []
        for one in study:
            labels = mapped_labels(one.labels, own, self.wanted)
            step = -(-max(labels.shape) // THUMBNAIL)
            found.append(Sized(one, labels, lut[labels[::step, ::step]]))
        return tuple(found)


def _reduced(heat_map: HeatMap) -> HeatMap:
    """The map averaged down to cells that are coloured in no time."""
    rows, columns = heat_map.shape
    factor = max(rows, columns) / LARGEST_MAP
    if factor <= 1:
        return heat_map
    size = (max(round(columns / factor), 1), max(round(rows / factor), 1))
    values = cv2.resize(heat_map.values, size, interpolation=cv2.INTER_AREA)
    return replace(heat_map, values=values.astype(np.float32))
