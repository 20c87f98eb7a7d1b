"""A classifier taught by scribbles, with the bundled model on drawn streets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from segcore import Predictor
from segcore.assist.colour_features import colour_features
from segcore.assist.scribble_features import scribbled, taught_labels, taught_prediction
from segcore.assist.scribbles import Samples, Scribble, TaughtClassifier
from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.images import read_image
from segcore.inference.protocol import InferenceProtocol, Sliding
from segcore.resources import sample_paths

CLASSES = ClassTable.from_names(["everything else", "marking tape"])


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load("street-b0", device="cpu", backend="torch")


def taped(number: int, corner: tuple[int, int]) -> tuple[Any, Any]:
    """A drawn street with a striped sheet on it, which no checkpoint knows, and where that is."""
    picture = read_image(sample_paths()[number][0])[:320, :400].copy()
    x, y = corner
    rows, columns = np.mgrid[:90, :110]
    striped = ((rows + columns) // 8 % 2).astype(np.bool_)
    picture[y : y + 90, x : x + 110] = np.where(striped[..., None], (230, 60, 200), (40, 230, 210))
    mask = np.zeros(picture.shape[:2], np.bool_)
    mask[y : y + 90, x : x + 110] = True
    return picture, mask


def lesson(predictor: Predictor, encoded: Any) -> TaughtClassifier:
    """Two scribbles: one over the sheet at (220, 120), one around it."""
    strokes = (
        Scribble(((240, 140), (300, 190)), 1),
        Scribble(((30, 40), (180, 60), (150, 290), (360, 300)), 0),
    )
    samples = Samples.together([scribbled(predictor, encoded, stroke) for stroke in strokes])
    return TaughtClassifier.fitted(
        samples, CLASSES, model=predictor.name, model_sha256=predictor.sha256
    )


def iou(found: Any, truth: Any) -> float:
    return float((found & truth).sum() / (found | truth).sum())


def test_a_new_class_of_two_scribbles_is_found_here_and_on_another_picture(
    predictor: Predictor,
) -> None:
    here, truth = taped(0, (220, 120))
    encoded = predictor.encode(here)
    taught = lesson(predictor, encoded)
    assert iou(taught_prediction(predictor, encoded, taught).labels == 1, truth) > 0.6

    there, elsewhere = taped(2, (60, 180))
    found = taught_prediction(predictor, predictor.encode(there), taught)
    assert iou(found.labels == 1, elsewhere) > 0.5
    assert found.classes == CLASSES
    assert found.sha256 == taught.sha256


def test_the_same_scribbles_teach_the_same(predictor: Predictor) -> None:
    picture, _ = taped(0, (220, 120))
    one, other = (lesson(predictor, predictor.encode(picture)) for _ in range(2))
    np.testing.assert_array_equal(one.weights, other.weights)
    assert one.sha256 == other.sha256


def test_scores_are_those_of_upsampled_features_times_weights(predictor: Predictor) -> None:
    picture, _ = taped(0, (220, 120))
    encoded = predictor.encode(picture)
    taught = lesson(predictor, encoded)
    stages = [encoded.backend.picture_of(each)[None].float() for each in encoded.stages(0)]
    grid = stages[0].shape[2:]
    maps = [interpolate(each, size=grid, mode="bilinear")[0] for each in stages]
    whole = Box.of_size(encoded.size)
    maps.append(torch.from_numpy(colour_features(picture, whole, tuple(grid))))
    scores = torch.einsum("dhw,dk->khw", torch.cat(maps), torch.from_numpy(taught.weights))
    scores += torch.from_numpy(taught.bias)[:, None, None]
    full = interpolate(scores[None], size=encoded.size, mode="bilinear")[0]
    found = taught_labels(predictor, encoded, taught, whole)
    assert (full.argmax(0).numpy() == found).mean() > 0.999


def test_what_is_in_view_is_labelled_as_the_whole_picture_is(predictor: Predictor) -> None:
    picture, _ = taped(0, (220, 120))
    encoded = predictor.encode(picture)
    taught = lesson(predictor, encoded)
    whole = taught_prediction(predictor, encoded, taught).labels
    view = Box(100, 80, 340, 280)
    part = taught_labels(predictor, encoded, taught, view)
    assert (part == whole[view.slices]).mean() > 0.995
    with pytest.raises(RequestError, match="outside"):
        taught_labels(predictor, encoded, taught, Box(900, 900, 950, 950))


def test_tiles_are_joined(predictor: Predictor) -> None:
    picture, truth = taped(0, (220, 120))
    taught = lesson(predictor, predictor.encode(picture))
    tiled = predictor.encode(
        picture, protocol=InferenceProtocol("own", sliding=Sliding((256, 256), (192, 192)))
    )
    assert len(tiled.windows) > 1
    found = taught_prediction(predictor, tiled, taught).labels
    assert iou(found == 1, truth) > 0.55


def test_a_classifier_is_kept_in_a_file(predictor: Predictor, tmp_path: Path) -> None:
    picture, _ = taped(0, (220, 120))
    encoded = predictor.encode(picture)
    taught = lesson(predictor, encoded)
    path = tmp_path / "tape.taught"
    taught.save(path)
    again = TaughtClassifier.read(path)
    np.testing.assert_array_equal(
        taught_prediction(predictor, encoded, again).labels,
        taught_prediction(predictor, encoded, taught).labels,
    )
    assert again.classes == CLASSES

    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(RequestError, match=r"tape\.taught is no taught classifier"):
        TaughtClassifier.read(path)
    with pytest.raises(RequestError, match=r"nowhere\.taught cannot be read"):
        TaughtClassifier.read(tmp_path / "nowhere.taught")


def test_what_cannot_teach_is_refused(predictor: Predictor) -> None:
    picture, _ = taped(0, (220, 120))
    encoded = predictor.encode(picture)
    one = scribbled(predictor, encoded, Scribble(((10, 10), (40, 40)), 0))
    with pytest.raises(RequestError, match="second one"):
        TaughtClassifier.fitted(one, CLASSES, model="m", model_sha256="s")
    with pytest.raises(RequestError, match="outside the picture"):
        scribbled(predictor, encoded, Scribble(((-50, -50),), 0))
    with pytest.raises(RequestError, match="Nothing has been scribbled"):
        Samples.together([])
    taught = lesson(predictor, encoded)
    other = TaughtClassifier(
        taught.classes, taught.ids, taught.weights, taught.bias, taught.channels, "x", "0"
    )
    with pytest.raises(RequestError, match='taught on the features of "x"'):
        taught_prediction(predictor, encoded, other)


def test_a_stroke_covers_what_a_brush_would() -> None:
    columns, rows = Scribble(((10, 20), (50, 20)), 0, 3.0).pixels((40, 60))
    assert sorted(set(rows.tolist())) == [19, 20, 21]
    assert sorted(columns[rows == 20].tolist()) == list(range(9, 52))
    assert columns.dtype == np.int64


def test_thinning_takes_evenly_from_all_classes() -> None:
    values = np.arange(5000, dtype=np.float32)[:, None]
    ids = np.repeat([0, 1, 2], [4900, 60, 40])
    thin = Samples(values, ids, (1,)).thinned(300)
    assert np.bincount(thin.ids).tolist() == [200, 60, 40]
