"""Batches, with a predictor that needs no network."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from segcore.batch import SAVES, predict_folder, reading, results, work
from segcore.classes import ClassTable
from segcore.errors import Cancelled, RequestError
from segcore.geometry import Box
from segcore.labels import read_label_map
from segcore.progress import CancelToken, Progress

FAKED = [kind for kind in SAVES if kind not in ("entropy", "margin")]
"""What the stand-in has to give; the others need logits and are tested with the real predictor."""


@dataclass
class FakePrediction:
    labels: np.ndarray
    confidence: np.ndarray
    notes: tuple[str, ...] = ()


class FakePredictor:
    """The red channel's top bit is the class; a picture whose first pixel is 13 fails."""

    name = "top bit"
    device = "cpu"
    precision = "fp32"
    numerics = "fast"

    def __init__(self, tiles: int = 1, sha256: str = "5e9f") -> None:
        self.sha256 = sha256
        self.classes = ClassTable.from_names(["dark", "bright"])
        self.tiles = tiles
        self.threads: set[int] = set()

    def encode(self, image: np.ndarray) -> np.ndarray:
        return image

    def predict(self, image: np.ndarray, *, cancel: CancelToken | None = None) -> FakePrediction:
        self.threads.add(threading.get_ident())
        if image[0, 0, 0] == 13:
            raise RuntimeError("a shape\nthat nobody\nthought of")
        labels = image[..., 0] >> 7
        return FakePrediction(labels, (labels * 0.5).astype(np.float16), ("Done on the CPU.",))

    def top2(self, encoded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        labels = encoded[..., 0] >> 7
        return np.stack([labels, 1 - labels]), np.ones((2, *labels.shape), np.float16)

    def logits(self, encoded: np.ndarray) -> Iterator[tuple[Box, np.ndarray]]:
        for tile in range(self.tiles):
            yield Box(tile, 0, tile + 1, 2), np.full((2, 1, 1), tile, np.float32)

    def features(self, encoded: np.ndarray) -> Iterator[tuple[Box, dict[str, np.ndarray]]]:
        for tile in range(self.tiles):
            yield (
                Box(tile, 0, tile + 1, 2),
                {f"stage{s}": np.zeros((s, 1, 1)) for s in (1, 2, 3, 4)},
            )


def pictures(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(4)
    for index in range(count):
        image = rng.integers(20, 256, (12, 9, 3), np.uint8)
        Image.fromarray(image).save(folder / f"p{index}.png")
    return folder


def test_every_picture_becomes_a_label_map(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 7)
    seen: list[Progress] = []
    predictor = FakePredictor()
    summary = predict_folder(predictor, [folder], tmp_path / "out", progress=seen.append)
    assert summary.complete
    assert [path.name for path in summary.done] == [f"p{i}.png" for i in range(7)]
    for path in summary.done:
        with Image.open(folder / path.name) as picture:
            expected = np.asarray(picture)[..., 0] >> 7
        np.testing.assert_array_equal(read_label_map(path).labels, expected)
    classes = json.loads((tmp_path / "out" / "classes.json").read_text())
    assert ClassTable.from_json(classes) == predictor.classes
    assert [p.done for p in seen] == list(range(1, 8))
    assert summary.notes == ["Done on the CPU."]
    assert predictor.threads == {threading.get_ident()}
    assert len(list((tmp_path / "out").iterdir())) == 9  # classes.json, progress.jsonl


def test_bad_pictures_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 3)
    (folder / "empty.jpg").touch()
    Image.fromarray(np.full((4, 4, 3), 13, np.uint8)).save(folder / "odd.png")
    told: list[tuple[str, str]] = []
    summary = predict_folder(
        FakePredictor(),
        [folder, tmp_path / "gone.png"],
        tmp_path / "out",
        on_error=lambda picture, sentence: told.append((picture.name, sentence)),
    )
    assert len(summary.done) == 3
    assert [name for name, _ in told] == ["empty.jpg", "odd.png", "gone.png"]
    assert [(p.name, s) for p, s in summary.failed] == told
    for name, sentence in told:
        assert name in sentence
        assert "\n" not in sentence
    assert not summary.complete
    assert not summary.skipped


def test_what_is_saved_beside(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 1)
    predict_folder(FakePredictor(), [folder], tmp_path / "out", save=FAKED)
    with np.load(tmp_path / "out" / "p0.npz") as saved:
        assert sorted(saved) == sorted(
            ["confidence", "top2_ids", "top2_probability", "logits",
             "stage1", "stage2", "stage3", "stage4"]
        )  # fmt: skip
        assert saved["confidence"].dtype == np.float16
        assert saved["confidence"].shape == (12, 9)
        assert saved["top2_ids"].shape == (2, 12, 9)
        assert saved["logits"].shape == (2, 1, 1)
    predict_folder(FakePredictor(tiles=2), [folder], tmp_path / "tiled", save=["logits"])
    with np.load(tmp_path / "tiled" / "p0.npz") as saved:
        assert sorted(saved) == ["logits_0", "logits_1", "tiles"]
        assert saved["tiles"].tolist() == [[0, 0, 1, 2], [1, 0, 2, 2]]
        assert saved["logits_1"][0, 0, 0] == 1
    unknown: Any = ["masks"]
    with pytest.raises(RequestError, match='no "masks" to save'):
        predict_folder(FakePredictor(), [folder], tmp_path / "out", save=unknown)


def test_calling_off_keeps_what_is_done(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 20)
    token = CancelToken()

    def after_three(progress: Progress) -> None:
        if progress.done == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        predict_folder(
            FakePredictor(), [folder], tmp_path / "out", progress=after_three, cancel=token
        )
    written = sorted(path.name for path in (tmp_path / "out").glob("p*.png"))
    assert written == ["p0.png", "p1.png", "p2.png"]
    assert not list((tmp_path / "out").glob("*.tmp"))


def test_full_disk_ends_the_batch_and_says_what_was_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pictures(tmp_path / "in", 20)
    whole = results.write_label_map

    def disk_of_three(path: Path, *rest: Any) -> None:
        if int(path.stem[1:]) >= 3:
            raise OSError(28, "No space left on device")
        whole(path, *rest)

    monkeypatch.setattr(results, "write_label_map", disk_of_three)
    summary = predict_folder(FakePredictor(), [folder], tmp_path / "out")
    assert [path.name for path in summary.done] == ["p0.png", "p1.png", "p2.png"]
    assert "No space left" in summary.failed[0][1]
    assert len(summary.done) + len(summary.failed) + len(summary.skipped) == 20
    assert summary.skipped


def test_output_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 1)
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match="choose another output folder"):
        predict_folder(FakePredictor(), [folder], tmp_path / "file")


