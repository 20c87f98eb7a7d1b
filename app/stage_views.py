"""What the Stages page speaks of: a place in the network, and what is seen there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.convert import Pixels
from segcore.geometry import Box, Point, Size
from segcore.heatmap import HeatMap

if TYPE_CHECKING:
    from segcore.inspection import StageFacts

Shape = tuple[int, int, int]
ChannelOrder = Literal["variance", "activation", "number"]
ORDERS: tuple[ChannelOrder, ...] = ("variance", "activation", "number")
STAGES = ("stage1", "stage2", "stage3", "stage4")
HEAD_TARGETS = ("fused", "head")
CHANNELS_A_PAGE = 9
COMPONENTS = 3


@dataclass(frozen=True)
class Place:
    """Where in the network: an output, or one operation of a block.

    Attributes:
        target: `stage1` … `stage4`, `fused` (the head's features) or `head` (the logits).
        block: of a stage, the block that is walked through; None is the stage's output.
        step: which operation of the block, from 0; -1 is the last.
    """

    target: str = "stage1"
    block: int | None = None
    step: int = 0

    @property
    def stage(self) -> int:
        """The stage's number from 1; 0 for the head."""
        return STAGES.index(self.target) + 1 if self.target in STAGES else 0


@dataclass(frozen=True, eq=False)
class NetworkNumbers:
    """The stages and the head in numbers, for one window of one picture.

    Attributes:
        rows: stages first; seconds are None until they are measured.
        model, architecture: what it is called.
        size: (height, width) of what goes in.
        windows: into how many tiles the picture is cut.
        refusal: why nothing can be stepped through; "" where it can.
    """

    rows: tuple[StageFacts, ...]
    model: str
    architecture: str
    size: Size
    windows: int
    refusal: str


@dataclass(frozen=True)
class StepOutline:
    """One operation: its key in `segcore.inspection.steps`, its notation, shapes in and out."""

    key: str
    operation: str
    inputs: tuple[Shape, ...]
    shape: Shape


@dataclass(frozen=True, eq=False)
class Channel:
    """One channel of the features, and the same reduced to the size of a thumbnail."""

    number: int
    heat_map: HeatMap
    thumbnail: HeatMap


@dataclass(frozen=True, eq=False)
class FeatureView:
    """The features at a place, made ready to be shown.

    Attributes:
        place: where, the step settled.
        shape: (C, h, w) of the features.
        box: the image pixels that they lie over.
        picture: (h', w', 3) uint8, the first three components as red, green and blue.
        shares: of the variance that each component explains, 0 to 1.
        components: each as a map, with a thumbnail; numbered from 0.
        channels: one page of channels in the order that was asked for.
        order, page, pages: which one.
        chosen: the number of the channel that was asked for by itself, or None.
        steps: the operations of the block; empty for an output.
        blocks: how many blocks the stage has.
        windows: into how many tiles the picture is cut.
        point: the queried pixel, where there is one.
    """

    place: Place
    shape: Shape
    box: Box
    picture: Pixels
    shares: tuple[float, ...]
    components: tuple[Channel, ...]
    channels: tuple[Channel, ...]
    order: ChannelOrder
    page: int
    pages: int
    chosen: int | None
    steps: tuple[StepOutline, ...]
    blocks: int
    windows: int
    point: Point | None

    @property
    def outline(self) -> StepOutline | None:
        """The operation that is shown; None for an output."""
        return self.steps[self.place.step] if self.steps else None
