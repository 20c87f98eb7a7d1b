"""Choosing frames, smoothing logits, and what is kept of flicker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segcore.errors import RequestError
from segcore.motion.choosing import described, every_nth, least_certain, most_different
from segcore.motion.flicker_log import FlickerLog
from segcore.motion.smoothing import LogitSmoother
from segcore.opencv import cv2


def scene(shift: int, seed: int = 0) -> np.ndarray:
    """A textured frame whose content lies `shift` pixels further right."""
    noise = np.random.default_rng(seed).integers(0, 255, (80, 160, 3)).astype(np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.ascontiguousarray(np.roll(smooth, shift, axis=1)[:64, 20:116])


def test_frames_that_are_unlike_are_chosen_once_each() -> None:
    shots = [scene(0, seed) for seed in (1, 1, 1, 2, 2, 3, 3, 3, 3)]
    chosen = most_different((described(shot) for shot in shots), 3)
    assert len(chosen) == 3
    assert chosen[0] == 0
    assert 3 <= chosen[1] <= 4
    assert 5 <= chosen[2] <= 8
    assert len(most_different((described(shot) for shot in shots), 9)) == 3
    assert most_different([], 4) == []


def test_every_nth_and_the_least_certain_apart_from_each_other() -> None:
    assert every_nth(7, 3) == [0, 3, 6]
    values = np.array([0.1, 0.9, 0.8, np.nan, 0.2, 0.7], np.float32)
    assert least_certain(values, 2) == [1, 2]
    assert least_certain(values, 2, apart=2) == [1, 5]
    assert least_certain(np.full(4, np.nan), 2) == []


def test_smoothing_goes_along_with_the_motion() -> None:
    """A class that moves with the picture is kept where it is now, not where it was."""
    smoother = LogitSmoother(0.8)
    logits = []
    for step in range(4):
        plane = np.zeros((2, 64, 96), np.float32)
        plane[1, 20:40, 30 + 6 * step : 50 + 6 * step] = 4
        logits.append(smoother.step(scene(6 * step), plane))
    found = logits[-1].argmax(axis=0)
    assert found[30, 58] == 1
    assert found[30, 34] == 0
    assert (found[22:38, 50:66] == 1).mean() > 0.9


def test_a_flip_of_one_frame_is_smoothed_away_and_a_cut_begins_anew() -> None:
    smoother = LogitSmoother(0.7)
    sure, flipped = np.zeros((2, 16, 24), np.float32), np.zeros((2, 16, 24), np.float32)
    sure[0], flipped[1] = 3, 1
    for _ in range(3):
        smoother.step(scene(0), sure)
    assert (smoother.step(scene(0), flipped).argmax(axis=0) == 0).all()
    other = np.zeros_like(scene(0))
    other[:, :48, 0] = 255
    assert np.array_equal(smoother.step(other, flipped), flipped)
    with pytest.raises(RequestError):
        LogitSmoother(1.0)


def test_flicker_is_kept_and_a_torn_line_left_out(tmp_path: Path) -> None:
    path = tmp_path / "video" / "clip.jsonl"
    log = FlickerLog(path)
    log.put("a", 0.25, (3, 4))
    log.put("b", 0.5)
    log.put("a", 0.125, (5, 6))
    log.put("c", 0.1)
    log.put("c", None)
    with path.open("a") as stream:
        stream.write('{"image": "b", "sha')
    again = FlickerLog(path)
    assert again.get("a") == (0.125, (5, 6))
    shares = again.shares(["a", "b", "c"])
    assert shares[:2].tolist() == [0.125, 0.5]
    assert np.isnan(shares[2])
