"""How large a picture may go through the network in one piece."""

from __future__ import annotations

from segcore.inference.devices import Placement, free_bytes
from segcore.models import SegFormerConfig

CPU_PIXELS = 2_400_000
"""On the CPU and MPS: a 1024 x 2048 street goes in whole, a 12-megapixel photograph in tiles."""

GPU_PIXELS = 8_400_000
"""The most on any GPU: beyond it, attention over all tokens takes longer than tiles do."""

_LIVE_COPIES = 16
"""Stage-1 token tensors that are alive at once in its Mix-FFN, hidden width included."""


def whole_pixels(config: SegFormerConfig, placement: Placement) -> int:
    """The most pixels that an image of its own size goes in with as one window.

    On a GPU half of the memory that is free, at the most that a stage keeps alive at once, between
    1024 x 1024 and GPU_PIXELS.
    """
    free = free_bytes(placement.device)
    if free is None:
        return CPU_PIXELS
    stride = config.strides[0] ** 2
    per_pixel = _LIVE_COPIES * config.widths[0] * placement.dtype.itemsize / stride
    return max(1024 * 1024, min(GPU_PIXELS, int(free / 2 / per_pixel)))
