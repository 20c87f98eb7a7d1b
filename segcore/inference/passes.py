"""The passes of a picture through the network: each a plan of windows, run in order."""

from __future__ import annotations

from collections.abc import Iterator

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
from segcore.inference.views import Pass, Strip, averaged_strips
from segcore.progress import CancelToken, ProgressCallback, Ticker

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
    fitting = whole_pixels(backend.config, backend.placement)
    return plan_own_size(image_size, fitting, TILE, canvas)


def windows_at_once(backend: Backend, window: Size) -> int:
    """How many windows of (height, width) model pixels go through the network together.

    On a GPU as many as one picture may have pixels. On the CPU one: its cores are busy with that,
    and several take as much memory more (`docs/protocols.md` has the figures).
    """
    if backend.device.type != "cuda":
        return 1
    fitting = whole_pixels(backend.config, backend.placement)
    return max(1, min(MOST_AT_ONCE, fitting // (window[0] * window[1])))


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
    return [encoded, *further]


def blocks_of(encoded: EncodedImage, cancel: CancelToken | None, ticker: Ticker) -> Iterator[Block]:
    """The logits of one pass, in blocks that tile the image."""
    return blended_blocks(encoded.plan, WindowRun(encoded, cancel, ticker).logits)


def pieces_of(
    encoded: EncodedImage, cancel: CancelToken | None, progress: ProgressCallback | None
) -> Iterator[Block] | Iterator[Strip]:
    """Blocks of logits of a protocol's one pass, or strips of the mean of its several."""
    passes = all_passes(encoded)
    ticker = Ticker(sum(len(each.windows) for each in passes), progress)
    if len(passes) == 1:
        return blocks_of(encoded, cancel, ticker)
    arriving = [
        Pass(blocks_of(each, cancel, ticker), encoded.size, mirrored=each.view.mirrored)
        for each in passes
    ]
    return averaged_strips(arriving, encoded.size)


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
            encoded = self._encoded
            batch = self._batch_from(index)
            for number, stages in zip(batch, encoded.stages_of(batch), strict=True):
                self._ready[number] = encoded.backend.decode(stages)
        if self._ticker is not None:
            self._ticker.tick()
        return self._ready.pop(index)

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
