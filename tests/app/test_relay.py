"""Values from other threads arrive here, in order, and leave the window time to paint."""

from __future__ import annotations

import threading
import time
from typing import Any

from app.relay import Relay


def test_values_of_many_threads_arrive_on_this_one_in_order(qtbot: Any) -> None:
    relay = Relay()
    got: list[tuple[int, int]] = []
    threads: set[int] = set()

    def receive(sender: int, number: int) -> None:
        got.append((sender, number))
        threads.add(threading.get_ident())

    def send(sender: int) -> None:
        for number in range(500):
            relay.post(receive, sender, number)

    senders = [threading.Thread(target=send, args=(i,)) for i in range(4)]
    for sender in senders:
        sender.start()
    qtbot.waitUntil(lambda: len(got) == 2000)
    for sender in senders:
        sender.join()
    assert threads == {threading.get_ident()}
    for i in range(4):
        assert [number for sender, number in got if sender == i] == list(range(500))


def test_a_flood_does_not_hold_up_the_window(qtbot: Any) -> None:
    relay = Relay()
    got: list[int] = []
    for number in range(50):
        relay.post(lambda n: (time.sleep(0.002), got.append(n)), number)
    beats = 0
    while len(got) < 50:
        qtbot.wait(1)
        beats += 1
    assert beats >= 5
    assert got == list(range(50))


def test_a_receiver_that_fails_holds_up_nobody_else(qtbot: Any) -> None:
    relay = Relay()
    got: list[int] = []

    def fail() -> None:
        raise RuntimeError("a bug")

    with qtbot.capture_exceptions() as caught:
        relay.post(fail)
        relay.post(got.append, 1)
        qtbot.waitUntil(lambda: got == [1])
    assert [str(error) for _, error, _ in caught] == ["a bug"]


def test_nothing_is_delivered_after_close(qtbot: Any) -> None:
    relay = Relay()
    got: list[int] = []
    relay.post(got.append, 1)
    relay.close()
    relay.post(got.append, 2)
    qtbot.wait(20)
    assert got == []
