"""A click model with SAM's names, built here: what is clicked is what comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcore.assist.sam import SamModel
from segcore.errors import CheckpointError, RequestError

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


@pytest.mark.parametrize("prepares_itself", [True, False])
def test_clicks_reach_the_decoder_where_they_were_made(
    tmp_path: Path, click_model_files: Any, prepares_itself: bool
) -> None:
    model = SamModel(
        click_model_files.encoder(tmp_path / "encoder.onnx", prepares_itself=prepares_itself),
        click_model_files.decoder(tmp_path / "decoder.onnx"),
    )
    image = np.zeros((300, 400, 3), np.uint8)
    embedding = model.embed(image, (250, 120))
    found = model.select(embedding, [(250, 120)], [(10, 10)])
    reach = 400 * click_model_files.RADIUS
    assert found.place.x0 == pytest.approx(250 - reach, abs=1.5)
    assert found.place.x1 == pytest.approx(251 + reach, abs=1.5)
    assert found.place.y0 == pytest.approx(120 - reach, abs=1.5)
    assert found.region.all(), "the better of the two masks is taken"


def test_a_large_picture_is_seen_around_the_click(tmp_path: Path, click_model_files: Any) -> None:
    model = SamModel(
        click_model_files.encoder(tmp_path / "e.onnx", prepares_itself=True),
        click_model_files.decoder(tmp_path / "d.onnx"),
    )
    image = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (20_000, 20_000, 3))
    embedding = model.embed(image, (15_000, 7_000))
    assert embedding.box.size == (1024, 1024)
    found = model.select(embedding, [(15_000, 7_000)])
    assert found.place.contains((15_000, 7_000))
    with pytest.raises(RequestError, match="click there"):
        model.select(embedding, [(10, 10)])


def test_files_of_something_else_are_refused_in_a_sentence(
    tmp_path: Path, click_model_files: Any
) -> None:
    good = click_model_files.encoder(tmp_path / "encoder.onnx", prepares_itself=True)
    right = click_model_files.decoder(tmp_path / "decoder.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    for pair, words in (
        ((tmp_path / "missing.onnx", right), "missing.onnx is not there"),
        ((broken, right), "broken.onnx is no ONNX model"),
        ((good, good), "encoder.onnx has no input"),
        ((right, right), "does not take one picture"),
    ):
        with pytest.raises(CheckpointError, match=words) as error:
            SamModel(*pair)
        assert "\n" not in str(error.value)
