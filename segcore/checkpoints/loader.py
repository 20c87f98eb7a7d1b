"""From a checkpoint to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from segcore.checkpoints.checkpoint import Checkpoint
from segcore.checkpoints.reader import read_checkpoint
from segcore.checkpoints.refusal import refusal
from segcore.errors import RequestError
from segcore.models import FastSegFormer, ImageClassifier, SegFormer

Numerics = Literal["exact", "fast"]
Network = SegFormer | FastSegFormer | ImageClassifier


def load_segformer(
    source: str | Path | Checkpoint,
    numerics: Numerics = "exact",
    *,
    num_classes: int | None = None,
    seed: int = 0,
) -> Network:
    """The model of a bundled name, file, folder or hub name: eval, CPU, float32.

    `(B, 3, H, W)` normalised pixels go in; logits `(B, classes, ceil(H/4), ceil(W/4))` come out.
    ImageNet's `mit_b*` come as an `ImageClassifier` with scores `(B, 1000)`; an encoder without
    even that classifier needs `num_classes`.

    Args:
        source: what to load, or a `Checkpoint` that was read before.
        numerics: `exact`, the family's reference order of operations, or `fast`, which is equal
            algebraically.
        num_classes: asks for a segmentation model with that many classes; where the checkpoint
            has another number, or no decoder at all, those layers are drawn anew from `seed`.

    Raises:
        CheckpointError: whatever is wrong with the checkpoint, in one sentence.
        RequestError: no such numerics, or fewer than one class.
    """
    if numerics not in ("exact", "fast"):
        raise RequestError(f"{numerics}: there are no such numerics; use exact or fast.")
    checkpoint = source if isinstance(source, Checkpoint) else read_checkpoint(source)
    config = checkpoint.segformer
    if num_classes is not None:
        model: SegFormer | ImageClassifier = _with_classes(checkpoint, num_classes, seed)
    elif checkpoint.headless:
        raise refusal(
            checkpoint.name,
            "this is an encoder alone, without a decoder, and cannot segment",
            "fine-tune it, or choose a segmentation model",
        )
    elif checkpoint.encoder_only:
        model = ImageClassifier(config, device="meta")
        fill(model, checkpoint.state)
    else:
        model = SegFormer(config, device="meta")
        fill(model, checkpoint.state)
    model.eval()
    if numerics == "fast" and isinstance(model, SegFormer):
        return FastSegFormer.from_exact(model)
    return model


def fill(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Give `model` (on `meta`) float32 copies of all its weights; nothing is shared with `state`.

    Only the batch counters, which evaluation never reads, start at 0.
    """
    copies = {name: tensor.to(torch.float32, copy=True) for name, tensor in state.items()}
    for name, buffer in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            copies[name] = torch.zeros((), dtype=buffer.dtype)
    model.load_state_dict(copies, strict=True, assign=True)
    model.requires_grad_()


def _with_classes(checkpoint: Checkpoint, num_classes: int, seed: int) -> SegFormer:
    """The checkpoint's weights wherever they fit a model of `num_classes`, else fresh ones."""
    if num_classes < 1:
        raise RequestError(f"num_classes is {num_classes}: give at least 1.")
    config = replace(checkpoint.segformer, num_classes=num_classes)
    model = SegFormer(config, device="meta").to_empty(device="cpu")
    model.initialise(torch.Generator().manual_seed(seed))
    fitting = model.state_dict()
    for name, tensor in checkpoint.state.items():
        if name in fitting and fitting[name].shape == tensor.shape:
            fitting[name] = tensor.to(torch.float32)
    model.load_state_dict(fitting, strict=True)
    return model
