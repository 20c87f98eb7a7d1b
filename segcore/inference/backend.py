"""What runs a network: the one interface behind which torch and OpenVINO are exchanged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.inference.devices import Placement
from segcore.models import ModelConfig, QueriesAndKeys, Runnable, SegFormerConfig
from segcore.preprocess import Preprocess

BackendName = Literal["torch", "openvino"]
Stages = tuple[Tensor, ...]


class Backend(Protocol):
    """A network on a device, in one precision.

    Stage features are torch tensors on that device, whatever computes them: (B, h, w, C) where
    `channels_last`, else (B, C, h, w); only `picture_of` and `stage_of` need to know. So everything
    that starts from features (attention, shares of a logit, learning) works behind every backend.
    """

    @property
    def name(self) -> BackendName:
        """What it is called on the command line."""

    @property
    def preprocess(self) -> Preprocess:
        """What is done to a picture before the network."""

    @property
    def placement(self) -> Placement:
        """Device and precision."""

    @property
    def device(self) -> torch.device:
        """Where features are."""

    @property
    def config(self) -> ModelConfig:
        """The network's architecture."""

    @property
    def attention_config(self) -> SegFormerConfig:
        """The numbers of the network's attention; RequestError where it has none."""

    @property
    def model(self) -> Runnable:
        """The network in torch, for its weights and for what needs gradients."""

    @property
    def channels_last(self) -> bool:
        """Whether stage features are (B, h, w, C)."""

    def pixels(self, image: npt.NDArray[np.uint8], dtype: torch.dtype | None = None) -> Tensor:
        """An (H, W, 3) uint8 image at the model's size, normalised: (1, 3, H, W) on the device."""

    def encode(self, pixels: Tensor) -> Stages:
        """Normalised pixels (B, 3, H, W) to the four stage outputs after their norms."""

    def decode(self, stages: Sequence[Tensor]) -> Tensor:
        """The stage outputs of one window to its logits (classes, h, w)."""

    def queries_and_keys(
        self, stage: int, stage_input: Tensor, blocks: Collection[int] | None = None
    ) -> list[QueriesAndKeys]:
        """Of each block of a stage, what its attention is made from; RequestError without any."""

    def picture_of(self, feature: Tensor) -> Tensor:
        """A stage feature or the head's features as (C, h, w)."""

    def stage_of(self, picture: Tensor) -> Tensor:
        """The other way: (C, h, w) as a stage feature."""
