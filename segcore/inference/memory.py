"""How large a picture may go through the network in one piece."""

from __future__ import annotations

import operator
from itertools import accumulate

from segcore.inference.devices import Placement, free_bytes
from segcore.models import ModelConfig, SegFormerConfig

CPU_PIXELS = 2_400_000
"""On the CPU and MPS: a 1024 x 2048 street goes in whole, a 12-megapixel photograph in tiles."""

GPU_PIXELS = 8_400_000
"""The most on any GPU: beyond it, attention over all tokens takes longer than tiles do."""

GRAPH_PIXELS = 1 << 22
"""The most in a CUDA graph: sixteen pictures of 512 x 512, or two streets of 1024 x 2048."""

_LIVE_IN_FFN = 15
"""Stage-1 token tensors that are alive at once in its Mix-FFN, hidden width included."""

_LIVE_IN_HEAD = 4
"""Tensors of the head's width at H/4: the sum so far, one stage upsampled, as it lies and in the
head's layout, and their sum."""

_LIVE_PICTURES = 8
"""Of a network on a ResNet: a block's input, branches and output, and what convolutions unfold."""

_HEAD_WIDTH = 1024
"""What its head has at H/4 at once: joined, upsampled, and what comes of it."""


def whole_pixels(config: ModelConfig, placement: Placement, idle: int = 0) -> int:
    """The most pixels that an image of its own size goes in with as one window.

    On a GPU half of the memory that is free, at the most that a stage keeps alive at once, between
    1024 x 1024 and GPU_PIXELS.

    Args:
        idle: bytes that look free and are not, because CUDA graphs work in them.
    """
    free = free_bytes(placement.device)
    if free is None:
        return CPU_PIXELS
    fitting = int((free - idle) / 2 / _bytes_per_pixel(config, placement))
    return max(1024 * 1024, min(GPU_PIXELS, fitting))


def worth_recording(config: ModelConfig, placement: Placement, pixels: int) -> bool:
    """Whether a CUDA graph is to be made of a pass over so many pixels, all pictures together.

    Of large ones it saves nothing: the GPU is busy for longer than Python needs to start the next
    kernel. And the graph keeps all memory of the pass, which may be a quarter of what is free.
    """
    if pixels > GRAPH_PIXELS:
        return False
    free = free_bytes(placement.device)
    return free is None or pixels * _bytes_per_pixel(config, placement) <= free / 4


def _bytes_per_pixel(config: ModelConfig, placement: Placement) -> float:
    return _live_values(config) * placement.dtype.itemsize


def _live_values(config: ModelConfig) -> float:
    """Numbers that are alive at once for each pixel of the input."""
    if isinstance(config, SegFormerConfig):
        return _live_in_segformer(config)
    encoder = config.encoder
    strides = [min(4 << stage, encoder.output_stride) for stage in range(len(encoder.widths))]
    stages = [width / stride**2 for width, stride in zip(encoder.widths, strides)]
    stem = encoder.stem_widths[-1] / 2**2
    return _LIVE_PICTURES * max(stem, *stages, _HEAD_WIDTH / 4**2)


def _live_in_segformer(config: SegFormerConfig) -> float:
    """Of a SegFormer with fast numerics: in the first stage, or in the head, which is mostly more.

    What was counted on running networks of every size, to a hundredth; attention makes no scores.
    """
    coarser = [config.strides[0] ** 2 / stride**2 for stride in _total_strides(config)]
    pixels = config.in_channels * config.strides[0] ** 2
    encoder = pixels + _LIVE_IN_FFN * config.widths[0]
    features = sum(width * share for width, share in zip(config.widths, coarser))
    projected = config.decoder_width * sum(coarser[1:])
    head = features + projected + _LIVE_IN_HEAD * config.decoder_width
    logits = features + config.decoder_width + 2 * config.num_classes
    return max(encoder, head, logits) / config.strides[0] ** 2


def _total_strides(config: SegFormerConfig) -> list[int]:
    return list(accumulate(config.strides, operator.mul))
