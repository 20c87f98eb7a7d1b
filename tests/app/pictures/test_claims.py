"""One writer for each picture at a time, and stale labels are known to be stale."""

from __future__ import annotations

import threading
import time

from app.pictures.claims import Claims


def test_a_claimed_picture_has_to_be_waited_for() -> None:
    claims = Claims()
    assert claims.claim("a")
    assert not claims.try_claim("a")
    assert claims.try_claim("b")
    threading.Timer(0.05, claims.release, ["a"]).start()
    assert claims.claim("a", 5)


def test_each_release_counts_as_a_change() -> None:
    claims = Claims()
    before = claims.changes("a")
    claims.claim("a")
    assert claims.changes("a") == before
    claims.release("a")
    assert claims.changes("a") == before + 1


def test_waiting_until_all_are_free_ends_in_time() -> None:
    claims = Claims()
    claims.claim("a")
    began = time.monotonic()
    assert not claims.wait_until_free(0.05)
    assert time.monotonic() - began < 1
    claims.release("a")
    assert claims.wait_until_free(0)
