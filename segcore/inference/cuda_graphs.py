"""CUDA graphs of a network, one for each input shape that keeps coming.

A small SegFormer is a few hundred kernels that a GPU finishes sooner than Python starts them;
replayed as a graph they cost one start. Recording one takes longer than running the network, so a
shape is recorded only once it has been seen a few times, and never before the first picture.
"""

from __future__ import annotations

import threading
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
_RECORDING = threading.Lock()  # one GPU after the other: recording empties the caches of all
_REMEMBERED_SHAPES = 4096


class Recorded(NamedTuple):
    """A graph with the tensors that it reads and writes, how it is run, and what it holds.

    Attributes:
        held: bytes by which the recorder's memory pool grew for it.
    """

    source: Tensor
    result: Tensor
    replay: Callable[[], None]
    held: int = 0


class Recorder(Protocol):
    """Records runs of a network."""

    def __call__(self, network: Network, like: Tensor) -> Recorded:
        """One run, on an input like this."""

    def forget(self) -> None:
        """No graph of those so far will be replayed: their memory may go."""


class CudaRecorder:
    """Records with torch, all graphs of a GPU in one memory pool: none runs beside another."""

    def __init__(self) -> None:
        self._pool: Any = None
        self._side: Any = None  # one for all graphs: matrix products keep memory for each stream

    def __call__(self, network: Network, like: Tensor) -> Recorded:
        """Run the network on the side, as recording asks for, and then record it there.

        Raises:
            RuntimeError: something in the network cannot be recorded, or memory runs out.
        """
        with _RECORDING, torch.cuda.device(like.device):
            return self._record(network, like)

    def forget(self) -> None:
        """The next graph begins a new pool: one whose graphs are gone cannot be taken up again."""
        self._pool = None

    def _record(self, network: Network, like: Tensor) -> Recorded:
        if self._pool is None:
            self._pool = torch.cuda.graph_pool_handle()
        source = torch.empty_like(like).copy_(like)
        computing = torch.cuda.current_stream(like.device)
        if self._side is None:
            self._side = torch.cuda.Stream(like.device)  # type: ignore[no-untyped-call]
        side = self._side
        side.wait_stream(computing)
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                network(source)
        computing.wait_stream(side)
        torch.cuda.synchronize(like.device)
        torch.cuda.empty_cache()
        before = torch.cuda.memory_reserved(like.device)
        graph = torch.cuda.CUDAGraph()
        # A stream of this GPU: torch's own choice is of whichever GPU recorded first. Threads that
        # decode pin memory meanwhile, which the usual mode takes for a part of the recording.
        # The outer `with` brings the stream back where the end of a failed recording raises.
        with (
            torch.cuda.stream(side),
            torch.cuda.graph(
                graph, pool=self._pool, stream=side, capture_error_mode="thread_local"
            ),
        ):
            result = network(source)
        held = torch.cuda.memory_reserved(like.device) - before
        return Recorded(source, result, graph.replay, held)


class GraphedNetwork:
    """A network on a GPU whose frequent shapes run as graphs.

    Results are copies: a graph writes into the same memory every time. Threads wait for each other;
    they must share a stream, as all graphs share their memory.

    Attributes:
        notes: why no graphs are used any more, a sentence, until somebody has taken it.
    """

    def __init__(
        self,
        network: Network,
        recorder: Recorder | None = None,
        *,
        worth: Callable[[Tensor], bool] = lambda _pixels: True,
        seen_before: int = SEEN_BEFORE,
        most_shapes: int = MOST_SHAPES,
    ) -> None:
        """Record nothing yet.

        Args:
            network: what is run.
            recorder: makes the graphs; CUDA's if left out.
            worth: whether an input like this is to be recorded, asked when it has come often.
            seen_before: runs of a shape before it is recorded.
            most_shapes: graphs that are kept.
        """
        self.notes: list[str] = []
        self._given_up = False
        self._network = network
        self._recorder = recorder or CudaRecorder()
        self._worth = worth
        self._seen_before, self._most_shapes = seen_before, most_shapes
        self._seen: Counter[Hashable] = Counter()
        self._graphs: OrderedDict[Hashable, Recorded] = OrderedDict()
        self._held = 0
        self._guard = threading.RLock()

    @property
    def shapes(self) -> int:
        """How many graphs are kept."""
        return len(self._graphs)

    @property
    def held(self) -> int:
        """Bytes of the memory in which they work; of graphs that gave way, too, until `release`."""
        return self._held

    @torch.inference_mode()
    def __call__(self, pixels: Tensor) -> Tensor:
        """What the network makes of (B, 3, H, W) pixels on its device."""
        key = (tuple(pixels.shape), pixels.dtype, pixels.stride())
        with self._guard:
            graph = self._graphs.get(key) or self._recorded(key, pixels)
            if graph is None:
                return self._network(pixels)
            self._graphs.move_to_end(key)
            graph.source.copy_(pixels)
            graph.replay()
            return graph.result.clone()

    def release(self) -> None:
        """Forget all graphs and their memory; frequent shapes are recorded anew."""
        with self._guard:
            self._graphs.clear()
            self._seen.clear()
            self._held = 0
            self._recorder.forget()

    def _recorded(self, key: Hashable, pixels: Tensor) -> Recorded | None:
        """A new graph of a shape that was seen often enough; None where there is to be none."""
        if self._given_up:
            return None
        self._seen[key] += 1
        if self._seen[key] <= self._seen_before or not self._worth(pixels):
            if len(self._seen) > _REMEMBERED_SHAPES:
                self._seen.clear()
            return None
        while len(self._graphs) >= self._most_shapes:
            self._graphs.popitem(last=False)
        try:
            graph = self._recorder(self._network, pixels)
        except RuntimeError as error:  # of torch, memory included: it runs without graphs as well
            self._given_up = True
            reason = str(error).strip().partition("\n")[0]
            self.notes.append(f"The network runs without CUDA graphs: {reason}")
        else:
            self._graphs[key] = graph
            self._held += graph.held
            return graph
        self.release()
        return None
