"""Wand, scissors, superpixels, GrabCut and snapping on pictures whose regions are known."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from segcore.assist.grabcut import grab_cut
from segcore.assist.scissors import Scissors, enclosed
from segcore.assist.snap import snap_to_labels, snap_to_picture
from segcore.assist.strokes import stroke_selection
from segcore.assist.superpixels import METHODS, TILE, Superpixels
from segcore.assist.wand import magic_wand
from segcore.edits import Selection
from segcore.errors import RequestError
from segcore.geometry import Box

Image = np.ndarray[Any, np.dtype[np.uint8]]

DISC = (200, 60, 50)
GROUND = (40, 90, 60)


def disc_picture(
    size: tuple[int, int] = (120, 160), middle: tuple[int, int] = (80, 60), radius: float = 30
) -> tuple[Image, np.ndarray[Any, Any]]:
    """A noisy disc on a noisy ground, and where it is."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[: size[0], : size[1]]
    disc = (columns - middle[0]) ** 2 + (rows - middle[1]) ** 2 <= radius**2
    image = np.where(disc[..., None], DISC, GROUND) + rng.integers(-8, 9, (*size, 3))
    return image.astype(np.uint8), disc


def iou(selection: Selection, truth: np.ndarray[Any, Any]) -> float:
    mask = selection.mask(truth.shape)
    return float((mask & truth).sum() / (mask | truth).sum())


def large_picture() -> Image:
    """20,000 x 20,000 pixels that take the memory of one row."""
    row = np.arange(20_000 * 3, dtype=np.uint32).reshape(1, 20_000, 3) // 3 // 37 % 200
    return np.broadcast_to(row.astype(np.uint8), (20_000, 20_000, 3))


def test_the_wand_takes_the_disc_and_nothing_else() -> None:
    image, disc = disc_picture()
    assert iou(magic_wand(image, (80, 60), 24), disc) == 1.0


def test_the_wand_leaves_a_second_disc_alone_unless_everything_is_wanted() -> None:
    image, disc = disc_picture((120, 300))
    other = np.roll(disc, 150, axis=1)
    image = np.where(other[..., None], np.array(DISC, np.uint8), image)
    assert iou(magic_wand(image, (80, 60), 24), disc) == 1.0
    assert iou(magic_wand(image, (80, 60), 24, contiguous=False), disc | other) == 1.0


def test_a_thin_line_stops_the_wand_where_edges_count() -> None:
    image = np.full((60, 90, 3), 120, np.uint8)
    image[:, 45] = 160  # within the tolerance, but an edge
    assert magic_wand(image, (10, 30), 60).area == 60 * 90
    left = np.zeros((60, 90), np.bool_)
    left[:, :45] = True
    assert iou(magic_wand(image, (10, 30), 60, stops_at_edges=True), left) > 0.95


def test_scissors_follow_the_edge_between_anchors_on_it() -> None:
    image, disc = disc_picture()
    top, right, bottom, left = (80, 30), (110, 60), (80, 90), (50, 60)
    pieces = [
        Scissors(image, start).path_to(end)
        for start, end in ((top, right), (right, bottom), (bottom, left), (left, top))
    ]
    for piece, ends in zip(pieces, ((top, right), (right, bottom), (bottom, left), (left, top))):
        assert (tuple(piece[0]), tuple(piece[-1])) == ends
        assert np.abs(np.diff(piece, axis=0)).max() == 1, "side by side"
        away = np.abs(np.hypot(*(piece - (80, 60)).T) - 30)
        assert away.max() < 3
    assert iou(enclosed(pieces, disc.shape), disc) > 0.95
    straight = [np.array(each) for each in ((top, right), (right, bottom), (bottom, left))]
    assert iou(enclosed(straight, disc.shape), disc) < 0.75


def test_scissors_go_straight_on_outside_their_window() -> None:
    image = large_picture()
    scissors = Scissors(image, (10_000, 10_000), side=128)
    path = scissors.path_to((12_000, 10_000))
    assert tuple(path[-1]) == (12_000, 10_000)
    assert len(path) < 1000
    assert enclosed([path], (20_000, 20_000)).place.covers(Box(10_000, 10_000, 10_010, 10_001))


@pytest.mark.parametrize("method", METHODS)
def test_superpixels_keep_to_the_edge_of_the_disc(method: Any) -> None:
    image, disc = disc_picture()
    cells = Superpixels(image, 12, method)
    found = cells.collected([(65, 45), (95, 45), (65, 60), (95, 60), (65, 75), (95, 75)], 6)
    inside = found.mask(disc.shape)
    assert (inside & ~disc).sum() < 0.03 * disc.sum()
    assert (inside & disc).sum() > 0.7 * disc.sum()


def test_a_stroke_collects_cells_of_every_tile_that_it_crosses() -> None:
    image = np.random.default_rng(0).integers(0, 255, (60, 2 * TILE + 50, 3), np.uint8)
    found = Superpixels(image, 16).collected([(5, 30), (2 * TILE + 40, 30)])
    row = found.mask(image.shape[:2])[30]
    assert row[5 : 2 * TILE + 41].all()


def test_grabcut_finds_the_disc_in_a_box_around_it() -> None:
    image, disc = disc_picture()
    found = grab_cut(image, Box(45, 25, 116, 96))
    assert iou(found, disc) > 0.95
    assert Box(45, 25, 116, 96).covers(found.place)


