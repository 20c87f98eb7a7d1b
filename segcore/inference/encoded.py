"""An image on its way through the network: windows whose features are computed once and kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.errors import RequestError
from segcore.geometry import Box, Point, Size, WindowGeometry, check_point
from segcore.inference.backend import Backend, Stages
from segcore.inference.canvas import resized_part
from segcore.inference.protocol import PREPROCESS, InferenceProtocol, View
from segcore.inference.tiling import SMALLEST_TILE, TILE, TilePlan, plan_tiles
from segcore.models import QueriesAndKeys

Image = npt.NDArray[np.uint8]
Kept = tuple[Tensor, ...]

DEFAULT_BUDGET = 1 << 30

UPRIGHT = View()

_MOST_KEPT_LOGITS = 16
"""Windows of a picture whose logits are kept beside their features."""


class FeatureStore:
    """Tensors by key, the least recently used forgotten once they exceed a number of bytes.

    What alone exceeds it is handed out and not kept.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.held = 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def has(self, key: Hashable) -> bool:
        """Whether something is kept under `key`."""
        return key in self._kept

    def get(self, key: Hashable, compute: Callable[[], Kept]) -> Kept:
        """What was kept under `key`, or computed now."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        tensors = compute()
        size = _bytes_of(tensors)
        if size <= self.budget:
            self._kept[key] = tensors
            self.held += size
            while self.held > self.budget:
                _, forgotten = self._kept.popitem(last=False)
                self.held -= _bytes_of(forgotten)
        return tensors

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self.held = 0


class EncodedImage:
    """An image with the features of its windows, computed when first asked for.

    Prediction, attention and learning draw from the same features without running the encoder
    again. Safe to use from several threads: they wait for each other.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        plan: how it is cut into windows.
        backend: what computes the features.
        protocol: how it goes in, and `view`: which of the protocol's passes this is.
        notes: what happened on the way that a person should know, one sentence each.
        tile: the side of the tiles that memory made necessary, or None.
        one_by_one: whether memory was too short for several windows at once.
    """

    def __init__(
        self,
        image: Image,
        plan: TilePlan,
        backend: Backend,
        *,
        own_size: bool,
        budget: int = DEFAULT_BUDGET,
        protocol: InferenceProtocol = PREPROCESS,
        view: View = UPRIGHT,
    ) -> None:
        self.image = image
        self.plan = plan
        self.backend = backend
        self.own_size = own_size
        self.protocol = protocol
        self.view = view
        self.tile: int | None = None
        self.one_by_one = False
        self.notes: list[str] = []
        self.lock = threading.RLock()
        self._store = FeatureStore(budget)

    @property
    def size(self) -> Size:
        """(height, width) of the image."""
        return self.image.shape[0], self.image.shape[1]

    @property
    def windows(self) -> tuple[WindowGeometry, ...]:
        """The windows, row by row."""
        return self.plan.windows

    @property
    def held_bytes(self) -> int:
        """Bytes of features that are kept at this moment."""
        return self._store.held

    @property
    def keeps_features(self) -> bool:
        """Whether features that were computed may be found again."""
        return self._store.budget > 0

    def window_at(self, point: Point) -> int:
        """The number of the window that answers for an image pixel (x, y).

        Raises:
            RequestError: the point is outside the image.
        """
        check_point(point, self.size)
        return next(
            index for index, window in enumerate(self.windows) if window.core.contains(point)
        )

    def model_image(self, index: int) -> Image:
        """What a window feeds to the network, (H, W, 3) uint8 at its `model_size`."""
        preprocess, plan = self.backend.preprocess, self.plan
        box = self._unmirrored(plan.canvas_box(index))
        if plan.count == 1:
            part = preprocess.resized(self.image, plan.canvas)
        elif plan.canvas == self.size:
            part = self.image[box.slices]
        else:
            part = resized_part(self.image, plan.canvas, box, preprocess.resample)
        return np.ascontiguousarray(part[:, ::-1]) if self.view.mirrored else part

    def stages(self, index: int) -> Stages:
        """The four stage features of a window, in the backend's layout and on its device."""
        return self.stages_of([index])[0]

    def stages_of(self, indices: Sequence[int]) -> list[Stages]:
        """The stage features of windows of one size; those that are not kept in one batch."""
        with self.lock:
            found = {
                index: self._store.get(("stages", index), tuple)
                for index in indices
                if self._store.has(("stages", index))
            }
            missing = [index for index in indices if index not in found]
            for index, stages in zip(missing, self._encoded(missing), strict=True):
                found[index] = self._store.get(("stages", index), partial(tuple, stages))
            return [found[index] for index in indices]

    def _encoded(self, indices: Sequence[int]) -> list[Stages]:
        if not indices:
            return []
        pixels = [self.backend.pixels(self.model_image(index)) for index in indices]
        if len(pixels) == 1:
            return [self.backend.encode(pixels[0])]
        together = self.backend.encode(torch.cat(pixels))
        # Copies, so that what is kept of one window does not keep the others alive.
        return [
            tuple(stage[place : place + 1].clone() for stage in together)
            for place in range(len(indices))
        ]

    def kept(self, key: Hashable, compute: Callable[[], Kept]) -> Kept:
        """What else is worked out from this image, kept beside the features within one budget."""
        with self.lock:
            return self._store.get(("kept", key), compute)

    def logits(self, index: int) -> Tensor:
        """(C, h, w) of a window, in the backend's precision; nobody may write to it."""
        decode = self.backend.decode
        return self.kept(("logits", index), lambda: (decode(self.stages(index)),))[0]

    def keep_logits(self, index: int, logits: Tensor) -> None:
        """Have a copy of a window's logits at hand for `logits`.

        Not of a picture of many windows: their features are worth more.
        """
        if self.keeps_features and len(self.windows) <= _MOST_KEPT_LOGITS:
            self.kept(("logits", index), lambda: (logits.clone(),))

    def queries_and_keys(self, index: int, stage: int, block: int) -> QueriesAndKeys:
        """Of one block, what its attention is made from; the blocks of a stage are kept together.

        Raises:
            RequestError: there is no such stage or block.
        """
        depths = self.backend.attention_config.depths
        if not 1 <= stage <= len(depths):
            raise RequestError(f"There is no stage {stage}: choose 1 to {len(depths)}.")
        if not 0 <= block < depths[stage - 1]:
            raise RequestError(
                f"There is no block {block} in stage {stage}: choose 0 to {depths[stage - 1] - 1}."
            )
        return self._queries_of_stage(index, stage, range(depths[stage - 1]))[block]

    def _unmirrored(self, box: Box) -> Box:
        if not self.view.mirrored:
            return box
        width = self.plan.columns.model_size
        return Box(width - box.x1, box.y0, width - box.x0, box.y1)

    def _queries_of_stage(
        self, index: int, stage: int, blocks: Collection[int]
    ) -> list[QueriesAndKeys]:
        with self.lock:
            shape: list[QueriesAndKeys] = []

            def compute() -> Kept:
                if stage == 1:
                    source = self.backend.pixels(self.model_image(index))
                else:
                    source = self.stages(index)[stage - 2]
                shape.extend(self.backend.queries_and_keys(stage, source, blocks))
                return tuple(part for found in shape for part in (found.queries, found.keys))

            kept = self._store.get(("attention", index, stage), compute)
            window = self.windows[index]
            return self._named(kept, stage, window)

    def _named(self, kept: Kept, stage: int, window: WindowGeometry) -> list[QueriesAndKeys]:
        config = self.backend.attention_config
        grid = config.grid(window.model_size, stage)
        ratio = config.sr_ratios[stage - 1]
        key_grid = (grid[0] // ratio, grid[1] // ratio)
        heads = config.heads[stage - 1]
        return [
            QueriesAndKeys(queries, keys, heads, grid, key_grid)
            for queries, keys in zip(kept[::2], kept[1::2])
        ]

    def release(self) -> None:
        """Forget all features; they are computed again when asked for."""
        with self.lock:
            self._store.clear()

    def use_smaller_tiles(self) -> int | None:
        """Cut the image into tiles half the size; their side, or None where it cannot be cut.

        An image that is resized to the model's size has one window, which cannot be cut without
        changing what the network sees.
        """
        with self.lock:
            largest = max(max(window.model_size) for window in self.windows)
            tile = next((side for side in _tile_sides() if side < largest and self.own_size), None)
            if tile is not None:
                self.release()
                self.tile = tile
                self.plan = plan_tiles(self.size, tile, self.plan.canvas)
            return tile

    def move_to(self, backend: Backend) -> None:
        """Go on with another backend; features computed so far are forgotten."""
        with self.lock:
            self.release()
            self.backend = backend


def _tile_sides() -> list[int]:
    sides = [TILE]
    while sides[-1] > SMALLEST_TILE:
        sides.append(sides[-1] // 2)
    return sides


def _bytes_of(tensors: Kept) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
