"""Attention rows equal those that transformers keeps whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segcore.errors import RequestError
from segcore.inference import Predictor
from segcore.inference.tiling import plan_tiles
from segcore.inspection import attention_map


@pytest.mark.parametrize("numerics", ["fast", "exact"])
def test_rows_equal_the_maps_of_transformers(oracle, picture, numerics):
    image = picture(100, 150)
    predictor = Predictor.load(oracle.folder, device="cpu", numerics=numerics)
    encoded = predictor.encode(image)
    with torch.no_grad():
        maps = oracle.model(oracle.pixels(image), output_attentions=True).attentions
    assert len(maps) == 8
    for point in ((0, 0), (149, 99), (70, 31)):
        for stage in (1, 2, 3, 4):
            for block in (0, 1):
                found = attention_map(predictor, encoded, stage, block, point)
                values = np.asarray(found)
                whole = maps[2 * (stage - 1) + block][0].numpy()
                row, column = found.cell
                rows, columns = predictor.config.grid((100, 150), stage)
                assert row == (2 * point[1] + 1) * rows // 200
                assert column == (2 * point[0] + 1) * columns // 300
                expected = whole[:, row * columns + column].reshape(values.shape)
                assert np.abs(values - expected).max() <= 1e-5
                assert values.dtype == np.float32
                np.testing.assert_allclose(values.sum(axis=(1, 2)), 1, atol=1e-5)


def test_it_runs_neither_the_encoder_nor_a_stage_twice(street, picture, monkeypatch):
    encoded = street.encode(picture(96, 128))
    street.predict(encoded)
    monkeypatch.setattr(street.backend, "encode", None)
    first = attention_map(street, encoded, stage=3, block=1, point=(5, 6))
    monkeypatch.setattr(street.backend, "queries_and_keys", None)
    other = attention_map(street, encoded, stage=3, block=0, point=(100, 90))
    assert first.heads == other.heads == 5
    # What is kept for queries is small beside whole maps: the features stay the larger part.
    assert encoded.held_bytes < 4 * 96 * 128 * 40


def test_the_map_lies_where_the_keys_are(street, picture):
    encoded = street.encode(picture(100, 150))
    found = attention_map(street, encoded, stage=1, block=0)
    assert found.point == (75, 50)
    assert found.values.shape == (1, 3, 4)
    # 3 x 4 keys of 32 x 32 pixels; the rest of the tokens has no key of its own.
    assert (found.box.height, found.box.width) == (96, 126)
    mean = found.heat_map()
    assert mean.box == found.box
    assert "mean" in mean.meaning
    np.testing.assert_array_equal(np.asarray(found.heat_map(0)), found.values[0])


def test_in_tiles_the_window_of_the_point_answers(street, picture):
    encoded = street.encode(picture(300, 300))
    encoded.plan = plan_tiles((300, 300), 256)
    found = attention_map(street, encoded, stage=4, block=0, point=(290, 10))
    assert found.box == encoded.windows[1].box
    assert found.box.contains((290, 10))


def test_what_is_not_there_is_refused(street, picture):
    encoded = street.encode(picture(64, 64))
    for arguments, word in (
        ({"stage": 5}, "choose 1 to 4"),
        ({"stage": 0}, "choose 1 to 4"),
        ({"block": 2}, "choose 0 to 1"),
        ({"point": (64, 0)}, "outside the image"),
    ):
        with pytest.raises(RequestError, match=word):
            attention_map(street, encoded, **arguments)
    with pytest.raises(RequestError, match="choose 0 to 0"):
        attention_map(street, encoded).heat_map(1)
