"""The folded network on the CPU by OpenVINO: an optional extra, up to twice as fast as torch.

The encoder is OpenVINO's. The head is torch's: it waits for memory more than for arithmetic, and
in strips of rows takes a third of what it takes as a graph. Whatever needs the network itself
(queries and keys, gradients) is torch's as well, which holds the same folded weights; and so are
pictures of sizes that OpenVINO is not ready for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.inference.backend import Stages
from segcore.inference.compiled_graph import CompiledGraph, compiler
from segcore.inference.devices import Placement
from segcore.inference.openvino_graph import encoder_graph
from segcore.inference.torch_backend import TorchBackend
from segcore.models import FastSegFormer, QueriesAndKeys, SegFormer, SegFormerConfig
from segcore.models.fast_head import FastHead, fast_head
from segcore.preprocess import Preprocess


class OpenVINOBackend:
    """A SegFormer by OpenVINO; see `Backend`. Its features are torch tensors on the CPU.

    Attributes:
        placement: the CPU, in fp32.
    """

    name: Literal["openvino"] = "openvino"
    channels_last = True

    def __init__(
        self,
        config: SegFormerConfig,
        preprocess: Preprocess,
        network: Callable[[], SegFormer],
        torch_backend: Callable[[], TorchBackend],
        *,
        waits: bool = True,
    ) -> None:
        """Compile nothing yet; the graph is written now where pictures wait for it.

        Args:
            config: of the network.
            preprocess: what is done to a picture before it.
            network: builds its weights, which are folded here and not kept.
            torch_backend: builds or hands out the same network in torch: the CPU, fp32, fast.
            waits: whether a picture of a new size waits until OpenVINO is ready for it; else
                torch answers until then, see `CompiledGraph`. Waiting needs no more of torch's
                network than the head.
        """
        self.placement = Placement(torch.device("cpu"), "fp32")
        self.preprocess = preprocess
        self.config = config
        self._torch_backend = torch_backend

        self._head: FastHead | None = None
        threads = torch.get_num_threads()
        if waits:
            weights = network()
            graph = encoder_graph(weights, threads)
            self._head = fast_head(weights.decoder)
            self._encoder = CompiledGraph(lambda: graph)
        else:
            self._encoder = CompiledGraph(lambda: encoder_graph(network(), threads), compiler())
        self._scale, self._shift = preprocess.affine()

    @property
    def device(self) -> torch.device:
        """The CPU."""
        return self.placement.device

    @property
    def model(self) -> FastSegFormer:
        """The same folded network in torch."""
        model = self._torch_backend().model
        assert isinstance(model, FastSegFormer)
        return model

    @property
    def attention_config(self) -> SegFormerConfig:
        """The numbers of the network's attention."""
        return self.config

    def pixels(self, image: npt.NDArray[np.uint8], dtype: torch.dtype | None = None) -> Tensor:
        """An (H, W, 3) uint8 image at the model's size, normalised: (1, 3, H, W)."""
        normalised = image * self._scale
        normalised += self._shift
        return torch.from_numpy(normalised).to(dtype or torch.float32).permute(2, 0, 1)[None]

    def encode(self, pixels: Tensor) -> Stages:
        """Normalised pixels (B, 3, H, W) to the stage outputs (B, h_i, w_i, C_i)."""
        batch, _, height, width = pixels.shape
        self.config.check_input_size((height, width))
        channels_last = pixels.float().permute(0, 2, 3, 1).contiguous()
        found = self._encoder.run([channels_last.numpy()])
        if found is None:
            return self._torch_backend().encode(pixels.float())
        return tuple(
            torch.from_numpy(tokens.reshape(batch, *self.config.grid((height, width), stage), -1))
            for stage, tokens in enumerate(found, start=1)
        )

    def decode(self, stages: Sequence[Tensor]) -> Tensor:
        """The stage outputs of one window to its logits (classes, h, w)."""
        if self._head is None:
            return self._torch_backend().decode(stages)
        with torch.inference_mode():
            logits: Tensor = self._head(stages)
            return logits[0]

    def queries_and_keys(
        self, stage: int, stage_input: Tensor, blocks: Collection[int] | None = None
    ) -> list[QueriesAndKeys]:
        """Of each block of a stage, what its attention is made from; computed by torch."""
        return self._torch_backend().queries_and_keys(stage, stage_input, blocks)

    def picture_of(self, feature: Tensor) -> Tensor:
        """A stage feature or the head's features as (C, h, w)."""
        return feature[0].permute(2, 0, 1)

    def stage_of(self, picture: Tensor) -> Tensor:
        """The other way: (C, h, w) as a stage feature."""
        return picture.permute(1, 2, 0)[None]