def test_nothing_to_do_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    summary = predict_folder(FakePredictor(), [tmp_path / "empty"], tmp_path / "out")
    assert not summary.complete
    assert os.listdir(tmp_path) == ["empty"]  # noqa: PTH208


def test_reading_goes_ahead_by_a_bounded_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pictures(tmp_path / "in", 12)
    read = reading.read_image
    started: list[str] = []
    ahead: list[int] = []
    predictor = FakePredictor()

    def counted(path: str) -> Any:
        started.append(path)
        return read(path)

    def predicting(image: Any, *, cancel: CancelToken | None = None) -> Any:
        ahead.append(len(started) - len(ahead))
        return FakePredictor.predict(predictor, image)

    monkeypatch.setattr(reading, "read_image", counted)
    monkeypatch.setattr(predictor, "predict", predicting)
    predict_folder(predictor, [folder], tmp_path / "out")
    assert max(ahead) <= work.READ_AHEAD + 1


def test_several_predictors_share_the_pictures(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 24)
    Image.fromarray(np.full((4, 4, 3), 13, np.uint8)).save(folder / "odd.png")
    alone = predict_folder(FakePredictor(), [folder], tmp_path / "alone")
    first, second = FakePredictor(), FakePredictor()
    met = threading.Barrier(2, timeout=20)
    for predictor in (first, second):

        def predicting(
            image: Any, *, cancel: CancelToken | None = None, of: Any = predictor
        ) -> Any:
            if not of.threads:
                of.threads.add(threading.get_ident())
                met.wait()  # neither can have done everything by itself
            return FakePredictor.predict(of, image)

        predictor.predict = predicting  # type: ignore[method-assign]
    seen: list[int] = []
    summary = predict_folder(
        [first, second],
        [folder],
        tmp_path / "out",
        save=["confidence"],
        progress=lambda p: seen.append(p.done),
    )
    assert [path.name for path in summary.done] == [path.name for path in alone.done]
    assert [path.name for path, _ in summary.failed] == ["odd.png"]
    assert seen == list(range(1, 26))
    assert first.threads
    assert first.threads.isdisjoint(second.threads)
    for path in alone.done:
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()


def test_one_of_several_that_is_called_off_ends_all(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 30)
    token = CancelToken()
    with pytest.raises(Cancelled):
        predict_folder(
            [FakePredictor(), FakePredictor()],
            [folder],
            tmp_path / "out",
            progress=lambda p: token.cancel() if p.done == 5 else None,
            cancel=token,
        )
    assert 5 <= len(list((tmp_path / "out").glob("*.png"))) < 12


def test_a_damaged_frame_is_named_and_every_other_one_has_its_mask(tmp_path: Path) -> None:
    clip, out = tmp_path / "hurt.avi", tmp_path / "out"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in range(8):
            grey = np.full((48, 64, 3), 200 if number % 2 else 40, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
    with av.open(str(clip)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    content = bytearray(clip.read_bytes())
    begin, size = places[5]
    content[begin + 2 : begin + size] = bytes(size - 2)
    clip.write_bytes(content)
    said: list[str] = []
    summary = predict_folder(
        FakePredictor(), [clip], out, on_error=lambda _picture, sentence: said.append(sentence)
    )
    assert [sentence for sentence in said if "frame 5 is damaged" in sentence] == said
    assert len(said) == 1
    written = sorted((out / "hurt").glob("*.png"))
    assert [path.stem for path in written] == [f"{n:06}" for n in range(8) if n != 5]
    assert [int(read_label_map(path).labels[0, 0]) for path in written] == [0, 1, 0, 1, 0, 0, 1]
    assert len(summary.done) == 7
