"""Clicks, evidence, sliders, second best and refinement with the bundled model on drawn streets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segcore import Predictor
from segcore.assist import affinity
from segcore.assist.affinity import CellGrid
from segcore.assist.click import ClickGround, click_region
from segcore.assist.evidence import Evidence
from segcore.assist.geodesic import FAR, Steps, geodesic_distance
from segcore.assist.logit_sliders import LogitSettings, slid_labels
from segcore.assist.model_evidence import evidence_around, evidence_in
from segcore.assist.refine import refined
from segcore.assist.second_best import second_best
from segcore.edits import Selection
from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.images import read_image
from segcore.labels import read_label_map
from segcore.opencv import cv2
from segcore.resources import sample_paths


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load("street-b0", device="cpu", backend="torch")


@pytest.fixture(scope="module")
def street() -> tuple[Any, Any]:
    """A drawn street and its true labels."""
    picture, labels = sample_paths()[0]
    return read_image(picture), read_label_map(labels).labels


@pytest.fixture(scope="module")
def looked(predictor: Predictor, street: tuple[Any, Any]) -> tuple[Any, Evidence, Any]:
    encoded = predictor.encode(street[0])
    whole = Box.of_size(encoded.size)
    return encoded, evidence_in(predictor, encoded, whole), predictor.predict(encoded).labels


def largest_region(labels: Any, class_id: int) -> tuple[Any, tuple[int, int]]:
    """The largest region of a class and the pixel deepest inside it."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats((labels == class_id).astype(np.uint8))
    region = pieces == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    depth = cv2.distanceTransform(np.pad(region.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return region, (int(x), int(y))


def iou(mask: Any, truth: Any) -> float:
    return float((mask & truth).sum() / (mask | truth).sum())


def test_evidence_is_what_the_model_says(looked: tuple[Any, Evidence, Any]) -> None:
    encoded, evidence, labels = looked
    assert np.array_equal(evidence.labels(Box.of_size(encoded.size)), labels)
    part = Box(31, 17, 200, 120)
    assert np.array_equal(evidence.labels(part), labels[part.slices])
    norms = np.linalg.norm(evidence.features, axis=1)
    assert np.allclose(norms, 1, atol=1e-3)


def test_evidence_around_a_pixel_of_a_picture_in_tiles(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segcore.inference.memory.CPU_PIXELS", 100_000)
    monkeypatch.setattr("segcore.inference.passes.TILE", 256)
    image = np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8)
    image = cv2.resize(image, (400, 300), interpolation=cv2.INTER_CUBIC)
    encoded = predictor.encode(image)
    assert len(encoded.windows) > 1
    evidence = evidence_around(predictor, encoded, (200, 30), most_cells=32)
    assert evidence.box == Box(136, 0, 264, 128)
    assert evidence.grid == (32, 32)
    assert encoded.held_bytes > 0, "what was computed is kept"
    labels = predictor.predict(encoded).labels
    assert (evidence.labels(evidence.box) == labels[evidence.box.slices]).mean() > 0.9


def test_two_clicks_select_the_car(
    looked: tuple[Any, Evidence, Any], street: tuple[Any, Any], predictor: Predictor
) -> None:
    image, truth = street
    car = predictor.classes.id_of("Car")
    assert car is not None
    region, point = largest_region(truth, car)
    ground = ClickGround.with_model(image, looked[1])
    first = click_region(ground, [point]).mask(region.shape)
    assert iou(first, region) > 0.3
    assert first[point[1], point[0]]
    second = improved(ground, region, first, [point])
    assert iou(second, region) > max(0.5, iou(first, region))


def improved(ground: ClickGround, region: Any, found: Any, right: list[Any]) -> Any:
    """After up to four more clicks, each in the largest mistake."""
    wrong: list[Any] = []
    for _ in range(4):
        missing, surplus = region & ~found, found & ~region
        larger, clicks = (missing, right) if missing.sum() > surplus.sum() else (surplus, wrong)
        clicks.append(largest_region(larger.astype(np.uint8), 1)[1])
        found = click_region(ground, right, wrong).mask(region.shape)
        assert all(found[y, x] for x, y in right)
        assert not any(found[y, x] for x, y in wrong)
    return found


def test_without_a_model_colours_answer() -> None:
    rows, columns = np.mgrid[:200, :240]
    disc = (columns - 90) ** 2 + (rows - 100) ** 2 < 50**2
    image = np.where(disc[..., None], (210, 60, 40), (50, 90, 60)).astype(np.uint8)
    ground = ClickGround.without_model(image, (90, 100))
    assert ground.cells.kind == "colour"
    found = click_region(ground, [(90, 100)], [(200, 30)]).mask(disc.shape)
    assert iou(found, disc) > 0.9


def test_a_huge_picture_is_looked_at_around_the_click() -> None:
    row = (np.arange(20_000) // 40 % 7 * 30).astype(np.uint8)
    image = np.broadcast_to(row[None, :, None], (20_000, 20_000, 3))
    ground = ClickGround.without_model(image, (12_000, 8_000))
    assert ground.box.area <= 1 << 20
    found = click_region(ground, [(12_000, 8_000)])
    assert found.place.contains((12_000, 8_000))
    with pytest.raises(RequestError, match="click"):
        click_region(ground, [(5, 5)])


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (6, 2)])
def test_tiny_pictures_can_be_clicked(size: tuple[int, int], predictor: Predictor) -> None:
    image = np.full((*size, 3), 100, np.uint8)
    assert click_region(ClickGround.without_model(image, (0, 0)), [(0, 0)]).region.any()
    evidence = evidence_around(predictor, predictor.encode(image), (0, 0))
    assert click_region(ClickGround.with_model(image, evidence), [(0, 0)]).region.any()


def test_geodesic_distances_are_those_of_dijkstra() -> None:
    from skimage.graph import MCP_Geometric

    rng = np.random.default_rng(1)
    values = rng.random((30, 40)).astype(np.float32) + 0.05
    seeds = np.zeros((30, 40), np.bool_)
    seeds[7, 9] = seeds[25, 33] = True
    across, down = (values[:, 1:] + values[:, :-1]) / 2, (values[1:] + values[:-1]) / 2
    wanted, _ = MCP_Geometric(values, fully_connected=False).find_costs(np.argwhere(seeds))
    found = geodesic_distance(Steps(across, down), seeds, rounds=40)
    assert np.allclose(found, wanted, atol=1e-4)
    few = geodesic_distance(Steps(across, down), seeds)
    assert (few >= wanted - 1e-4).all()
    assert np.mean(few - wanted) < 0.02 * wanted.mean()
    nothing = geodesic_distance(Steps(across, down), np.zeros((30, 40), np.bool_))
    assert (nothing == FAR).all()


def test_a_bias_moves_the_boundary_and_ignore_is_left_alone(
    looked: tuple[Any, Evidence, Any],
) -> None:
    _encoded, evidence, labels = looked
    place = Box(40, 40, 300, 200)
    bias = [0.0] * len(evidence.logits)
    ids = list(range(len(bias)))
    same = slid_labels(evidence, place, LogitSettings(tuple(bias)), ids, 255)
    assert np.array_equal(same.ids, labels[place.slices])
    road = 3
    counts = []
    for value in (-4.0, 0.0, 4.0, 100.0):
        bias[road] = value
        found = slid_labels(evidence, place, LogitSettings(tuple(bias)), ids, 255)
        counts.append(int((found.ids == road).sum()))
    assert counts == sorted(counts)
    assert counts[-1] == place.area
    nowhere = [255 if each == road else each for each in ids]
    assert not slid_labels(evidence, place, LogitSettings(tuple(bias)), nowhere, 255).region.any()


def test_heat_and_a_least_confidence_leave_doubtful_pixels_alone(
    looked: tuple[Any, Evidence, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = looked[1]
    ids = list(range(len(evidence.logits)))
    shares = [
        slid_labels(evidence, evidence.box, LogitSettings((), heat, 0.6), ids, 255).region.mean()
        for heat in (0.2, 1.0, 4.0)
    ]
    assert shares[0] > shares[1] > shares[2]
    settings = LogitSettings((), 1.0, 0.6)
    exact, rough = (
        slid_labels(evidence, evidence.box, settings, ids, 255, rough=rough).region
        for rough in (False, True)
    )
    assert (exact == rough).mean() > 0.97
    monkeypatch.setattr("segcore.assist.logit_sliders.ROUGH_FROM", 1000)
    place = Box(31, 17, 331, 219)
    full, coarse = (
        slid_labels(evidence, place, settings, ids, 255, rough=rough) for rough in (False, True)
    )
    assert (full.ids == coarse.ids).mean() > 0.9
    assert (full.region == coarse.region).mean() > 0.9
    with pytest.raises(RequestError, match="temperature"):
        LogitSettings(temperature=0)


def test_second_best_goes_back_and_forth_between_the_two_likeliest(
    looked: tuple[Any, Evidence, Any],
) -> None:
    _encoded, evidence, labels = looked
    place = Box(100, 90, 180, 150)
    area = Selection(place, np.ones(place.size, np.bool_))
    ids = list(range(len(evidence.logits)))
    first = second_best(evidence, area, labels[place.slices], ids, 255)
    order = np.argsort(evidence.upsampled(evidence.logits, place), axis=0)
    assert np.array_equal(first.ids, order[-2])
    again = second_best(evidence, area, first.ids, ids, 255)
    assert np.array_equal(again.ids, labels[place.slices])


def test_refinement_looks_closer_and_keeps_to_its_border(
    predictor: Predictor, looked: tuple[Any, Evidence, Any]
) -> None:
    encoded, _evidence, labels = looked
    box = Box(60, 80, 140, 140)
    close = refined(predictor, encoded, box, zoom=2)
    assert close.box == box
    assert close.grid[0] >= 2 * (box.height // 4) - 2
    kept = refined(predictor, encoded, box, share=0)
    assert (kept.labels(box) == labels[box.slices]).mean() > 0.97
    difference = np.abs(close.logits - kept.logits).mean(axis=0)
    assert difference[1:-1, 1:-1].mean() > 3 * difference[0].mean(), "no seam at the border"
    with pytest.raises(RequestError, match="outside"):
        refined(predictor, encoded, Box(9000, 0, 9010, 10))


def test_a_grid_of_one_cell_compares_with_itself() -> None:
    nothing = np.empty((0, 0, 1, 1), np.float32)
    grid = CellGrid.of(np.zeros((1, 1, 3), np.float32), nothing, np.empty((0, 1, 1), np.float32))
    assert grid.size == (1, 1)
    assert grid.kind == "colour"


def test_many_clicks_cost_as_much_each_as_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    colours = rng.uniform(0, 255, (24, 30, 3)).astype(np.float32)
    features = rng.normal(size=(4, 16, 24, 30)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    grid = CellGrid.of(colours, features, np.full((2, 24, 30), 0.5, np.float32))
    clicks = [
        tuple(map(int, cell))
        for cell in rng.permutation([(r, c) for r in range(24) for c in range(30)])
    ]
    right, wrong = clicks[:60], clicks[60:120]
    each = np.stack([affinity.cues_of(grid, [cell], [])[: len(grid.unknown)] for cell in right])
    nearest = np.concatenate([each[:, : grid.alike].max(0), each[:, grid.alike :].min(0)])
    compared = affinity._compared
    asked: list[Any] = []
    monkeypatch.setattr(affinity, "_compared", lambda *of: asked.append(of) or compared(*of))
    for count in range(1, 61):
        found = affinity.cues_of(grid, right[:count], wrong[:count])
    assert len(asked) <= 120
    assert np.array_equal(found[: len(nearest)], nearest)
    affinity.cues_of(grid, right[:59], wrong)
    assert len(asked) <= 120, "a click taken back is known"
