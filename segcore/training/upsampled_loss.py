"""Cross entropy of logits upsampled four times, without ever holding the upsampled logits.

At 150 classes the upsampled logits of one 512 x 512 crop take 157 MB, and softmax, loss and their
gradients pass over them again and again: more time than the network itself takes. Here they are
made a strip of rows at a time, small enough for the cache, once for the losses and once more for
the gradient. The sums are those of `cross_entropy(interpolate(logits))` to rounding.

Bilinear upsampling by four with half-pixel centres has but four phases: output 4 i + p lies
between the inputs i and its neighbour before (p = 0, 1) or behind (p = 2, 3), with the neighbour's
share as in `_SHARES`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

FACTOR = 4
_SHARES = (3 / 8, 1 / 8, 1 / 8, 3 / 8)
_BEFORE = (0, 1)
_FEWEST_CLASSES = 16

# Bytes of a strip of upsampled logits: what the second-level caches hold, or a good load of a GPU.
_STRIP_BYTES_PER_THREAD = 1 << 20
_STRIP_BYTES_ON_GPU = 256 << 20


def fits(logits: Tensor, labels: Tensor) -> bool:
    """Whether the labels are exactly four times the size of the logits, and it is worth it.

    With few classes a row of channels is too short for the processor's vectors.
    """
    _, classes, height, width = logits.shape
    exact = tuple(labels.shape[1:]) == (FACTOR * height, FACTOR * width)
    return exact and classes >= _FEWEST_CLASSES


def pixel_losses(logits: Tensor, labels: Tensor, *, ignore: int, smoothing: float = 0.0) -> Tensor:
    """Cross entropy of every pixel: (B, 4 h, 4 w) float32, 0 where the label is `ignore`.

    Args:
        logits: (B, classes, h, w), best channels last.
        labels: (B, 4 h, 4 w) int64.
        smoothing: this share of the target goes to all classes alike.
    """
    tokens = logits.permute(0, 2, 3, 1).float().contiguous()
    losses: Tensor = _PixelLosses.apply(tokens, labels, ignore, smoothing)  # type: ignore[no-untyped-call]
    return losses


class _PixelLosses(torch.autograd.Function):
    """Tokens (B, h, w, K) and labels to losses; what is kept is one number a pixel."""

    @staticmethod
    def forward(ctx: Any, tokens: Tensor, labels: Tensor, ignore: int, smoothing: float) -> Tensor:
        normaliser = torch.empty(labels.shape, dtype=tokens.dtype, device=tokens.device)
        losses = torch.empty_like(normaliser)
        known = labels != ignore
        targets = torch.where(known, labels, 0)
        for sample in range(len(tokens)):
            padded = _padded(tokens[sample])
            for rows in _strips(tokens):
                large = _upsampled(padded, rows)
                strip = slice(FACTOR * rows.start, FACTOR * rows.stop)
                target = targets[sample, strip, :, None]
                wanted = large.gather(2, target)[..., 0]
                if smoothing:
                    wanted = wanted * (1 - smoothing) + large.mean(dim=2) * smoothing
                highest = large.amax(dim=2, keepdim=True)
                total = large.sub_(highest).exp_().sum(dim=2).log_() + highest[..., 0]
                normaliser[sample, strip] = total
                torch.sub(total, wanted, out=losses[sample, strip])
        ctx.save_for_backward(tokens, targets, known, normaliser)
        ctx.smoothing = smoothing
        return losses.mul_(known)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        tokens, targets, known, normaliser = ctx.saved_tensors
        smoothing: float = ctx.smoothing
        by_pixel = gradients[0] * known
        _, height, width, classes = tokens.shape
        result = torch.empty_like(tokens)
        for sample in range(len(tokens)):
            padded = _padded(tokens[sample])
            summed = tokens.new_zeros(height + 2, width, classes)
            for rows in _strips(tokens):
                strip = slice(FACTOR * rows.start, FACTOR * rows.stop)
                share = by_pixel[sample, strip, :, None]
                large = _upsampled(padded, rows).sub_(normaliser[sample, strip, :, None]).exp_()
                if smoothing:
                    large.sub_(smoothing / classes)
                large.mul_(share)
                target = targets[sample, strip, :, None]
                large.scatter_add_(2, target, share * (smoothing - 1))
                _add_adjoint(large, summed, rows)
            result[sample] = _unpadded(summed)
        return result, None, None, None


def _strips(tokens: Tensor) -> Iterator[slice]:
    """Rows of the small grid, a few at a time."""
    _, height, width, classes = tokens.shape
    room = (
        _STRIP_BYTES_PER_THREAD * torch.get_num_threads()
        if tokens.device.type == "cpu"
        else _STRIP_BYTES_ON_GPU
    )
    rows = max(room // (FACTOR * FACTOR * width * classes * tokens.element_size()), 1)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def _padded(tokens: Tensor) -> Tensor:
    """(h, w, K) with its outermost rows repeated: (h + 2, w, K)."""
    return torch.cat([tokens[:1], tokens, tokens[-1:]])


def _upsampled(padded: Tensor, rows: slice) -> Tensor:
    """Those rows of a padded grid at four times the size: (4 rows, 4 w, K)."""
    count = rows.stop - rows.start
    _, width, classes = padded.shape
    middle = padded[rows.start + 1 : rows.stop + 1]
    tall = padded.new_empty(count, FACTOR, width, classes)
    for phase, share in enumerate(_SHARES):
        first = rows.start if phase in _BEFORE else rows.start + 2
        torch.lerp(middle, padded[first : first + count], share, out=tall[:, phase])
    tall = tall.view(count * FACTOR, width, classes)
    large = padded.new_empty(count * FACTOR, width, FACTOR, classes)
    for phase, share in enumerate(_SHARES):
        inner, edge, source, neighbour = _columns(phase)
        torch.lerp(tall[:, source], tall[:, neighbour], share, out=large[:, inner, phase])
        large[:, edge, phase] = tall[:, edge]
    return large.view(count * FACTOR, width * FACTOR, classes)


def _columns(phase: int) -> tuple[slice, int, slice, slice]:
    """Of a phase: the columns that have a neighbour, the one without, and who is whose."""
    if phase in _BEFORE:
        return slice(1, None), 0, slice(1, None), slice(None, -1)
    return slice(None, -1), -1, slice(None, -1), slice(1, None)


def _add_adjoint(large: Tensor, summed: Tensor, rows: slice) -> None:
    """Add to a padded gradient (h + 2, w, K) what a strip (4 rows, 4 w, K) of gradients gives."""
    count = rows.stop - rows.start
    _, width, classes = summed.shape
    phases = large.view(count * FACTOR, width, FACTOR, classes)
    tall = phases[:, :, 0] * (1 - _SHARES[0])
    for phase in range(1, FACTOR):
        tall.add_(phases[:, :, phase], alpha=1 - _SHARES[phase])
    for phase, share in enumerate(_SHARES):
        inner, edge, _, neighbour = _columns(phase)
        tall[:, neighbour].add_(phases[:, inner, phase], alpha=share)
        tall[:, edge].add_(phases[:, edge, phase], alpha=share)
    by_row = tall.view(count, FACTOR, width, classes)
    for phase, share in enumerate(_SHARES):
        summed[rows.start + 1 : rows.stop + 1].add_(by_row[:, phase], alpha=1 - share)
        first = rows.start if phase in _BEFORE else rows.start + 2
        summed[first : first + count].add_(by_row[:, phase], alpha=share)


def _unpadded(summed: Tensor) -> Tensor:
    """The gradient of the grid, its repeated rows folded back."""
    inner = summed[1:-1]
    inner[0] += summed[0]
    inner[-1] += summed[-1]
    return inner


def plain_losses(logits: Tensor, labels: Tensor, *, ignore: int, smoothing: float = 0.0) -> Tensor:
    """The same for labels of any size, holding the upsampled logits."""
    size = tuple(labels.shape[1:])
    large = functional.interpolate(logits.float(), size, mode="bilinear", align_corners=False)
    return functional.cross_entropy(
        large, labels, ignore_index=ignore, reduction="none", label_smoothing=smoothing
    )
