"""Live sources: the newest frame wins, an end and an absence are said in a sentence."""

from __future__ import annotations

import socket
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np
import pytest

from segcore.errors import VideoError
from segcore.live import LiveSource


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds whose frames are of rising brightness."""
    path = tmp_path / "clip.ts"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"g": "10", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(50):
            grey = np.full((48, 64, 3), 20 + 4 * number, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        out.mux(stream.encode())
    return path


def test_who_is_slow_gets_the_newest_frame_and_the_end_is_said(clip: Path) -> None:
    with LiveSource(str(clip)) as source:
        first = source.newest()
        assert first is not None
        time.sleep(0.5)
        second = source.newest(first.number)
        assert second is not None
        assert second.number > first.number + 3, "frames in between are let go"
        assert round((float(second.image.mean()) - 20) / 4) == second.number
        with pytest.raises(VideoError, match=r"clip\.ts has ended"):
            source.newest(10_000)


def test_a_stream_on_the_net_and_what_is_no_stream(clip: Path) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=clip.parent)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        with LiveSource(f"{address}/clip.ts") as source:
            frame = source.newest()
        assert frame is not None
        assert frame.image.shape == (48, 64, 3)
        with (
            LiveSource(f"http://me:secret@127.0.0.1:{server.server_port}/no.ts") as source,
            pytest.raises(VideoError) as refused,
        ):
            source.newest()
        server.shutdown()
    assert "cannot be opened" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_missing_camera_a_silent_stream_and_sound_alone_are_a_sentence_each(
    tmp_path: Path,
) -> None:
    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=44_100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.sample_rate = 44_100
        out.mux(stream.encode(sound))
        out.mux(stream.encode())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for address, words in {
            "87": "Camera 87 is not there",
            str(tmp_path / "sound.mp4"): "no pictures",
            f"http://127.0.0.1:{silent.getsockname()[1]}/x": "nothing has come for 0.3 seconds",
        }.items():
            with (
                LiveSource(address, patience=0.3) as source,
                pytest.raises(VideoError, match=words) as refused,
            ):
                source.newest()
            assert "\n" not in str(refused.value)


def test_closing_wakes_who_waits() -> None:
    with LiveSource("lavfi:testsrc=size=64x48:rate=1") as source:
        frame = source.newest()
        assert frame is not None
        threading.Timer(0.2, source.close).start()
        assert source.newest(frame.number + 1000) is None
