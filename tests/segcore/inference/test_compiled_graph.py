"""Which shapes are compiled, when, and which are forgotten."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import Executor, Future

import numpy as np
import pytest

from segcore.checkpoints import read_checkpoint
from segcore.inference import Predictor

pytest.importorskip("segcore.openvino")


class Later(Executor):
    """A background whose work is done when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.submitted = 0

    def submit(self, function, /, *arguments, **_):
        future: Future = Future()

        def work() -> None:
            try:
                future.set_result(function(*arguments))
            except RuntimeError as error:
                future.set_exception(error)

        self.waiting.append(work)
        self.submitted += 1
        return future

    def finish(self) -> None:
        while self.waiting:
            self.waiting.pop()()


def weights_and_relu():
    """x + 1 where that is positive, of any (height, width); its weights take 4 bytes."""
    from segcore.openvino import openvino
    from segcore.openvino import opset13 as ops

    pixels = ops.parameter(openvino.PartialShape([-1, -1]), np.float32)
    one = ops.constant(np.ones((1, 1), np.float32))
    return openvino.Model([ops.relu(ops.add(pixels, one))], [pixels], "small")


def picture(height: int, width: int = 100) -> list[np.ndarray]:
    return [np.linspace(-3, 3, height * width, dtype=np.float32).reshape(height, width)]


def graph(background: Executor | None = None, **settings):
    from segcore.inference.compiled_graph import CompiledGraph

    return CompiledGraph(weights_and_relu, background, **settings)


def heights(compiled) -> list[int]:
    return [height for ((height, _width),) in compiled.shapes]


def test_a_shape_is_compiled_in_the_background_once_it_comes_again():
    later = Later()
    compiled = graph(later)
    assert compiled.run(picture(10)) is None
    assert later.submitted == 0
    assert compiled.run(picture(10)) is None
    assert later.submitted == 1
    assert compiled.run(picture(10)) is None  # and nobody waits for it
    assert later.submitted == 1
    later.finish()
    found = compiled.run(picture(10))
    np.testing.assert_allclose(found[0], np.maximum(picture(10)[0] + 1, 0))


def test_pictures_of_sizes_of_their_own_compile_nothing():
    later = Later()
    compiled = graph(later)
    assert all(compiled.run(picture(height)) is None for height in range(1, 300))
    assert later.submitted == 0


def test_sizes_in_turn_do_not_chase_each_other_out():
    later = Later()
    room_for_two = 2 * (4 + 2 * 10 * 100 * 4) + 100
    compiled = graph(later, budget=room_for_two)
    for _ in range(40):
        for height in (10, 9, 8):
            compiled.run(picture(height))
            later.finish()
    assert later.submitted == 2
    assert len(heights(compiled)) == 2


def test_a_size_that_comes_more_often_takes_the_place_of_one_that_came_long_ago():
    later = Later()
    compiled = graph(later, budget=1)
    for height in (10, 20):
        for _ in range(80):
            compiled.run(picture(height))
            later.finish()
        assert heights(compiled) == [height]


def test_without_a_background_every_shape_is_answered_and_the_least_recent_is_forgotten():
    room_for_two = 2 * (4 + 2 * 10 * 100 * 4) + 100
    compiled = graph(budget=room_for_two)
    for height in (8, 9, 8, 10):
        found = compiled.run(picture(height))
        np.testing.assert_allclose(found[0], np.maximum(picture(height)[0] + 1, 0))
    assert heights(compiled) == [8, 10]


def test_what_fails_in_the_background_is_raised_by_the_next_run(monkeypatch):
    later = Later()
    compiled = graph(later)
    monkeypatch.setattr(compiled, "_write", lambda: (_ for _ in ()).throw(RuntimeError("no room")))
    compiled.run(picture(10))
    compiled.run(picture(10))
    later.finish()
    with pytest.raises(RuntimeError, match="no room"):
        compiled.run(picture(10))


def test_what_nobody_holds_any_more_is_not_compiled():
    later, written = Later(), []
    compiled = graph(later)
    compiled._write = lambda: written.append("graph") or weights_and_relu()
    compiled.run(picture(10))
    compiled.run(picture(10))
    assert later.submitted == 1
    del compiled
    gc.collect()
    later.finish()
    assert not written


def test_auto_answers_by_torch_until_openvino_is_ready(own_size_folder, monkeypatch):
    from segcore.inference import openvino_backend

    later = Later()
    monkeypatch.setattr(openvino_backend, "compiler", lambda: later)
    checkpoint = read_checkpoint(own_size_folder)
    auto = Predictor.from_checkpoint(checkpoint, device="cpu")
    torch_alone = Predictor.from_checkpoint(checkpoint, device="cpu", backend="torch")
    image = np.random.default_rng(3).integers(0, 256, (70, 90, 3), np.uint8)
    expected = torch_alone.predict(image)
    for _ in range(2):
        np.testing.assert_array_equal(auto.predict(image).labels, expected.labels)
    kept = auto.encode(image)
    before = auto.predict(kept)  # features by torch
    assert later.submitted == 1
    later.finish()
    after = auto.predict(kept)
    anew = auto.predict(image)  # features by OpenVINO
    for found in (before, after, anew):
        assert (found.labels == expected.labels).mean() >= 0.999
        assert np.abs(found.confidence - expected.confidence).max() <= 1e-3
