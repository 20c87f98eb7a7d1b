"""Videos written with labels: every frame, at its time, with the sound; whole or playable."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from segcore.classes import ClassTable
from segcore.errors import VideoError
from segcore.video import Video
from segcore.video_export import VideoWriter, laid_over

CLASSES = ClassTable.from_names(["road", "sky"])
RATE = 25


def grey(value: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    return np.full((*size, 3), value, np.uint8)


@pytest.fixture
def with_sound(tmp_path: Path) -> Path:
    """Two seconds of video and of a tone."""
    path = tmp_path / "tone.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=RATE)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = out.add_stream("aac", rate=44_100)
        for number in range(2 * RATE):
            frame = av.VideoFrame.from_ndarray(grey(4 * number), format="rgb24")
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        tone = np.sin(np.arange(2 * 44_100) * 440 * 2 * np.pi / 44_100).astype(np.float32)
        for begin in range(0, len(tone) - 1024, 1024):
            part = av.AudioFrame.from_ndarray(
                tone[None, begin : begin + 1024], format="fltp", layout="mono"
            )
            part.sample_rate, part.pts = 44_100, begin
            part.time_base = Fraction(1, 44_100)
            out.mux(sound.encode(part))
        out.mux(sound.encode(None))
    return path


def seconds_of_sound(path: Path) -> float:
    with av.open(str(path)) as file:
        assert file.streams.audio
        return sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))


def test_frames_come_at_their_times_with_the_sound(with_sound: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    with Video(with_sound) as video, VideoWriter(target, video.rate, sound=with_sound) as out:
        for number, image in enumerate(video):
            out.add(image, video.time_of(number))
    with Video(target) as written, Video(with_sound) as video:
        assert len(written) == len(video) == 2 * RATE
        for number in (0, 17, 49):
            assert written.time_of(number) == pytest.approx(video.time_of(number), abs=1e-3)
            assert written[number].mean() == pytest.approx(video[number].mean(), abs=3)
    assert seconds_of_sound(target) == pytest.approx(seconds_of_sound(with_sound), abs=0.1)


def test_the_sound_of_a_part_begins_with_the_part(with_sound: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    with Video(with_sound) as video, VideoWriter(target, 25, sound=with_sound, begin=1.0) as out:
        for number in range(25, 40):
            out.add(video[number], video.time_of(number) - 1.0)
    assert seconds_of_sound(target) == pytest.approx(15 / 25, abs=0.15)


def test_odd_sides_and_times_that_do_not_rise(tmp_path: Path) -> None:
    target = tmp_path / "odd.mp4"
    with VideoWriter(target, 10) as out:
        for seconds in (0.0, 0.1, 0.1, 0.35):
            out.add(grey(90, (33, 47)), seconds)
    with Video(target) as written:
        assert len(written) == 4
        assert written.size == (34, 48)


def test_what_was_written_before_a_failure_can_be_played(tmp_path: Path) -> None:
    target = tmp_path / "cut.mp4"

    def fail() -> None:
        with VideoWriter(target, RATE) as out:
            for number in range(40):
                out.add(grey(number), number / RATE)
            out.add(grey(0, (24, 32)), 2.0)

    with pytest.raises(VideoError, match="another size"):
        fail()
    with Video(target) as written:
        assert len(written) == 40


def test_a_full_disk_is_said_with_as_many_frames_as_are_kept(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the system refuses the same calls."""
    resource = pytest.importorskip("resource")
    target = tmp_path / "full.mp4"
    noise = np.random.default_rng(0).integers(0, 255, (300, 48, 64, 3)).astype(np.uint8)

    def write_all() -> None:
        with VideoWriter(target, RATE) as out:
            for number, image in enumerate(noise):
                out.add(image, number / RATE)

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(VideoError) as refused:
            write_all()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    kept = re.search(r"its first (\d+) frames can be played", str(refused.value))
    assert kept is not None
    assert "full.mp4 cannot be written (File too large)" in str(refused.value)
    with Video(target) as written:
        assert len(written) == int(kept[1]) > 50
        assert np.abs(written[20].astype(int) - noise[20]).mean() < 60


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="cannot be written"):
        VideoWriter(tmp_path / "no such folder" / "o.mp4", 25)
    with pytest.raises(VideoError, match=r"\.mp4"):
        VideoWriter(tmp_path / "o.avi", 25)


def test_labels_over_a_frame_and_beside_it() -> None:
    labels = np.zeros((48, 64), np.uint8)
    labels[:, 32:] = CLASSES.ignore
    both = laid_over(grey(100), labels, CLASSES, opacity=1.0, side_by_side=True)
    assert both.shape == (48, 128, 3)
    assert (both[:, :64] == 100).all()
    assert (both[:, 64:96] == CLASSES[0].color).all()
    assert (both[:, 96:] == 100).all()
    assert laid_over(grey(7), None, CLASSES) is not None
