"""Questions about the network as it is: its stages in numbers, and the features at a place.

What several answers draw from (the exact network, features, components) is kept on a `Shelf`, which
the questions carry with them and only the inference thread looks into.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from app.convert import Pixels
from app.inference.inquiry import Desk, Inquiry
from app.stage_views import (
    CHANNELS_A_PAGE,
    COMPONENTS,
    HEAD_TARGETS,
    Channel,
    ChannelOrder,
    FeatureView,
    NetworkNumbers,
    Place,
    StepOutline,
)
from segcore.geometry import Box, Point
from segcore.heatmap import HeatMap
from segcore.opencv import cv2
from segcore.progress import CancelToken, Progress, ProgressCallback

if TYPE_CHECKING:
    from app.inference.requests import Image, ModelSpec
    from segcore.inference import EncodedImage, Predictor
    from segcore.inspection import Components, StageWalker

SHELF_BYTES = 384 << 20
"""One block of B0 on a picture of 1024 x 2048 fits."""
THUMBNAIL_SIDE = 168
PICTURE_SIDE = 640
"""Cells a side of the picture of components; finer grids are averaged down to this."""


@dataclass(frozen=True, eq=False)
class Kept:
    """The features of a place, and of a block's operation what is said of its neighbours."""

    values: npt.NDArray[np.float32]
    box: Box
    steps: tuple[StepOutline, ...] = ()

    @cached_property
    def components(self) -> Components:
        """The strongest components, reckoned when they are first looked at."""
        from segcore.inspection.components import principal_components

        return principal_components(self.values, min(COMPONENTS, len(self.values)))


