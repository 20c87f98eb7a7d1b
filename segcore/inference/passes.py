"""The passes of a picture through the network: each a plan of windows, run in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from segcore.geometry import Size
from segcore.inference.backend import Backend
from segcore.inference.blend import Block, blended_blocks
from segcore.inference.encoded import EncodedImage
from segcore.inference.memory import whole_pixels
from segcore.inference.protocol import InferenceProtocol, View
from segcore.inference.tiling import (
    TILE,
    TilePlan,
    plan_own_size,
    plan_sliding,
    plan_tiles,
    plan_whole,
)
from segcore.inference.torch_backend import TorchBackend
from segcore.inference.views import Pass, Strip, averaged_strips
from segcore.progress import CancelToken, ProgressCallback, Ticker

LogitsOf = Callable[[int], Tensor]

MOST_AT_ONCE = 16
"""Windows that a GPU gets in one batch at most; by then it is busy."""


def plan_view(
    image_size: Size,
    backend: Backend,
    protocol: InferenceProtocol,
    view: View,
    tile: int | None = None,
) -> TilePlan:
    """How a picture is cut for one pass.

    A picture of its own size goes in whole where that fits (see `memory.whole_pixels`), else in
    tiles; resized ones go in whole.

    Args:
        tile: the side of the tiles that it is cut into whatever fits, where it may be.
    """
    preprocess = backend.preprocess
    canvas = protocol.canvas(image_size, preprocess, view.scale)
    if protocol.sliding is not None:
        return plan_sliding(image_size, canvas, protocol.sliding)
    if not protocol.keeps_own_size(preprocess):
        return plan_whole(image_size, canvas)
    if tile is not None:
        return plan_tiles(image_size, tile, canvas)
    return plan_own_size(image_size, pixels_at_once(backend), TILE, canvas)


def pixels_at_once(backend: Backend) -> int:
    """The most model pixels that go through the network together."""
    idle = backend.idle_bytes if isinstance(backend, TorchBackend) else 0
    return whole_pixels(backend.config, backend.placement, idle)


def windows_at_once(backend: Backend, window: Size) -> int:
    """How many windows of (height, width) model pixels go through the network together.

    On a GPU as many as one picture may have pixels. On the CPU one: its cores are busy with that,
    and several take as much memory more (`docs/protocols.md` has the figures).
    """
    if backend.device.type != "cuda":
        return 1
    return max(1, min(MOST_AT_ONCE, pixels_at_once(backend) // (window[0] * window[1])))


def all_passes(encoded: EncodedImage) -> list[EncodedImage]:
    """The encoded image, and one for each further view of its protocol that keeps nothing."""
    further = [
        EncodedImage(
            encoded.image,
            plan_view(encoded.size, encoded.backend, encoded.protocol, view, encoded.tile),
            encoded.backend,
            own_size=encoded.own_size,
            budget=0,
            protocol=encoded.protocol,
            view=view,
        )
        for view in encoded.protocol.views[1:]
    ]
    for one in further:
        one.one_by_one = encoded.one_by_one
        one.notes = encoded.notes
    return [encoded, *further]


def pieces_of(
    encoded: EncodedImage, cancel: CancelToken | None, progress: ProgressCallback | None
) -> Iterator[Block] | Iterator[Strip]:
    """Blocks of logits of a protocol's one pass, or strips of the mean of its several."""
    passes = all_passes(encoded)
    ticker = Ticker(sum(len(each.windows) for each in passes), progress)
    return combined(passes, [WindowRun(each, cancel, ticker).logits for each in passes])


def combined(
    passes: Sequence[EncodedImage], logits_of: Sequence[LogitsOf]
) -> Iterator[Block] | Iterator[Strip]:
    """The same of passes whose windows' logits (C, h, w) come from anywhere, asked for in order."""
    blocks = [blended_blocks(each.plan, logits) for each, logits in zip(passes, logits_of)]
    if len(passes) == 1:
        return blocks[0]
    size = passes[0].size
    arriving = [
        Pass(coming, size, mirrored=each.view.mirrored) for each, coming in zip(passes, blocks)
    ]
    return averaged_strips(arriving, size)


class WindowRun:
    """The logits of a picture's windows, asked for in order; equal ones are computed together."""

    def __init__(
        self, encoded: EncodedImage, cancel: CancelToken | None, ticker: Ticker | None
    ) -> None:
        self._encoded = encoded
        self._cancel = cancel
        self._ticker = ticker
        self._ready: dict[int, Tensor] = {}

    def logits(self, index: int) -> Tensor:
        """(C, h, w) of a window, in the backend's precision.

        Raises:
            Cancelled: it was called off; looked at between batches.
        """
        if index not in self._ready:
            if self._cancel is not None:
                self._cancel.raise_if_cancelled()
            batch = self._batch_from(index)
            self._ready |= zip(batch, self._computed(batch), strict=True)
        if self._ticker is not None:
            self._ticker.tick()
        return self._ready.pop(index)

    def _computed(self, batch: Sequence[int]) -> list[Tensor]:
        encoded, backend = self._encoded, self._encoded.backend
        if isinstance(backend, TorchBackend) and backend.has_graphs and not encoded.keeps_features:
            pixels = torch.cat([backend.pixels(encoded.model_image(index)) for index in batch])
            logits = backend.logits(pixels)
            encoded.notes += backend.take_notes()
            return [*logits]
        found = [backend.decode(stages) for stages in encoded.stages_of(batch)]
        for index, logits in zip(batch, found):
            encoded.keep_logits(index, logits)
        return found

    def _batch_from(self, index: int) -> list[int]:
        """The window and those after it, as long as they are of its size and fit."""
        windows = self._encoded.windows
        size = windows[index].model_size
        most = 1 if self._encoded.one_by_one else windows_at_once(self._encoded.backend, size)
        batch = [index]
        for number in range(index + 1, min(index + most, len(windows))):
            if windows[number].model_size != size:
                break
            batch.append(number)
        return batch
