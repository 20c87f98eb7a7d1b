"""Motion, cuts, carried labels and flicker: on textures that were moved by a known way."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from segcore import Video, resources
from segcore.errors import RequestError
from segcore.labels import read_label_map
from segcore.motion import Carrier, flicker, is_cut, motion_between
from segcore.motion.carry import follow
from segcore.opencv import cv2

Frame = npt.NDArray[np.uint8]
SIZE = (120, 160)
IGNORE = 255


def texture(seed: int, size: tuple[int, int] = (200, 240)) -> Frame:
    """Blotches of all sizes, which flow can follow."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (*size, 3)).astype(np.float32)
    blotches = sum(cv2.GaussianBlur(noise, (0, 0), s) * s for s in (1.5, 4.0, 9.0))
    low, high = np.min(blotches), np.max(blotches)
    return ((blotches - low) / (high - low) * 255).astype(np.uint8)


def window(picture: Frame, x: int, y: int) -> Frame:
    """What a camera sees that looks at (x, y)."""
    return np.ascontiguousarray(picture[y : y + SIZE[0], x : x + SIZE[1]])


def test_a_moved_picture_is_followed_to_half_a_pixel() -> None:
    picture = texture(1)
    motion = motion_between(window(picture, 27, 15), window(picture, 20, 20))
    inner = motion.source[12:-12, 12:-12] - np.stack(
        np.meshgrid(np.arange(12, 148), np.arange(12, 108)), axis=2
    )
    assert np.abs(inner - (7, -5)).max(axis=2).mean() < 0.5
    assert (motion.trust[12:-12, 12:-12] > 0.8).mean() > 0.95


def test_what_comes_in_from_outside_is_not_believed() -> None:
    picture = texture(2)
    motion = motion_between(window(picture, 30, 20), window(picture, 20, 20))
    assert motion.trust[:, -9:].max() < 0.2
    assert motion.trust[10:-10, 10:-20].mean() > 0.8


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (1400, 40), (33, 17)])
def test_frames_of_every_size_have_a_motion(size: tuple[int, int]) -> None:
    frame = np.random.default_rng(3).integers(0, 256, (*size, 3), np.uint8)
    motion = motion_between(frame, frame)
    assert motion.size == size
    columns, rows = np.meshgrid(np.arange(size[1]), np.arange(size[0]))
    assert np.abs(motion.source - np.stack([columns, rows], axis=2)).mean() < 0.5


def test_frames_that_differ_in_size_are_refused() -> None:
    with pytest.raises(RequestError, match="one size"):
        motion_between(texture(1), window(texture(1), 0, 0))


def test_another_shot_is_a_cut_and_a_turn_or_a_flash_is_none() -> None:
    picture = texture(4)
    before = window(picture, 20, 20)
    turned = window(picture, 34, 26)
    flash = np.minimum(before.astype(np.int32) + 90, 255).astype(np.uint8)
    other = (window(texture(5), 20, 20) * np.array([0.9, 0.3, 0.1])).astype(np.uint8)
    assert not is_cut(turned, before, motion_between(turned, before))
    assert not is_cut(flash, before, motion_between(flash, before))
    assert is_cut(other, before, motion_between(other, before))


def test_labels_stay_on_the_thing_they_were_given_to() -> None:
    picture = texture(6)
    marks = np.full(picture.shape[:2], 0, np.uint8)
    marks[70:110, 80:130] = 4
    carrier = Carrier(window(picture, 20, 20), marks[20:140, 20:180].copy(), ignore=IGNORE)
    for step in range(1, 9):
        carried = carrier.step(window(picture, 20 + 3 * step, 20 + step))
    assert carried is not None
    truth = marks[28:148, 44:204]
    believed = carried.confidence > 0.4
    assert believed[:100, :110].mean() > 0.9
    wrong = (carried.labels != truth) & believed
    assert wrong.mean() < 0.004
    assert carried.steps == 8
    assert carried.confidence[:, -20:].max() < 0.2  # came into sight meanwhile


def test_confidence_falls_with_every_frame_and_ignore_has_none() -> None:
    frame = window(texture(7), 0, 0)
    labels = np.zeros(SIZE, np.uint8)
    labels[:40] = IGNORE
    carrier = Carrier(frame, labels, ignore=IGNORE)
    first, second = carrier.step(frame), carrier.step(frame)
    assert first is not None
    assert second is not None
    assert (second.confidence[40:] < first.confidence[40:]).all()
    assert second.confidence[60:].min() > 0.8
    assert not first.confidence[:39].any()


def test_a_walk_ends_at_a_cut_for_good() -> None:
    here = window(texture(8), 0, 0)
    other = (window(texture(9), 0, 0) * np.array([0.1, 0.4, 0.9])).astype(np.uint8)
    carrier = Carrier(here, np.zeros(SIZE, np.uint8), ignore=IGNORE)
    assert carrier.step(other) is None
    assert carrier.step(other) is None


def test_a_point_is_followed_and_lost_when_it_leaves() -> None:
    picture = texture(10)
    motion = motion_between(window(picture, 30, 20), window(picture, 20, 20))
    assert follow((80, 60), motion) in {(x, y) for x in (69, 70, 71) for y in (59, 60, 61)}
    assert follow((3, 60), motion) is None


def test_flicker_finds_the_flip_and_not_the_motion() -> None:
    picture = texture(11)
    before, after = window(picture, 20, 20), window(picture, 25, 22)
    world = np.zeros(picture.shape[:2], np.uint8)
    world[:, 100:] = 1
    labels_before, labels = world[20:140, 20:180].copy(), world[22:142, 25:185].copy()
    motion = motion_between(after, before)
    calm = flicker(labels, labels_before, motion, ignore=IGNORE)
    assert calm.share < 0.002
    labels[50:70, 20:50] = 3
    restless = flicker(labels, labels_before, motion, ignore=IGNORE)
    assert restless.flips[50:70, 20:50].all()
    assert restless.flips.sum() < 640
    x, y = restless.worst or (0, 0)
    assert 20 <= x < 50
    assert 50 <= y < 70
    assert calm.compared > 0.8 * labels.size


def test_ignored_pixels_do_not_flicker() -> None:
    frame = window(texture(12), 0, 0)
    motion = motion_between(frame, frame)
    ignored, road = np.full(SIZE, IGNORE, np.uint8), np.zeros(SIZE, np.uint8)
    assert flicker(road, ignored, motion, ignore=IGNORE).compared == 0
    assert flicker(ignored, road, motion, ignore=IGNORE).share == 0


def test_the_drawn_drive_has_a_label_map_for_every_frame_and_can_be_followed() -> None:
    clip, labels = resources.sample_clip()
    with Video(clip) as video:
        assert len(video) == len(labels) == 72
        assert video.size == (360, 480)
        carrier = Carrier(video[30], read_label_map(labels[30]).labels, ignore=IGNORE)
        carried = [carrier.step(video[number]) for number in range(31, 36)][-1]
    assert carried is not None
    truth = read_label_map(labels[35]).labels
    believed = carried.confidence > 0.3
    assert believed.mean() > 0.75
    right = carried.labels == truth
    unmoved = read_label_map(labels[30]).labels == truth
    assert right[believed].mean() > 0.9
    assert (~unmoved)[believed].mean() > 1.5 * (~right)[believed].mean()
