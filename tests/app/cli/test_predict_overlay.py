"""`predict VIDEO` with an overlay video and with smoothing."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from app.cli.main import main
from segcore import resources
from segcore.labels import read_label_map
from segcore.video import Video

FRAMES = 5


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    source, _ = resources.sample_clip()
    path = tmp_path / "clip.mp4"
    with Video(source) as video, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=12)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(video[number], format="rgb24")
            out.mux(stream.encode(frame.reformat(width=160, height=120)))
        out.mux(stream.encode())
    return path


def test_the_overlay_has_every_frame_and_is_made_of_the_maps(clip: Path, tmp_path: Path) -> None:
    out, target = tmp_path / "out", tmp_path / "overlay.mp4"
    words = ["predict", str(clip), "-m", "street-b0", "-o", str(out), "--overlay", str(target)]
    assert main([*words, "--opacity", "1"]) == 0
    assert len(list((out / "clip").glob("*.png"))) == FRAMES
    with Video(target) as written:
        assert len(written) == FRAMES
        labels = read_label_map(out / "clip" / "000003.png").labels
        classes = resources.class_table("camvid")
        wanted = np.array([info.color for info in classes], np.int16)[labels]
        difference = np.abs(written[3].astype(np.int16) - wanted).mean(axis=2)
        assert np.median(difference) < 12


def test_smoothing_writes_one_map_a_frame_and_is_not_mixed_with_others(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["predict", str(clip), "-m", "street-b0", "-o", str(tmp_path / "out")]
    assert main([*words, "--smooth", "0.5"]) == 0
    assert len(list((tmp_path / "out" / "clip").glob("*.png"))) == FRAMES
    capsys.readouterr()
    assert main(words) == 1
    assert capsys.readouterr().err


def test_both_need_one_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = resources.sample_paths()[0][0]
    words = ["predict", str(picture), "-m", "street-b0", "-o", str(tmp_path)]
    assert main([*words, "--overlay", str(tmp_path / "o.mp4")]) == 1
    assert "one video" in capsys.readouterr().err
