"""The levels of a picture: there at once, averaged soon, the same whatever the strips."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from app.canvas import pyramid as pyramid_module
from app.canvas.pyramid import Pyramid, PyramidBuilder, halved, level_size
from app.relay import Relay
from segcore.geometry import Box


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1301, 777, 3)).astype(np.uint8)


def build(image: np.ndarray) -> tuple[Pyramid, list[Box]]:
    pyramid, noticed = Pyramid(image), []
    pyramid.build(threading.Event(), noticed.append)
    return pyramid, noticed


def whole(pyramid: Pyramid, level: int) -> np.ndarray:
    return np.asarray(pyramid.read(level, Box.of_size(level_size(pyramid.size, level))))


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_before_it_is_built_every_level_is_made_of_pixels_of_the_picture(
    image: np.ndarray, level: int
) -> None:
    assert np.array_equal(whole(Pyramid(image), level), image[:: 2**level, :: 2**level])


def test_levels_are_repeated_means_of_two_by_two(image: np.ndarray) -> None:
    pyramid, _ = build(image)
    expected = image
    for level in range(1, pyramid.deepest + 1):
        expected = halved(expected)
        assert np.array_equal(whole(pyramid, level), expected)


def test_halving_averages_and_repeats_an_odd_edge() -> None:
    pixels = np.array([[0, 10, 20], [20, 30, 40], [7, 9, 200]], np.uint8)[..., None].repeat(3, 2)
    assert halved(pixels)[..., 0].tolist() == [[15, 30], [8, 200]]


def test_levels_past_the_deepest_are_read_from_the_picture(image: np.ndarray) -> None:
    pyramid, _ = build(image)
    deeper = pyramid.deepest + 2
    assert whole(pyramid, deeper).shape[:2] == level_size(pyramid.size, deeper)


def test_notices_cover_the_picture_once(image: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyramid_module, "_NOTICE_SECONDS", -1.0)
    _, noticed = build(image)
    assert [box.y0 for box in noticed[1:]] == [box.y1 for box in noticed[:-1]]
    assert (noticed[0].y0, noticed[-1].y1) == (0, 1301)


def test_a_small_picture_has_few_levels() -> None:
    pyramid, noticed = build(np.zeros((1, 1, 3), np.uint8))
    assert pyramid.deepest == 0
    assert noticed == []
    assert build(np.zeros((3, 5, 3), np.uint8))[0].deepest == 3


def test_a_strip_is_used_as_soon_as_it_is_averaged(image: np.ndarray) -> None:
    pyramid = Pyramid(image)
    stop, seen = threading.Event(), []

    def notice(box: Box) -> None:
        seen.append(box)
        stop.set()

    original = pyramid_module._NOTICE_SECONDS
    pyramid_module._NOTICE_SECONDS = -1.0
    try:
        pyramid.build(stop, notice)
    finally:
        pyramid_module._NOTICE_SECONDS = original
    assert len(seen) == 1
    done = seen[0].y1
    assert done < 1301
    top = Box(0, 0, 10, done // 2)
    assert np.array_equal(pyramid.read(1, top), halved(image[:done])[:, :10])
    below = Box(0, done // 2, 10, done // 2 + 5)
    assert np.array_equal(pyramid.read(1, below), image[done : done + 10 : 2, :20:2])


def test_the_builder_reports_on_its_own_thread_and_only_the_last(
    qtbot: object, image: np.ndarray
) -> None:
    relay = Relay()
    builder, told = PyramidBuilder(relay), []

    def notice(pyramid: Pyramid, box: Box) -> None:
        told.append((pyramid, threading.current_thread()))

    first, last = Pyramid(image), Pyramid(image.copy())
    builder.start(first, notice)
    builder.start(last, notice)
    builder.wait()
    relay.deliver_all()
    assert told[-1] == (last, threading.main_thread())
    relay.close()


LEAVING = """
import numpy as np
from app.canvas.pyramid import Pyramid, PyramidBuilder
from app.relay import Relay
builders = [PyramidBuilder(Relay()) for _ in range(3)]
for builder in builders:
    builder.start(Pyramid(np.zeros((6000, 6000, 3), np.uint8)), print)
"""


def test_the_program_may_end_while_a_picture_is_being_averaged() -> None:
    root = Path(__file__).parents[3]
    ran = subprocess.run(
        [sys.executable, "-c", LEAVING],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
