"""The inference thread as the window sees it: nothing lost, nothing stale, one end for each job."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer

from app.inference.client import InferenceClient
from app.inference.jobs import JobState
from app.inference.requests import (
    BatchItem,
    Image,
    LoadModel,
    ModelSpec,
    PredictBatch,
    PredictImage,
    QueryField,
    QueryPoint,
)
from segcore.errors import ImageError

MODEL = ModelSpec("some-model")
Picture = Callable[[int], Image]


def predict(image: Image, generation: int = 0) -> PredictImage:
    return PredictImage(MODEL, f"{generation}.png", image, generation)


def test_of_200_requests_the_last_is_answered_last(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any, picture: Picture
) -> None:
    engine.step_seconds = 0.02
    answers: list[int] = []
    client.predictionReady.connect(lambda result: answers.append(result.generation))
    jobs = []
    for generation in range(200):
        jobs.append(client.submit(predict(picture(1), generation)))
        qtbot.wait(1)
    qtbot.waitUntil(lambda: ledger.end_of(jobs[-1]) is not None, timeout=5000)
    assert answers[-1] == 199
    assert answers == sorted(answers)
    assert len(answers) < 60
    ends = [ledger.end_of(job) for job in jobs]
    assert ends.count(JobState.FINISHED) == len(answers)
    assert ends.count(JobState.SUPERSEDED) == 200 - len(answers)


def test_answers_come_on_the_gui_thread_and_work_is_done_elsewhere(
    qtbot: Any, client: InferenceClient, engine: Any, picture: Picture
) -> None:
    threads: list[int] = []
    client.predictionReady.connect(lambda _: threads.append(threading.get_ident()))
    with qtbot.waitSignal(client.predictionReady):
        client.submit(predict(picture(1)))
    assert threads == [threading.get_ident()]
    assert threading.get_ident() not in engine.threads


def test_an_exception_fails_the_job_and_the_thread_lives_on(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any, picture: Picture
) -> None:
    engine.broken = True
    job = client.submit(predict(picture(1)))
    qtbot.waitUntil(lambda: ledger.end_of(job) is not None)
    assert ledger.end_of(job) is JobState.FAILED
    assert "\n" not in ledger.last(job).error
    assert "a bug" in ledger.last(job).error
    assert "RuntimeError" in ledger.last(job).details
    engine.broken = False
    with qtbot.waitSignal(client.predictionReady):
        client.submit(predict(picture(1)))


def test_a_bad_model_fails_with_its_own_sentence(
    qtbot: Any, client: InferenceClient, ledger: Any
) -> None:
    job = client.submit(LoadModel(ModelSpec("broken")))
    qtbot.waitUntil(lambda: ledger.end_of(job) is not None)
    assert ledger.last(job).error == "broken is no model: choose another."


def test_cancel_reaches_what_runs_and_what_waits(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any, picture: Picture
) -> None:
    engine.gate.clear()
    running = client.submit(predict(picture(1)))
    qtbot.waitUntil(lambda: engine.ran != [])
    waiting = [client.submit(PredictBatch(MODEL, ("a",), Pictures({"a": 1}))) for _ in range(3)]
    client.cancel()
    assert [ledger.end_of(job) for job in waiting] == [JobState.CANCELLED] * 3
    qtbot.waitUntil(lambda: ledger.end_of(running) is not None)
    assert ledger.end_of(running) is JobState.CANCELLED


def test_a_query_does_not_wait_for_a_prediction_of_many_tiles(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any, picture: Picture
) -> None:
    engine.gate.clear()
    slow = client.submit(predict(picture(1)))
    qtbot.waitUntil(lambda: engine.ran != [])
    with qtbot.waitSignal(client.attentionReady):
        client.submit(QueryPoint(MODEL, "0.png", picture(1), 0, (1, 1)))
    assert ledger.end_of(slow) is None
    engine.gate.set()
    qtbot.waitUntil(lambda: ledger.end_of(slow) is JobState.FINISHED)


def test_the_attention_of_another_block_does_not_start_the_field_over(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any, picture: Picture
) -> None:
    engine.gate.clear()
    field = client.submit(QueryField(MODEL, "0.png", picture(1), 0, (1, 1)))
    qtbot.waitUntil(lambda: ("erf", (1, 1)) in engine.ran)
    with qtbot.waitSignal(client.attentionReady):
        client.submit(QueryPoint(MODEL, "0.png", picture(1), 0, (1, 1), stage=2))
    engine.gate.set()
    qtbot.waitUntil(lambda: ledger.end_of(field) is JobState.FINISHED)
    assert engine.ran.count(("erf", (1, 1))) == 1


class Pictures:
    """A store in memory: names to grey values; None is a picture that cannot be read."""

    def __init__(self, values: dict[str, int | None]) -> None:
        self.values = values
        self.saved: dict[str, int] = {}
        self.open_name = ""
        self.opens_late = False
        self.threads: set[int] = set()

    def read(self, name: str) -> Image:
        self.threads.add(threading.get_ident())
        value = self.values[name]
        if value is None:
            raise ImageError(f"{name} is cut short: copy it again.")
        return np.full((8, 8, 3), value, np.uint8)

    def is_open(self, name: str) -> bool:
        return name == self.open_name and not self.opens_late

    def save(self, name: str, prediction: Any) -> bool:
        self.threads.add(threading.get_ident())
        if name == self.open_name:
            return False
        self.saved[name] = int(prediction.labels[0, 0])
        return True


def test_a_batch_reports_bad_pictures_and_goes_on(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any
) -> None:
    store = Pictures({"a": 1, "b": None, "c": 2, "unlucky": 13, "d": 0})
    items: list[BatchItem] = []
    client.batchItemReady.connect(items.append)
    job = client.submit(PredictBatch(MODEL, tuple(store.values), store))
    qtbot.waitUntil(lambda: ledger.end_of(job) is not None)
    assert ledger.end_of(job) is JobState.FINISHED
    assert store.saved == {"a": 1, "c": 2, "d": 0}
    assert {item.image_name for item in items if item.error} == {"b", "unlucky"}
    assert "2 of 5" in ledger.last(job).error
    assert "13.png is unlucky" in ledger.last(job).details
    assert store.threads.isdisjoint(engine.threads)


def test_a_batch_of_which_nothing_comes_has_failed(
    qtbot: Any, client: InferenceClient, ledger: Any
) -> None:
    job = client.submit(PredictBatch(MODEL, ("a", "b"), Pictures({"a": None, "b": None})))
    qtbot.waitUntil(lambda: ledger.end_of(job) is not None)
    assert ledger.end_of(job) is JobState.FAILED


def test_a_batch_leaves_the_open_picture_to_the_window(
    qtbot: Any, client: InferenceClient, ledger: Any
) -> None:
    store = Pictures({"a": 1, "b": 2})
    store.open_name = "b"
    items: dict[str, BatchItem] = {}
    client.batchItemReady.connect(lambda item: items.update({item.image_name: item}))
    job = client.submit(PredictBatch(MODEL, ("a", "b"), store))
    qtbot.waitUntil(lambda: ledger.end_of(job) is not None)
    assert items["a"].prediction is None
    prediction = items["b"].prediction
    assert prediction is not None
    assert prediction.labels[0, 0] == 2


def test_a_picture_that_opens_under_a_batch_comes_whole(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any, monkeypatch: Any
) -> None:
    store = Pictures({"a": 1, "b": 2, "c": 0})
    store.open_name, store.opens_late = "b", True
    asked: list[bool] = []
    once = engine.predict_once

    def noted(*values: Any, confidence: bool) -> Any:
        asked.append(confidence)
        return once(*values, confidence=confidence)

    monkeypatch.setattr(engine, "predict_once", noted)
    items: list[BatchItem] = []
    client.batchItemReady.connect(items.append)
    job = client.submit(PredictBatch(MODEL, tuple(store.values), store))
    qtbot.waitUntil(lambda: ledger.end_of(job) is not None)
    assert asked == [False, False, False, True]
    assert [(item.image_name, item.saved) for item in items] == [
        ("a", True),
        ("c", True),
        ("b", False),
    ]
    assert items[-1].prediction is not None


def test_a_batch_gives_way_between_tiles_and_goes_on(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any, picture: Picture
) -> None:
    engine.gate.clear()
    store = Pictures({"a": 1, "b": 2})
    batch = client.submit(PredictBatch(MODEL, ("a", "b"), store))
    qtbot.waitUntil(lambda: ("batch", 1) in engine.ran)
    with qtbot.waitSignal(client.attentionReady):
        client.submit(QueryPoint(MODEL, "0.png", picture(1), 0, (1, 1)))
    single = client.submit(predict(picture(1)))
    qtbot.waitUntil(lambda: ("predict", "0.png") in engine.ran)
    assert ledger.end_of(batch) is None
    engine.gate.set()
    qtbot.waitUntil(lambda: ledger.end_of(batch) is JobState.FINISHED)
    assert ledger.end_of(single) is JobState.FINISHED
    assert store.saved == {"a": 1, "b": 2}


def test_a_batch_says_how_far_it_is_and_how_long_it_takes(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any
) -> None:
    engine.step_seconds = 0.06
    store = Pictures({str(i): 1 for i in range(5)})
    job = client.submit(PredictBatch(MODEL, tuple(store.values), store))
    qtbot.waitUntil(lambda: ledger.end_of(job) is not None, timeout=5000)
    told = [s.progress for s in ledger.statuses if s.id == job and s.progress is not None]
    assert len(told) >= 3
    assert all(p.total == 5 and p.seconds_left is not None for p in told)
    assert [p.done for p in told] == sorted(p.done for p in told)


def test_a_cancelled_batch_keeps_what_it_has_done(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any
) -> None:
    engine.step_seconds = 0.03
    store = Pictures({str(i): 1 for i in range(100)})
    job = client.submit(PredictBatch(MODEL, tuple(store.values), store))
    qtbot.waitUntil(lambda: len(store.saved) >= 2)
    client.cancel("batch")
    qtbot.waitUntil(lambda: ledger.end_of(job) is JobState.CANCELLED)
    assert 2 <= len(store.saved) < 20


def test_a_paused_batch_rests_where_it_is_and_goes_on(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any, picture: Picture
) -> None:
    engine.step_seconds = 0.02
    store = Pictures({str(i): 1 for i in range(30)})
    job = client.submit(PredictBatch(MODEL, tuple(store.values), store))
    qtbot.waitUntil(lambda: len(store.saved) >= 3)
    client.pause("batch")
    assert ledger.last(job).paused
    qtbot.wait(150)
    done = len(store.saved)
    qtbot.wait(200)
    assert len(store.saved) == done < 20
    assert ledger.end_of(job) is None
    with qtbot.waitSignal(client.attentionReady):  # all else goes on meanwhile
        client.submit(QueryPoint(MODEL, "0.png", picture(1), 0, (1, 1)))
    client.pause("batch", paused=False)
    qtbot.waitUntil(lambda: ledger.end_of(job) is JobState.FINISHED)
    assert list(store.saved) == list(store.values)
    left = [s.progress.seconds_left for s in ledger.statuses if s.id == job and s.progress]
    assert max(left) < 2.5, "the rest does not count as work"


def test_a_batch_waits_while_the_hand_draws_but_not_for_ever(
    qtbot: Any,
    client: InferenceClient,
    engine: Any,
    ledger: Any,
    picture: Picture,
) -> None:
    engine.step_seconds = 0.01
    store = Pictures({str(i): 1 for i in range(30)})
    job = client.submit(PredictBatch(MODEL, tuple(store.values), store))
    qtbot.waitUntil(lambda: len(store.saved) >= 3)
    client.hand_is_down(down=True)
    qtbot.wait(150)
    done = len(store.saved)
    qtbot.wait(500)
    assert len(store.saved) == done < 20
    with qtbot.waitSignal(client.attentionReady):  # what somebody waits for goes on
        client.submit(QueryPoint(MODEL, "0.png", picture(1), 0, (1, 1)))
    qtbot.wait(100)
    assert len(store.saved) == done
    qtbot.waitUntil(lambda: len(store.saved) > done, timeout=4000)
    assert len(store.saved) < 20
    client.hand_is_down(down=False)
    qtbot.waitUntil(lambda: ledger.end_of(job) is JobState.FINISHED)
    assert list(store.saved) == list(store.values)
    left = [s.progress.seconds_left for s in ledger.statuses if s.id == job and s.progress]
    assert max(left) < 2.5, "waiting does not count as work"


def test_a_batch_that_waits_for_the_hand_can_be_called_off(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any
) -> None:
    engine.step_seconds = 0.01
    store = Pictures({str(i): 1 for i in range(30)})
    client.hand_is_down(down=True)
    job = client.submit(PredictBatch(MODEL, tuple(store.values), store))
    qtbot.waitUntil(lambda: len(engine.ran) >= 1)
    client.cancel("batch")
    qtbot.waitUntil(lambda: ledger.end_of(job) is JobState.CANCELLED, timeout=1000)


def test_a_paused_batch_can_be_called_off(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any
) -> None:
    engine.step_seconds = 0.02
    store = Pictures({str(i): 1 for i in range(30)})
    job = client.submit(PredictBatch(MODEL, tuple(store.values), store))
    qtbot.waitUntil(lambda: len(store.saved) >= 1)
    client.pause("batch")
    client.cancel("batch")
    qtbot.waitUntil(lambda: ledger.end_of(job) is JobState.CANCELLED)


def test_shutdown_while_busy_ends_every_job(
    qtbot: Any, client: InferenceClient, engine: Any, ledger: Any, picture: Picture
) -> None:
    engine.gate.clear()
    jobs = [client.submit(PredictBatch(MODEL, ("a",), Pictures({"a": 1})))]
    qtbot.waitUntil(lambda: engine.ran != [])
    jobs.append(client.submit(predict(picture(1))))
    jobs.append(client.submit(PredictBatch(MODEL, ("a",), Pictures({"a": 1}))))
    began = time.monotonic()
    assert client.shutdown(5.0)
    assert time.monotonic() - began < 2
    assert [ledger.end_of(job) for job in jobs] == [JobState.CANCELLED] * 3
    late = client.submit(predict(picture(1)))
    assert ledger.end_of(late) is JobState.CANCELLED


def test_the_window_stays_awake_during_a_slow_prediction(
    qtbot: Any, client: InferenceClient, engine: Any, picture: Picture
) -> None:
    engine.steps, engine.step_seconds = 300, 0.002
    beats: list[float] = []
    heart = QTimer()
    heart.setInterval(5)
    heart.timeout.connect(lambda: beats.append(time.perf_counter()))
    heart.start()
    with qtbot.waitSignal(client.predictionReady, timeout=10000):
        client.submit(predict(picture(1)))
    heart.stop()
    gaps = np.diff(beats)
    assert len(gaps) > 20
    assert np.quantile(gaps, 0.98) < 0.05
