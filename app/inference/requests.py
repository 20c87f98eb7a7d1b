"""What the window asks of the inference thread, and what it answers.

Every request captures all that its answer depends on, so that nothing the person does meanwhile
can change it; every answer names the picture and the generation it is for, so that a stale one is
dropped by whoever receives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from app.inference.inquiry import Inquiry, InquiryAnswer
from segcore.classes import ClassTable
from segcore.geometry import Box
from segcore.inference.protocol import PREPROCESS, InferenceProtocol

if TYPE_CHECKING:
    from segcore.heatmap import HeatMap
    from segcore.inference import Prediction
    from segcore.inspection import ErfFigures

Image = npt.NDArray[np.uint8]
Point = tuple[int, int]
ERF_TARGETS = ("stage1", "stage2", "stage3", "stage4", "head")


@dataclass(frozen=True)
class ModelSpec:
    """Which weights, where they run and how; `source` is a bundled name, a file or a folder.

    `protocol` says how pictures go in.
    """

    source: str
    device: str = "auto"
    precision: str = "auto"
    backend: str = "auto"
    numerics: str = "fast"
    protocol: InferenceProtocol = PREPROCESS


class PictureStore(Protocol):
    """Where a batch reads its pictures and keeps its labels; called from I/O threads."""

    def read(self, name: str) -> Image:
        """The picture, uint8 RGB (H, W, 3).

        Raises:
            SegcoreError: the picture cannot be read.
        """

    def is_open(self, name: str) -> bool:
        """Whether the window has the picture open, and will show more of it than its labels."""

    def save(self, name: str, prediction: Prediction) -> bool:
        """Keep the labels under a person's pixels; False when the window has the picture open.

        Raises:
            SegcoreError: the labels cannot be written.
        """


@dataclass(frozen=True)
class LoadModel:
    """Read a model and have it ready."""

    kind: ClassVar[str] = "model"
    model: ModelSpec
    generation: int = 0

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.model.source


@dataclass(frozen=True, eq=False)
class PredictImage:
    """Predict one picture, the one that is open."""

    kind: ClassVar[str] = "predict"
    model: ModelSpec
    image_name: str
    image: Image
    generation: int

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.image_name


@dataclass(frozen=True, eq=False)
class QueryPoint:
    """The attention of one pixel in one block of one stage, all heads; stages from 1."""

    kind: ClassVar[str] = "query"
    model: ModelSpec
    image_name: str
    image: Image
    generation: int
    point: Point
    stage: int = 1
    block: int = 0

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return f"{self.image_name} {self.point[0]},{self.point[1]}"


@dataclass(frozen=True, eq=False)
class QueryField:
    """The effective receptive fields of the `targets` at one pixel."""

    kind: ClassVar[str] = "erf"
    model: ModelSpec
    image_name: str
    image: Image
    generation: int
    point: Point
    targets: tuple[str, ...] = ERF_TARGETS

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return f"{self.image_name} {self.point[0]},{self.point[1]}"


@dataclass(frozen=True, eq=False)
class PredictBatch:
    """Predict many pictures one after the other, in the background.

    Attributes:
        smooth: weight of the frames before along the motion, from 0 (none) to less than 1; the
            pictures are then frames of one clip in order.
    """

    kind: ClassVar[str] = "batch"
    model: ModelSpec
    names: tuple[str, ...]
    store: PictureStore
    generation: int = 0
    smooth: float = 0.0

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return str(len(self.names))


Request = LoadModel | PredictImage | QueryPoint | QueryField | PredictBatch | Inquiry


@dataclass(frozen=True)
class Choice:
    """Something to choose: `value` is what is asked for, `title` what the person reads."""

    value: str
    title: str


@dataclass(frozen=True)
class AtHand:
    """What only the inference thread can find out: devices that are here, the person's models.

    `devices` leaves `auto` out; a model's value is the path that loads it.
    """

    devices: tuple[Choice, ...] = ()
    models: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class ModelInfo:
    """The model that is ready: what the window says of it."""

    spec: ModelSpec
    name: str
    classes: ClassTable
    device: str
    precision: str
    numerics: str
    depths: tuple[int, ...]
    heads: tuple[int, ...]
    variant: str = ""
    licence: str | None = None
    sha256: str = ""
    backend: str = "torch"
    notes: tuple[str, ...] = ()
    generation: int = 0


@dataclass(frozen=True, eq=False)
class PredictionResult:
    """The prediction of one picture; `notes` say what the person should know of its making."""

    image_name: str
    generation: int
    prediction: Prediction
    model: ModelSpec
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class AttentionResult:
    """Where one pixel looks: a heat map per head, and their mean.

    `cell` holds the image pixels of the token that the pixel falls in.
    """

    image_name: str
    generation: int
    point: Point
    stage: int
    block: int
    heads: tuple[HeatMap, ...]
    mean: HeatMap
    cell: Box


@dataclass(frozen=True, eq=False)
class FieldResult:
    """What one pixel sees: a heat map and its figures per target."""

    image_name: str
    generation: int
    point: Point
    fields: Mapping[str, HeatMap]
    figures: Mapping[str, ErfFigures]


@dataclass(frozen=True, eq=False)
class BatchItem:
    """One picture of a batch: saved, or left to the window (`prediction`), or gone wrong."""

    image_name: str
    generation: int
    model: ModelSpec
    saved: bool = False
    prediction: Prediction | None = None
    error: str = ""
    notes: tuple[str, ...] = field(default=())


Answer = (
    AtHand
    | ModelInfo
    | PredictionResult
    | AttentionResult
    | FieldResult
    | BatchItem
    | InquiryAnswer
)
