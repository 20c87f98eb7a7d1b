"""CUDA graphs of a network, one for each input shape that keeps coming.

A small SegFormer is a few hundred kernels that a GPU finishes sooner than Python starts them;
replayed as a graph they cost one start. Recording one takes longer than running the network, so a
shape is recorded only once it has been seen a few times, and never before the first picture.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

Network = Callable[[Tensor], Tensor]

SEEN_BEFORE = 3
"""Runs of a shape before it is recorded."""

MOST_SHAPES = 8
"""Graphs that are kept; each holds its input, its output and a share of the common memory pool."""

_WARM_UP = 2
_REMEMBERED_SHAPES = 4096


class Recorded(NamedTuple):
    """A graph with the tensors that it reads and writes, and how it is run."""

    source: Tensor
    result: Tensor
    replay: Callable[[], None]


class Recorder(Protocol):
    """Records one run of a network on an input like this."""

    def __call__(self, network: Network, like: Tensor) -> Recorded: ...


class CudaRecorder:
    """Records with torch, all graphs in one memory pool: they never run at the same time."""

    def __init__(self) -> None:
        self._pool: Any = None

    def __call__(self, network: Network, like: Tensor) -> Recorded:
        """Run the network on the side, as recording asks for, and then record it.

        Raises:
            RuntimeError: something in the network cannot be recorded, or memory runs out.
        """
        if self._pool is None:
            self._pool = torch.cuda.graph_pool_handle()
        source = torch.empty_like(like).copy_(like)
        side = torch.cuda.Stream(like.device)  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream(like.device))
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                network(source)
        torch.cuda.current_stream(like.device).wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            result = network(source)
        return Recorded(source, result, graph.replay)


class GraphedNetwork:
    """A network on a GPU whose frequent shapes run as graphs; for one thread.

    The result is overwritten by the next call with the same shape: whoever keeps it copies it, or
    uses it on the same stream before then.

    Attributes:
        notes: why no graphs are used any more, a sentence; empty while they are.
    """

    def __init__(
        self,
        network: Network,
        recorder: Recorder | None = None,
        *,
        seen_before: int = SEEN_BEFORE,
        most_shapes: int = MOST_SHAPES,
    ) -> None:
        self.notes: list[str] = []
        self._network = network
        self._recorder = recorder or CudaRecorder()
        self._seen_before, self._most_shapes = seen_before, most_shapes
        self._seen: Counter[Hashable] = Counter()
        self._graphs: OrderedDict[Hashable, Recorded] = OrderedDict()

    @property
    def shapes(self) -> int:
        """How many graphs are kept."""
        return len(self._graphs)

    @torch.inference_mode()
    def __call__(self, pixels: Tensor) -> Tensor:
        """What the network makes of (B, 3, H, W) pixels on its device."""
        key = (tuple(pixels.shape), pixels.dtype, pixels.stride())
        graph = self._graphs.get(key)
        if graph is None:
            graph = self._recorded(key, pixels)
        if graph is None:
            return self._network(pixels)
        self._graphs.move_to_end(key)
        graph.source.copy_(pixels)
        graph.replay()
        return graph.result

    def release(self) -> None:
        """Forget all graphs and their memory; frequent shapes are recorded anew."""
        self._graphs.clear()
        self._seen.clear()

    def _recorded(self, key: Hashable, pixels: Tensor) -> Recorded | None:
        """A new graph of a shape that was seen often enough; None where there is to be none."""
        if self.notes:
            return None
        self._seen[key] += 1
        if self._seen[key] <= self._seen_before:
            if len(self._seen) > _REMEMBERED_SHAPES:
                self._seen.clear()
            return None
        while len(self._graphs) >= self._most_shapes:
            self._graphs.popitem(last=False)
        try:
            graph = self._graphs[key] = self._recorder(self._network, pixels)
        except RuntimeError as error:  # of torch, memory included: it runs without graphs as well
            self.release()
            reason = str(error).strip().partition("\n")[0]
            self.notes.append(f"The network runs without CUDA graphs: {reason}")
            return None
        return graph
