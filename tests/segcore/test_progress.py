"""Progress, time left, calling off."""

from __future__ import annotations

import pytest

from segcore.errors import Cancelled
from segcore.progress import CancelToken, Progress, Ticker


def test_time_left_follows_the_rate_and_forgets_a_slow_first_step() -> None:
    times = iter([0.0, 100.0, *(100.0 + i for i in range(1, 30))])
    ticker = Ticker(30, clock=lambda: next(times))
    seen = [ticker.tick() for _ in range(30)]
    assert seen[1].seconds_left == pytest.approx(28.0)
    assert seen[-1].seconds_left == 0
    assert seen[-1].done == seen[-1].total == 30


def test_callback_gets_every_step() -> None:
    seen: list[Progress] = []
    ticker = Ticker(2, seen.append)
    ticker.tick("a")
    ticker.tick("b")
    assert [(p.done, p.total, p.text) for p in seen] == [(1, 2, "a"), (2, 2, "b")]


def test_work_without_steps_is_done() -> None:
    assert Progress(0, 0).fraction == 1.0
    assert Progress(1, 4).fraction == 0.25


def test_token_raises_once_cancelled() -> None:
    token = CancelToken()
    token.raise_if_cancelled()
    token.cancel()
    assert token.cancelled
    with pytest.raises(Cancelled):
        token.raise_if_cancelled()
