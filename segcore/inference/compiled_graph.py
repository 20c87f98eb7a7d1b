"""A graph of OpenVINO's compiled for each shape of its inputs, and which shapes are worth that."""

from __future__ import annotations

import threading
import weakref
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import cache
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from segcore.models.huge_pages import into_huge_pages
from segcore.openvino import openvino

Arrays = list[npt.NDArray[np.float32]]
Shapes = tuple[tuple[int, ...], ...]

BUDGET = 1 << 30
"""Bytes that the compiled networks of one graph may take; one is kept whatever it takes."""

_LARGE = 16 << 20
"""Bytes from which on huge pages are worth asking for."""

_REMEMBERED = 64
"""Runs after which what came before counts half."""


class _Compiled(NamedTuple):
    request: openvino.InferRequest
    size: int


class CompiledGraph:
    """A graph, compiled for each shape of its inputs; the least recently used are forgotten.

    Compiling for all shapes at once is no way out: OpenVINO 2026.4's fused attention then gives
    wrong features as soon as the shape changes, and is slower while it does not.

    Compiling takes as long as many pictures. So where somebody else can answer in the meantime, it
    is done in the background, and only for a shape that comes again; where room is short, only for
    one that comes more often than the one that has to go. A folder in which every picture has a
    size of its own then compiles nothing, and sizes in turn never chase each other out.
    """

    def __init__(
        self,
        graph: Callable[[], openvino.Model],
        background: Executor | None = None,
        budget: int = BUDGET,
    ) -> None:
        """Compile nothing yet.

        Args:
            graph: writes it; called once, when the first shape is compiled.
            background: compiles meanwhile; left out, `run` compiles and waits.
            budget: bytes that compiled networks may take.
        """
        self._write = graph
        self._graph: openvino.Model | None = None
        self._background = background
        self._budget = budget
        self._core = openvino.Core()
        self._threads = torch.get_num_threads()
        self._ready: OrderedDict[Shapes, _Compiled] = OrderedDict()
        self._coming: dict[Shapes, Future[_Compiled | None]] = {}
        self._seen: Counter[Shapes] = Counter()
        self._lock = threading.Lock()

    @property
    def shapes(self) -> list[Shapes]:
        """Those that are compiled, the least recently used first."""
        return list(self._ready)

    def run(self, inputs: Arrays) -> Arrays | None:
        """All outputs, in the graph's order; they are the caller's.

        None where this shape is not compiled yet, which happens with a background alone.

        Raises:
            RuntimeError: OpenVINO cannot compile or run it.
        """
        with self._lock:
            request = self._request(tuple(array.shape for array in inputs))
            if request is None:
                return None
            request.infer(dict(enumerate(inputs)), share_inputs=True, share_outputs=True)
            return [tensor.data.copy() for tensor in request.output_tensors]

    def _request(self, shapes: Shapes) -> openvino.InferRequest | None:
        self._count(shapes)
        for done in [each for each, future in self._coming.items() if future.done()]:
            compiled = self._coming.pop(done).result()
            assert compiled is not None
            self._keep(done, compiled)
        if shapes not in self._ready:
            if self._background is None:
                self._keep(shapes, self._compile(shapes))
            else:
                if not self._coming and self._is_worth(shapes):
                    self._coming[shapes] = self._background.submit(
                        _compile_if_wanted, weakref.ref(self), shapes
                    )
                return None
        self._ready.move_to_end(shapes)
        return self._ready[shapes].request

    def _count(self, shapes: Shapes) -> None:
        self._seen[shapes] += 1
        if self._seen.total() > _REMEMBERED:
            halved = {each: count // 2 for each, count in self._seen.items()}
            self._seen = Counter({each: count for each, count in halved.items() if count})

    def _is_worth(self, shapes: Shapes) -> bool:
        if self._seen[shapes] < 2:
            return False
        largest = max((compiled.size for compiled in self._ready.values()), default=0)
        if self._held() + largest <= self._budget:
            return True
        return self._seen[shapes] > self._seen[next(iter(self._ready))]

    def _held(self) -> int:
        return sum(compiled.size for compiled in self._ready.values())

    def _keep(self, shapes: Shapes, compiled: _Compiled) -> None:
        while self._ready and self._held() + compiled.size > self._budget:
            self._ready.popitem(last=False)
        self._ready[shapes] = compiled

    def _compile(self, shapes: Shapes) -> _Compiled:
        if self._graph is None:
            self._graph = self._write()
        graph = self._graph.clone()
        graph.reshape(dict(enumerate(map(list, shapes))))
        settings = {
            # Left to itself it computes in bfloat16 wherever the CPU can.
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": self._threads,
        }
        compiled = self._core.compile_model(graph, "CPU", settings)
        request, size = compiled.create_infer_request(), _bytes_of(graph)
        if size >= _LARGE:
            # A pass over nothing takes the memory that it works in.
            request.infer([np.zeros(shape, np.float32) for shape in shapes])
            into_huge_pages()
        return _Compiled(request, size)


@cache
def compiler() -> Executor:
    """The one background of this process: two networks never compile side by side.

    They would only wait for each other, and OpenVINO has crashed while they did.
    """
    return ThreadPoolExecutor(1, "openvino-compiler")


def _compile_if_wanted(graph: weakref.ref[CompiledGraph], shapes: Shapes) -> _Compiled | None:
    """None where nobody waits for it any more: its model was closed meanwhile."""
    wanted = graph()
    return None if wanted is None else wanted._compile(shapes)


def _bytes_of(graph: openvino.Model) -> int:
    """Roughly what it takes compiled: its own copy of the weights, and room to work.

    The room is twice the widest thing between two operations: one is read, one written.
    """
    weights = widest = 0
    for node in graph.get_ordered_ops():
        size = sum(
            output.get_element_type().size * prod(output.get_shape()) for output in node.outputs()
        )
        if node.get_type_name() == "Constant":
            weights += size
        else:
            widest = max(widest, size)
    return weights + 2 * widest