def test_grabcut_of_a_large_box_cuts_its_edge_at_full_size() -> None:
    image, disc = disc_picture((420, 560), (280, 210), 120)
    assert iou(grab_cut(image, Box(120, 60, 440, 360)), disc) > 0.97


def test_grabcut_heeds_what_a_model_thinks() -> None:
    image, disc = disc_picture((120, 300))
    other = np.roll(disc, 150, axis=1)
    image = np.where(other[..., None], np.array(DISC, np.uint8), image)
    box = Box(40, 20, 270, 100)
    opinion = np.where(disc[box.slices], 0.95, 0.02).astype(np.float32)
    assert iou(grab_cut(image, box), disc | other) > 0.9
    assert iou(grab_cut(image, box, opinion), disc) > 0.9
    with pytest.raises(RequestError, match="prior"):
        grab_cut(image, box, opinion[1:])


def test_a_rough_selection_snaps_to_the_picture() -> None:
    image, disc = disc_picture()
    rough = Selection.of_mask(np.roll(disc, 4, axis=1))
    assert iou(rough, disc) < 0.9
    assert iou(snap_to_picture(rough, image, 6), disc) > 0.95
    assert snap_to_picture(rough, image, 0) is rough


def test_a_rough_selection_snaps_to_the_models_classes() -> None:
    _image, disc = disc_picture()
    rough = Selection.of_mask(np.roll(disc, 4, axis=0))
    labels = disc.astype(np.uint8)
    whole = Box.of_size((120, 160))
    assert iou(snap_to_labels(rough, labels, whole, 6), disc) == 1.0
    even = np.zeros_like(labels)
    kept = snap_to_labels(rough, even, whole, 6)
    assert kept.area == pytest.approx(rough.area, rel=0.2), "no edge near: about as it was"


def test_a_stroke_covers_what_painting_would() -> None:
    from segcore.edits import Stroke

    labels, origins = np.zeros((50, 60), np.uint8), np.zeros((50, 60), np.uint8)
    stroke = Stroke(labels, origins)
    points = [(10, 10), (30, 20), (70, 20)]
    for start, end in pairwise(points):
        stroke.paint_segment(start, end, 9, 1, 1)
    assert np.array_equal(stroke_selection(points, 9, (50, 60)).mask((50, 60)), labels == 1)
    assert stroke_selection([(200, 200)], 9, (50, 60)).is_empty


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 2)])
def test_tiny_pictures_are_no_trouble(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 90, np.uint8)
    whole = Box.of_size(size)
    assert magic_wand(image, (0, 0), 10).area == size[0] * size[1]
    assert magic_wand(image, (0, 0), 10, stops_at_edges=True).area == size[0] * size[1]
    path = Scissors(image, (0, 0)).path_to((size[1] - 1, size[0] - 1))
    assert tuple(path[-1]) == (size[1] - 1, size[0] - 1)
    assert not enclosed([path], size).is_empty
    for method in METHODS:
        assert not Superpixels(image, 16, method).collected([(0, 0)]).is_empty
    assert whole.covers(grab_cut(image, whole).place)
    selection = Selection(whole, np.ones(size, np.bool_))
    assert snap_to_picture(selection, image, 3).area == size[0] * size[1]
    assert snap_to_labels(selection, np.zeros(size, np.uint8), whole, 3).area > 0


def test_a_huge_picture_costs_no_more_than_what_is_near() -> None:
    image = large_picture()
    began = time.process_time()
    assert magic_wand(image, (10_000, 10_000), 0, within=Box(9_000, 9_500, 11_000, 10_500)).area
    Scissors(image, (10_000, 10_000)).path_to((10_200, 10_100))
    assert not Superpixels(image, 16).collected([(19_990, 19_990)]).is_empty
    grab_cut(image, Box(10_000, 10_000, 10_120, 10_100))
    snap_to_picture(stroke_selection([(9_000, 9_000)], 40, (20_000, 20_000)), image, 4)
    assert time.process_time() - began < 10


def test_a_rough_answer_is_much_like_the_full_one() -> None:
    image, disc = disc_picture((800, 900), (450, 400), 330)
    assert iou(magic_wand(image, (450, 400), 24, rough=True), disc) > 0.98
    near = magic_wand(*disc_picture()[:1], (80, 60), 24, rough=True)
    assert iou(near, disc_picture()[1]) == 1.0, "what takes no time is exact"
    cells = Superpixels(image, 12)
    point = 450, 78
    rough = cells.collected([point], rough=True)
    assert not cells.is_cut(point)
    assert rough.place.contains(point)
    assert rough.place.width < 6 * cells.side
    full = cells.collected([point])
    assert cells.is_cut(point)
    again = cells.collected([point], rough=True)
    assert again.place == full.place
    assert np.array_equal(again.region, full.region)


def test_a_box_too_large_to_be_cut_is_refused_in_a_sentence() -> None:
    with pytest.raises(RequestError, match="100 megapixels"):
        grab_cut(large_picture(), Box(0, 0, 10_000, 10_000))


def test_points_outside_are_refused_in_a_sentence() -> None:
    image, _ = disc_picture()
    for call in (
        lambda: magic_wand(image, (160, 10), 5),
        lambda: Scissors(image, (-1, 0)),
        lambda: grab_cut(image, Box(500, 500, 600, 600)),
    ):
        with pytest.raises(RequestError, match="outside"):
            call()
