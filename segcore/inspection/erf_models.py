"""The models of a comparison: any that segments, and the same networks before they learnt."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from segcore.checkpoints import Checkpoint, read_checkpoint
from segcore.errors import CheckpointError
from segcore.inference.predictor import Predictor
from segcore.models import DeepLab, ResNetMlp, SegFormer, build_network

RANDOM = "random:"
"""Before a MODEL: the same architecture, initialised at random."""


def load_for_comparison(
    source: str, device: str = "auto", numerics: str = "fast", *, seed: int = 0
) -> Predictor:
    """A predictor in fp32 of a MODEL, or of `random:MODEL`, whose weights are drawn from `seed`.

    What pictures go through before the network is the model's own either way, so that both see the
    same. Weights are drawn as for training from scratch: SegFormer's as the paper does, a ResNet's
    as He et al. do.

    Raises:
        CheckpointError: the model cannot be used.
        RequestError: a device or numerics that is not there.
    """
    if not source.startswith(RANDOM):
        return Predictor.load(source, device, "fp32", numerics)
    checkpoint = at_random(read_checkpoint(source.removeprefix(RANDOM)), seed)
    return Predictor.from_checkpoint(checkpoint, device, "fp32", numerics)


def at_random(checkpoint: Checkpoint, seed: int = 0) -> Checkpoint:
    """The checkpoint with weights drawn anew; one seed, one network.

    Raises:
        CheckpointError: it is an ImageNet classifier and cannot segment.
    """
    network = build_network(checkpoint.config, device="meta").to_empty(device="cpu")
    if checkpoint.encoder_only or not isinstance(network, SegFormer | DeepLab | ResNetMlp):
        raise CheckpointError(
            f"{checkpoint.name}: it is an ImageNet classifier without a decoder and cannot "
            "segment; fine-tune it or choose a segmentation model."
        )
    network.initialise(torch.Generator().manual_seed(seed))
    state = {
        name: tensor.detach()
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    return replace(
        checkpoint,
        name=f"{RANDOM}{checkpoint.name}",
        state=state,
        sha256=_sha256(state),
        licence=None,
        summary=f"{checkpoint.summary}, weights drawn at random (seed {seed})",
        notes=(),
    )


def _sha256(state: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(name.encode())
        digest.update(state[name].contiguous().numpy().tobytes())
    return digest.hexdigest()
