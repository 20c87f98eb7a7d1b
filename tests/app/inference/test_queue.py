"""Which job comes next, and which never comes."""

from __future__ import annotations

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.inference.inquiry import Inquiry
from app.inference.jobs import Job, JobState
from app.inference.queue import IN_LINE, SLOTS, RequestQueue
from app.inference.requests import (
    LoadModel,
    ModelSpec,
    PredictBatch,
    PredictImage,
    QueryField,
    QueryPoint,
    Request,
)

MODEL = ModelSpec("some-model")
IMAGE = np.zeros((2, 2, 3), np.uint8)


def job(kind: str) -> Job:
    requests: dict[str, Request] = {
        "model": LoadModel(MODEL),
        "query": QueryPoint(MODEL, "a", IMAGE, 0, (0, 0)),
        "erf": QueryField(MODEL, "a", IMAGE, 0, (0, 0)),
        "predict": PredictImage(MODEL, "a", IMAGE, 0),
        "batch": PredictBatch(MODEL, ("a",), None),  # type: ignore[arg-type]
    }
    return Job(requests.get(kind) or type(f"Ask_{kind}", (Inquiry,), {"kind": kind})())


def test_the_newest_of_a_slot_takes_the_place_of_the_one_before() -> None:
    queue = RequestQueue()
    first, second = job("predict"), job("predict")
    assert queue.put(first) is None
    assert queue.put(second) is first
    assert queue.take() is second


def test_batches_are_served_in_order_and_after_everything_else() -> None:
    queue = RequestQueue()
    batches = [job("batch"), job("batch")]
    urgent = [job(kind) for kind in reversed(SLOTS)]
    for each in [*batches, *urgent]:
        assert queue.put(each) is None
    served = [queue.take() for _ in range(len(SLOTS) + 2)]
    assert served == [*reversed(urgent), *batches]


def test_a_running_job_gives_way_only_to_more_urgent_ones() -> None:
    queue = RequestQueue()
    queue.put(job("batch"))
    running = queue.take()
    assert running is not None
    assert queue.take_before("batch") is None
    predict, query = job("predict"), job("query")
    queue.put(predict)
    assert queue.take_before("predict") is None
    queue.put(query)
    assert queue.take_before("batch") is query
    assert queue.take_before("batch") is predict


def test_a_newer_request_calls_off_the_running_one_of_its_kind() -> None:
    queue = RequestQueue()
    old, other = job("query"), job("batch")
    queue.put(other)
    queue.put(old)
    assert queue.take() is old
    assert queue.take() is other
    queue.put(job("query"))
    assert old.token.cancelled
    assert old.reason is JobState.SUPERSEDED
    assert not other.token.cancelled


def test_call_off_by_kind_leaves_the_others() -> None:
    queue = RequestQueue()
    batch, predict = job("batch"), job("predict")
    queue.put(batch)
    queue.put(predict)
    assert queue.call_off("batch") == [batch]
    assert queue.take() is predict
    queue.call_off("batch")
    assert not predict.token.cancelled
    queue.call_off()
    assert predict.token.cancelled
    assert predict.reason is JobState.CANCELLED


def test_close_wakes_the_one_who_waits() -> None:
    queue = RequestQueue()
    taken: list[Job | None] = []
    thread = threading.Thread(target=lambda: taken.append(queue.take()))
    thread.start()
    queue.close()
    thread.join(5)
    assert taken == [None]


@given(st.lists(st.sampled_from([*SLOTS, *IN_LINE]), max_size=30))
def test_every_job_is_taken_or_replaced_exactly_once(kinds: list[str]) -> None:
    queue = RequestQueue()
    jobs = [job(kind) for kind in kinds]
    replaced = [old for each in jobs if (old := queue.put(each)) is not None]
    waiting = queue.close()
    assert sorted(each.id for each in replaced + waiting) == sorted(each.id for each in jobs)
    in_slots = [each.kind for each in waiting if each.kind not in IN_LINE]
    assert sorted(in_slots) == sorted({kind for kind in kinds if kind not in IN_LINE})
