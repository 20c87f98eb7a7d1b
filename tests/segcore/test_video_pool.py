"""Frames by path: from videos and animations, several readers at once, while the index grows."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from segcore.decoding import video_index
from segcore.decoding.growing_index import GrowingIndex
from segcore.decoding.picture_stack import PictureStack
from segcore.decoding.video_index import build_index, growing_index
from segcore.errors import ImageError, VideoError
from segcore.frame_paths import frame_name, frame_of, frame_of_name, frame_path
from segcore.images import read_image, read_image_size, read_thumbnail
from segcore.video import Video
from segcore.video_pool import VideoPool

FRAMES = 60


def shade(number: int) -> int:
    return 20 + 3 * number


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video with B-frames whose frames are of rising brightness."""
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"bf": "3", "g": "12", "crf": "8"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(FRAMES):
            grey = np.full((48, 64, 3), shade(number), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        out.mux(stream.encode())
    return path


def number_in(picture: np.ndarray) -> int:
    return round((float(picture.mean()) - 20) / 3)


def test_a_path_in_a_video_is_a_frame(clip: Path) -> None:
    path = frame_path(clip, 17)
    assert frame_of(path) == (clip, 17)
    assert number_in(read_image(path)) == 17
    assert read_image_size(path) == (48, 64)
    assert read_thumbnail(path, 32).shape == (24, 32, 3)


def test_a_folder_of_that_name_holds_no_frames(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").mkdir()
    assert frame_of(tmp_path / "clip.mp4" / "000001") is None
    assert frame_of_name("a/clip.mp4/000012") == ("a/clip.mp4", 12)
    assert frame_of_name("a/clip/000012") is None
    assert frame_of_name(frame_name("clip.mp4", 1_234_567)) == ("clip.mp4", 1_234_567)


def test_frames_that_are_not_there_are_said_in_a_sentence(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=f"no frame {FRAMES}"):
        read_image(frame_path(clip, FRAMES))
    with pytest.raises(ImageError, match="no such file"):
        read_image(frame_path(tmp_path / "gone.mp4", 0))
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(ImageError, match="empty"):
        read_image(frame_path(tmp_path / "empty.mp4", 0))


def test_what_is_known_of_a_growing_index_is_exact(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_index._Pace, "is_due", lambda _self: True)
    whole = build_index(clip)
    parts = [part for part in growing_index(clip) if part is not None]
    assert len(parts) > 10
    for part in parts:
        assert part.times == whole.times[: len(part)]
        assert part.keys == whole.keys[: len(part.keys)]
    assert parts[-1] == whole
    assert len(parts[len(parts) // 2]) > FRAMES // 3


def test_a_frame_is_read_before_the_index_is_whole(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = build_index(clip)
    go_on = threading.Event()

    def halting(_path: Path) -> object:
        half = video_index.FrameIndex(whole.times[:30], whole.keys[:2], seekable=True)
        yield half
        assert go_on.wait(20)
        yield whole

    monkeypatch.setattr("segcore.decoding.growing_index.growing_index", halting)
    index = GrowingIndex(clip)
    with Video(clip, index) as video:
        assert number_in(video[29]) == 29
        assert not index.is_whole
        with ThreadPoolExecutor(1) as other:
            waiting = other.submit(lambda: number_in(video[55]))
            assert not waiting.done()
            go_on.set()
            assert waiting.result(20) == 55
        assert len(video) == FRAMES


def test_threads_have_readers_of_their_own_and_few_stay_open(clip: Path) -> None:
    pool = VideoPool(most_open=2)
    orders = [range(FRAMES), range(FRAMES - 1, -1, -1), range(0, FRAMES, 7), range(3, FRAMES, 5)]
    with ThreadPoolExecutor(4) as threads:
        found = list(
            threads.map(lambda order: [number_in(pool.read(clip, n)) for n in order], orders)
        )
    assert found == [list(order) for order in orders]
    pool.read(clip, 0)
    assert len(pool._open) <= 2
    pool.close()
    assert not pool._open
    assert number_in(pool.read(clip, 9)) == 9
    pool.close()


def test_the_counts_end_with_all_frames(clip: Path, tmp_path: Path) -> None:
    pool = VideoPool()
    assert [*pool.counts(clip)][-1] == FRAMES
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(VideoError, match=r"text\.mp4"):
        list(pool.counts(tmp_path / "text.mp4"))
    pool.close()


@pytest.mark.parametrize("ending", ["gif", "png", "webp", "tif"])
def test_animations_and_stacks_are_videos(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"stack.{ending}"
    pictures = [Image.new("RGB", (40, 30), (40 * n, 0, 0)) for n in range(5)]
    how = {"lossless": True} if ending == "webp" else {}
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100, **how)
    assert [*VideoPool().counts(path)] == [5]
    reds = [int(read_image(frame_path(path, n))[15, 20, 0]) for n in (3, 0, 4, 1)]
    assert reds == pytest.approx([120, 0, 160, 40], abs=2)
    with pytest.raises(ImageError):
        read_image(frame_path(path, 5))
    with Video(path) as video:  # as everybody else opens videos
        assert (len(video), video.size) == (5, (30, 40))
        assert int(video[-1][15, 20, 0]) == pytest.approx(160, abs=2)
        assert [int(frame[15, 20, 0]) // 39 for frame in video] == [0, 1, 2, 3, 4]
        with pytest.raises(IndexError):
            video[5]


@pytest.mark.parametrize("ending", ["gif", "png", "webp"])
def test_the_pictures_of_an_animation_have_times_of_their_own(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"uneven.{ending}"
    pictures = [Image.new("RGB", (40, 30), (40 * n, 0, 0)) for n in range(4)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[100, 300, 50, 100])
    with PictureStack(path) as stack:
        assert stack.times(9) == pytest.approx([0, 0.1, 0.4, 0.45])