class Shelf:
    """What was computed of one picture by one model; of another one, everything is put away."""

    def __init__(self) -> None:
        self._of: tuple[ModelSpec, Image] | None = None
        self._walker: tuple[str, StageWalker] | None = None
        self._kept: OrderedDict[object, Kept] = OrderedDict()

    def turn_to(self, spec: ModelSpec, image: Image) -> None:
        """Keep things of this picture and model from now on."""
        if self._of is None or self._of[0] != spec or self._of[1] is not image:
            self._kept.clear()
            self._of = (spec, image)

    def walker(self, predictor: Predictor) -> StageWalker:
        """The exact network of the model, built once.

        Raises:
            RequestError: the model is no SegFormer.
        """
        from segcore.inspection import StageWalker

        if self._walker is None or self._walker[0] != predictor.sha256:
            self._walker = None
            self._walker = (predictor.sha256, StageWalker(predictor))
        return self._walker[1]

    def get(self, key: object) -> Kept | None:
        """What lies there, if anything."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: object, kept: Kept) -> None:
        """Lay something there; what was not looked at for longest makes room."""
        self._kept[key] = kept
        while sum(one.values.nbytes for one in self._kept.values()) > SHELF_BYTES:
            self._kept.popitem(last=False)


@dataclass(frozen=True, eq=False)
class NumbersInquiry(Inquiry):
    """The stages in numbers; a first answer comes without the times."""

    kind: ClassVar[str] = "stages"
    model: ModelSpec
    image_name: str
    image: Image
    point: Point | None

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.image_name

    def answer(
        self,
        desk: Desk,
        _cancel: CancelToken,
        progress: ProgressCallback,
        partial: Callable[[Any], None],
    ) -> NetworkNumbers:
        """Counted at once, then measured by one run of the network."""
        predictor = desk.predictor(self.model)
        encoded = desk.encoded(self.model, self.image)
        partial(self._numbers(predictor, encoded, timed=False))
        progress(Progress(0, 0))
        return self._numbers(predictor, encoded, timed=True)

    def _numbers(
        self, predictor: Predictor, encoded: EncodedImage, *, timed: bool
    ) -> NetworkNumbers:
        from segcore.inspection.stages import stage_facts
        from segcore.inspection.steps import why_no_steps
        from segcore.models import architecture_title

        rows = stage_facts(predictor, encoded, self.point, timed=timed)
        index = encoded.window_at(self.point or _middle(encoded))
        return NetworkNumbers(
            rows,
            predictor.name,
            architecture_title(predictor.config),
            encoded.windows[index].model_size,
            len(encoded.windows),
            why_no_steps(predictor) or "",
        )


@dataclass(frozen=True, eq=False)
class FeaturesInquiry(Inquiry):
    """The features at a place: as components, and one page of their channels.

    `channel` asks for the page that has this channel, whatever `page` says.
    """

    kind: ClassVar[str] = "features"
    model: ModelSpec
    image_name: str
    image: Image
    point: Point | None
    place: Place
    order: ChannelOrder = "variance"
    page: int = 0
    channel: int | None = None
    shelf: Shelf = field(default_factory=Shelf)

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.image_name

    def answer(
        self,
        desk: Desk,
        _cancel: CancelToken,
        progress: ProgressCallback,
        _partial: Callable[[Any], None],
    ) -> FeatureView:
        """From the shelf, or computed now.

        Raises:
            RequestError: there is no such place in this model.
        """
        predictor = desk.predictor(self.model)
        encoded = desk.encoded(self.model, self.image)
        progress(Progress(0, 0))
        self.shelf.turn_to(self.model, self.image)
        place, kept = self._features(predictor, encoded)
        progress(Progress(0, 0))
        return self._view(place, kept, len(encoded.windows), predictor)

    def _features(self, predictor: Predictor, encoded: EncodedImage) -> tuple[Place, Kept]:
        """The place with its step settled, and what is there."""
        from segcore.inspection.feature_maps import feature_map

        window = encoded.window_at(self.point or _middle(encoded))
        key = (window, self.place)
        known = self.shelf.get(key)
        if self.place.block is not None:
            place = self.place
            if known is None or place.step < 0:
                place, known = self._walked(predictor, encoded, window)
            return place, known
        if known is None:
            found = feature_map(predictor, encoded, self.place.target, self.point)
            known = Kept(found.values, found.box)
            self.shelf.put(key, known)
        return self.place, known

    def _walked(
        self, predictor: Predictor, encoded: EncodedImage, window: int
    ) -> tuple[Place, Kept]:
        """Walk through the block once and keep all of its operations that there is room for."""
        place = self.place
        assert place.block is not None
        walker = self.shelf.walker(predictor)
        steps = walker.steps(encoded, place.stage, place.block, self.point)
        outlines = tuple(
            StepOutline(step.key, step.operation, step.inputs, step.shape) for step in steps
        )
        box = encoded.windows[window].box
        settled = min(place.step, len(steps) - 1) if place.step >= 0 else len(steps) - 1
        found: Kept | None = None
        # What is asked for last, so that it is the last to be put away.
        for number in sorted(range(len(steps)), key=lambda number: number == settled):
            found = Kept(steps[number].values, steps[number].box(box), outlines)
            self.shelf.put((window, Place(place.target, place.block, number)), found)
        assert found is not None
        return Place(place.target, place.block, settled), found

    def _view(self, place: Place, kept: Kept, windows: int, predictor: Predictor) -> FeatureView:
        from segcore.inspection.components import channel_order
        from segcore.inspection.feature_maps import cell_in

        channels, height, width = kept.values.shape
        box = kept.box
        cell = None if self.point is None else cell_in(box, self.point, (channels, height, width))
        order: ChannelOrder = self.order if cell or self.order != "activation" else "variance"
        numbers = channel_order(kept.values, order, cell)
        pages = -(-channels // CHANNELS_A_PAGE)
        chosen = None if self.channel is None else min(self.channel, channels - 1)
        page = self.page
        if chosen is not None:
            page = int(np.flatnonzero(numbers == chosen)[0]) // CHANNELS_A_PAGE
        page = min(max(page, 0), pages - 1)
        name = _meaning(place, kept)
        shown = numbers[page * CHANNELS_A_PAGE : (page + 1) * CHANNELS_A_PAGE]
        blocks = 0 if place.target in HEAD_TARGETS else predictor.config.depths[place.stage - 1]
        return FeatureView(
            place=place,
            shape=(channels, height, width),
            box=box,
            picture=_reduced_picture(kept.components.picture()),
            shares=tuple(float(share) for share in kept.components.shares),
            components=tuple(
                _channel(number, values, f"{name}, component {number + 1}", box)
                for number, values in enumerate(kept.components.values)
            ),
            channels=tuple(
                _channel(int(n), kept.values[n], f"{name}, channel {n}", box) for n in shown
            ),
            order=order,
            page=page,
            pages=pages,
            chosen=chosen,
            steps=kept.steps,
            blocks=blocks,
            windows=windows,
            point=self.point,
        )


def _middle(encoded: EncodedImage) -> Point:
    height, width = encoded.size
    return width // 2, height // 2


def _meaning(place: Place, kept: Kept) -> str:
    if place.target in HEAD_TARGETS:
        return "Fused features" if place.target == "fused" else "Logits"
    if place.block is None:
        return f"Stage {place.stage}"
    key = kept.steps[place.step].key.replace("_", " ")
    return f"Stage {place.stage}, block {place.block}, {key}"


def _channel(number: int, values: npt.NDArray[np.float32], meaning: str, box: Box) -> Channel:
    heat_map = HeatMap(values, meaning, box)
    small = _reduced(heat_map.values, THUMBNAIL_SIDE)
    return Channel(number, heat_map, HeatMap(small, meaning, box))


def _reduced_picture(picture: Pixels) -> Pixels:
    return _reduced(picture, PICTURE_SIDE)


def _reduced(values: npt.NDArray[Any], side: int) -> npt.NDArray[Any]:
    """Averaged down until no side is longer; itself where none is."""
    height, width = values.shape[:2]
    factor = max(height, width) / side
    if factor <= 1:
        return values
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    reduced: npt.NDArray[Any] = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    return reduced
