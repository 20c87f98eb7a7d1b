"""The folded network on the CPU by OpenVINO: an optional extra, up to twice as fast as torch.

Encoder and head are a graph each, so that features are kept, explained and decoded again as with
torch. Whatever needs the network itself (queries and keys, gradients) is torch's to compute, which
holds the same folded weights and is built when it is first needed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import openvino
import torch
from torch import Tensor

from segcore.inference.backend import Stages
from segcore.inference.devices import Placement
from segcore.inference.openvino_graph import encoder_graph, head_graph
from segcore.inference.torch_backend import TorchBackend
from segcore.models import FastSegFormer, QueriesAndKeys, SegFormer, SegFormerConfig
from segcore.preprocess import Preprocess

Arrays = list[npt.NDArray[np.float32]]
Shapes = tuple[tuple[int, ...], ...]


_KEPT_SHAPES = 4
"""Compiled networks of other shapes; each holds its own copy of the weights."""


class CompiledGraph:
    """A graph, compiled for each shape of its inputs; the least recently used are forgotten.

    Compiling for all shapes at once is no way out: OpenVINO 2026.4's fused attention then gives
    wrong features as soon as the shape changes, and is slower while it does not.
    """

    def __init__(self, graph: openvino.Model) -> None:
        self._graph = graph
        self._core = openvino.Core()
        self._requests: OrderedDict[Shapes, openvino.InferRequest] = OrderedDict()
        self._lock = threading.Lock()

    def run(self, inputs: Arrays) -> Arrays:
        """All outputs, in the graph's order; they are the caller's."""
        with self._lock:
            request = self._request(tuple(array.shape for array in inputs))
            request.infer(dict(enumerate(inputs)), share_inputs=True, share_outputs=True)
            return [tensor.data.copy() for tensor in request.output_tensors]

    def _request(self, shapes: Shapes) -> openvino.InferRequest:
        if shapes not in self._requests:
            while len(self._requests) >= _KEPT_SHAPES:
                self._requests.popitem(last=False)
            graph = self._graph.clone()
            graph.reshape(dict(enumerate(map(list, shapes))))
            self._requests[shapes] = self._compiled(graph)
        self._requests.move_to_end(shapes)
        return self._requests[shapes]

    def _compiled(self, graph: openvino.Model) -> openvino.InferRequest:
        settings = {
            # Left to itself it computes in bfloat16 wherever the CPU can.
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        }
        return self._core.compile_model(graph, "CPU", settings).create_infer_request()


class OpenVINOBackend:
    """A SegFormer by OpenVINO; see `Backend`. Its features are torch tensors on the CPU.

    Attributes:
        placement: the CPU, in fp32.
    """

    name: Literal["openvino"] = "openvino"
    channels_last = True

    def __init__(
        self,
        network: SegFormer,
        preprocess: Preprocess,
        torch_backend: Callable[[], TorchBackend],
    ) -> None:
        """Write and keep the graphs; nothing is compiled before the first picture.

        Args:
            network: the weights, folded here and not kept.
            preprocess: what is done to a picture before it.
            torch_backend: builds or hands out the same network in torch: the CPU, fp32, fast.
        """
        self.placement = Placement(torch.device("cpu"), "fp32")
        self.preprocess = preprocess
        self.config: SegFormerConfig = network.config
        self._torch_backend = torch_backend
        self._encoder = CompiledGraph(encoder_graph(network))
        self._head = CompiledGraph(head_graph(network))
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
        return tuple(
            torch.from_numpy(tokens.reshape(batch, *self.config.grid((height, width), stage), -1))
            for stage, tokens in enumerate(found, start=1)
        )

    def decode(self, stages: Sequence[Tensor]) -> Tensor:
        """The stage outputs of one window to its logits (classes, h, w)."""
        (logits,) = self._head.run([stage.contiguous().numpy() for stage in stages])
        return torch.from_numpy(logits[0])

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
