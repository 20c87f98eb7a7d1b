"""An image on its way through the network: windows whose features are computed once and kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable

import numpy as np
import numpy.typing as npt
from torch import Tensor

from segcore.errors import RequestError
from segcore.geometry import Point, Size, WindowGeometry, check_point
from segcore.inference.tiling import SMALLEST_TILE, TILE, TilePlan, plan_tiles
from segcore.inference.torch_backend import Stages, TorchBackend
from segcore.models import QueriesAndKeys

Image = npt.NDArray[np.uint8]
Kept = tuple[Tensor, ...]

DEFAULT_BUDGET = 1 << 30


class FeatureStore:
    """Tensors by key, the least recently used forgotten once they exceed a number of bytes.

    What alone exceeds it is handed out and not kept.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.held = 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

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
        notes: what happened on the way that a person should know, one sentence each.
    """

    def __init__(
        self,
        image: Image,
        plan: TilePlan,
        backend: TorchBackend,
        *,
        own_size: bool,
        budget: int = DEFAULT_BUDGET,
    ) -> None:
        self.image = image
        self.plan = plan
        self.backend = backend
        self.own_size = own_size
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
        window = self.windows[index]
        part = self.image[window.box.slices]
        return self.backend.preprocess.resized(part, window.model_size)

    def stages(self, index: int) -> Stages:
        """The four stage features of a window, in the backend's layout and on its device."""
        with self.lock:
            return self._store.get(
                ("stages", index),
                lambda: self.backend.encode(self.backend.pixels(self.model_image(index))),
            )

    def queries_and_keys(self, index: int, stage: int, block: int) -> QueriesAndKeys:
        """Of one block, what its attention is made from; the blocks of a stage are kept together.

        Raises:
            RequestError: there is no such stage or block.
        """
        depths = self.backend.model.config.depths
        if not 1 <= stage <= len(depths):
            raise RequestError(f"There is no stage {stage}: choose 1 to {len(depths)}.")
        if not 0 <= block < depths[stage - 1]:
            raise RequestError(
                f"There is no block {block} in stage {stage}: choose 0 to {depths[stage - 1] - 1}."
            )
        return self._queries_of_stage(index, stage, range(depths[stage - 1]))[block]

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
        config = self.backend.model.config
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
            height, width = (max(sizes) for sizes in zip(*(w.model_size for w in self.windows)))
            largest = max(height, width)
            tile = next((side for side in _tile_sides() if side < largest and self.own_size), None)
            if tile is not None:
                self.release()
                self.plan = plan_tiles(self.size, tile)
            return tile

    def move_to(self, backend: TorchBackend) -> None:
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
