"""Every frame by its number: videos that carry it in their pixels, in every awkward form."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.errors import VideoError
from segcore.folders import is_video_path
from segcore.video import Video

BITS = 8
CELL = 16
HEIGHT, WIDTH = 64, BITS * CELL
FRAMES = 50


def numbered(number: int) -> np.ndarray:
    """A frame whose number stands in it as black and white blocks, white below the top half."""
    frame = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            frame[: HEIGHT // 2, bit * CELL : (bit + 1) * CELL] = 255
    frame[HEIGHT // 2 :, : CELL * 2] = 255
    return frame


def number_in(frame: np.ndarray) -> int:
    row = frame[HEIGHT // 4, CELL // 2 :: CELL].mean(axis=1) > 127
    return sum(1 << bit for bit, white in enumerate(row) if white)


def write(
    path: Path,
    *,
    codec: str = "libx264",
    frames: int = FRAMES,
    times: Callable[[int], int] = lambda i: i,
    rotation: int = 0,
    options: dict[str, str] | None = None,
    container: dict[str, str] | None = None,
) -> Path:
    with av.open(str(path), "w", options=container or {}) as out:
        stream = out.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
        stream.time_base = stream.codec_context.time_base = Fraction(1, 25)
        if rotation:
            stream.set_display_rotation(rotation)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            frame.pts, frame.time_base = times(number), Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


B_FRAMES = {"bf": "3", "g": "12", "refs": "3"}
FORMS = {
    "b-frames.mp4": {"options": B_FRAMES},
    "b-frames.mkv": {"options": B_FRAMES},
    "b-frames.ts": {"options": B_FRAMES},
    "one-key-frame.mp4": {"options": {"bf": "2", "g": "1000"}},
    "open-gop.mp4": {"options": {"bf": "3", "g": "10", "x264-params": "open-gop=1"}},
    "variable-rate.mkv": {"times": lambda i: i * 8 + (i * i) % 7, "options": B_FRAMES},
    "variable-rate.mp4": {"times": lambda i: 40 + i * 3 + (i * i) % 2, "options": B_FRAMES},
    "no-times.avi": {"codec": "mpeg4", "options": {"bf": "2", "g": "9"}},
    "mpeg2.mpg": {"codec": "mpeg2video", "options": {"bf": "2", "g": "9"}},
    "raw.h264": {"options": B_FRAMES},
    "vp8.webm": {"codec": "libvpx", "options": {"auto-alt-ref": "1", "lag-in-frames": "12"}},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"g": "15"}},
    "motion.avi": {"codec": "mjpeg"},
    "fragments.mp4": {
        "options": B_FRAMES,
        "container": {"movflags": "frag_keyframe+empty_moov"},
    },
}


@pytest.fixture(scope="module", params=FORMS)
def form(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("videos") / request.param, **FORMS[request.param])


def test_any_frame_is_the_right_one(form: Path) -> None:
    order = np.random.default_rng(3).permutation(FRAMES)
    with Video(form) as video:
        assert len(video) == FRAMES
        assert [number_in(video[int(number)]) for number in order] == list(order)


def test_in_order_each_frame_comes_once_and_random_access_gives_the_same_pixels(form: Path) -> None:
    with Video(form) as video:
        frames = list(video)
        assert [number_in(frame) for frame in frames] == list(range(FRAMES))
        for number in (37, 5, 36, FRAMES - 1, 0):
            np.testing.assert_array_equal(video[number], frames[number])


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.integers(0, FRAMES - 1), min_size=1, max_size=12))
def test_no_order_of_steps_leads_astray(steps: list[int], tmp_path_factory) -> None:
    path = tmp_path_factory.getbasetemp() / "steps.mp4"
    if not path.exists():
        write(path, options=B_FRAMES)
    with Video(path) as video:
        assert [number_in(video[step]) for step in steps] == steps


def test_it_is_a_sequence(tmp_path: Path) -> None:
    with Video(write(tmp_path / "a.mp4", frames=10, options=B_FRAMES)) as video:
        assert number_in(video[-1]) == 9
        assert video[3].shape == (HEIGHT, WIDTH, 3)
        assert video[3].dtype == np.uint8
        assert video[3].flags.c_contiguous
        for outside in (10, -11):
            with pytest.raises(IndexError, match=r"a\.mp4 has 10 frames"):
                video[outside]


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_a_turned_video_is_upright(rotation: int, turns: int, tmp_path: Path) -> None:
    straight = write(tmp_path / "straight.mp4", frames=4)
    turned = write(tmp_path / "turned.mp4", frames=4, rotation=rotation)
    with Video(straight) as one, Video(turned) as other:
        np.testing.assert_array_equal(np.rot90(one[2], turns), other[2])
        assert other.size == other[2].shape[:2]


def test_colours_follow_what_the_video_says(tmp_path: Path) -> None:
    path = tmp_path / "colour.mkv"
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0], red[..., 1] = 200, 60
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv444p"
        stream.codec_context.colorspace = av.video.reformatter.Colorspace.ITU709
        frame = av.VideoFrame.from_ndarray(red, format="rgb24")
        frame = frame.reformat(format="yuv444p", dst_colorspace="ITU709")
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    with Video(path) as video:
        assert np.abs(video[0].astype(int) - red).max() <= 3


@pytest.mark.parametrize("cut", [5, 13])
def test_frames_that_an_edit_list_cuts_away_are_none(cut: int, tmp_path: Path) -> None:
    """What a phone trims stays in the file, since the frames that are shown depend on it."""
    path = write(tmp_path / "trimmed.mp4", options=B_FRAMES)
    content = bytearray(path.read_bytes())
    place = content.index(b"elst") + 12
    duration, begin, rate = struct.unpack_from(">IiI", content, place)
    with av.open(str(path)) as file:
        ticks = round(1 / 25 / file.streams.video[0].time_base)
    struct.pack_into(">IiI", content, place, duration - cut * 40, begin + cut * ticks, rate)
    path.write_bytes(content)
    order = np.random.default_rng(5).permutation(FRAMES - cut)
    with Video(path) as video:
        assert len(video) == FRAMES - cut
        assert [number_in(video[int(number)]) - cut for number in order] == list(order)
        assert [number_in(frame) for frame in video] == list(range(cut, FRAMES))


@pytest.mark.parametrize(
    ("ending", "codec", "index"),
    [("avi", "mpeg4", b"idx1"), ("mkv", "libx264", b"\x1c\x53\xbb\x6b")],
)
def test_a_file_whose_index_is_missing(
    ending: str, codec: str, index: bytes, tmp_path: Path
) -> None:
    path = write(tmp_path / f"lost.{ending}", codec=codec, options={"bf": "0", "g": "9"})
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(index)])
    with Video(path) as video:
        assert len(video) == FRAMES
        assert [number_in(video[number]) for number in (40, 3, 22, 49, 0)] == [40, 3, 22, 49, 0]


def test_times_are_the_videos_own(tmp_path: Path) -> None:
    path = write(tmp_path / "v.mkv", times=lambda i: 5 + i * i, frames=6)
    with Video(path) as video:
        assert [video.time_of(i) for i in range(6)] == pytest.approx([i * i / 25 for i in range(6)])
        assert video.times(4) == [video.time_of(i) for i in range(4)]
        assert len(video.times(99)) == 6
        assert video.is_key(0)
        assert not video.is_key(3)


@pytest.mark.parametrize("ending", ["mkv", "ts", "mp4"])
def test_a_video_that_was_cut_short_has_the_frames_that_are_there(
    ending: str, tmp_path: Path
) -> None:
    container = {"movflags": "faststart"} if ending == "mp4" else {}
    path = write(tmp_path / f"cut.{ending}", options=B_FRAMES, container=container)
    content = path.read_bytes()
    kept = 95 if ending == "mp4" else 67  # per cent; an MP4 of so little begins with a long table
    path.write_bytes(content[: len(content) * kept // 100])
    with Video(path) as video:
        count = len(video)
        assert 10 < count < FRAMES
        frames = list(video)
        # What is cut through may be grey; all before it is whole.
        assert [number_in(frame) for frame in frames[:-6]] == list(range(count - 6))
        for number in (count - 7, 3, count - 8):
            np.testing.assert_array_equal(video[number], frames[number])


def test_a_damaged_middle_costs_no_other_frame(tmp_path: Path) -> None:
    path = write(tmp_path / "hurt.avi", codec="mjpeg")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(content)
    found, refused = [], []
    with Video(path) as video:
        for number in range(len(video)):
            try:
                found.append(number_in(video[number]))
            except VideoError as error:
                refused.append((number, str(error)))
    assert all(f"frame {number} is damaged" in said for number, said in refused)
    # Frames whose own head is gone are no frames any more; those after it move up.
    assert found == sorted(set(found))
    assert len(found) >= FRAMES - 4
    assert found[-1] == FRAMES - 1


def test_two_threads_may_read_one_video(tmp_path: Path) -> None:
    wrong: list[int] = []
    with Video(write(tmp_path / "a.mp4", options=B_FRAMES)) as video:

        def read(order: np.ndarray) -> None:
            wrong.extend(int(n) for n in order if number_in(video[int(n)]) != n)

        rng = np.random.default_rng(1)
        threads = [threading.Thread(target=read, args=(rng.permutation(FRAMES),)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_what_is_no_video_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video at all " * 50)
    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    strange = write(tmp_path / "strange.avi", codec="mpeg4")
    strange.write_bytes(strange.read_bytes().replace(b"FMP4", b"ZZZZ"))
    headless = write(tmp_path / "headless.mp4")
    headless.write_bytes(headless.read_bytes()[:2000])
    for name, words in {
        "empty.mp4": "empty",
        "text.mp4": "no video that can be read",
        "sound.mp4": "no video in the file",
        "gone.mp4": "no such file",
        "strange.avi": "codec is not known",
        "headless.mp4": "no video",
    }.items():
        with pytest.raises(VideoError, match=words) as refused:
            len(Video(tmp_path / name))
        assert name in str(refused.value)
        assert "\n" not in str(refused.value)


def test_a_closed_video_says_so(tmp_path: Path) -> None:
    video = Video(write(tmp_path / "a.mp4", frames=5))
    assert len(video) == 5
    video.close()
    with pytest.raises(VideoError, match="closed"):
        video[2]


def test_real_videos_are_exact(shared_data: Path) -> None:
    for name, count in {"sam2_bedroom": 200, "intel_car-detection": 377}.items():
        with Video(shared_data / "video" / f"{name}.mp4") as video:
            assert len(video) == count
            wanted = {11: None, 150: None, 199: None}
            for number, frame in enumerate(video):
                if number in wanted:
                    wanted[number] = frame
                if number == 199:
                    break
        with Video(shared_data / "video" / f"{name}.mp4") as video:
            for number in (199, 11, 150):
                np.testing.assert_array_equal(video[number], wanted[number])


def test_videos_are_known_by_their_ending() -> None:
    assert is_video_path(Path("a/b.MP4"))
    assert not is_video_path(Path("a/b.png"))
