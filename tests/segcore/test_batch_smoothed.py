"""A smoothed run over a video that was killed ends where an unbroken one ends, bit for bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from segcore import resources
from segcore.batch import in_order, predict_folder
from segcore.batch.in_order import MEAN_NAME
from segcore.batch.smoothed import SmoothedPredictor
from segcore.errors import RequestError
from segcore.inference import Predictor
from segcore.labels import read_label_map
from segcore.video import Video

FRAMES, CUT = 12, 4
SIZE = (64, 96)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn drive, small; then another shot."""
    source, _ = resources.sample_clip()
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with Video(source) as video, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=12)
        stream.height, stream.width = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(FRAMES):
            pixels = video[number] if number < CUT else 255 - video[number][::-1]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            out.mux(stream.encode(frame.reformat(width=SIZE[1], height=SIZE[0])))
        out.mux(stream.encode())
    return path


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Inputs here are so small that threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def street() -> Predictor:
    return Predictor.load("street-b0", device="cpu", backend="torch")


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return street()


@pytest.fixture(scope="module")
def unbroken(clip: Path, predictor: Predictor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("unbroken")
    predict_folder(SmoothedPredictor(predictor, 0.8), [clip], out)
    assert not (out / MEAN_NAME).exists()
    return out


class Counting(SmoothedPredictor):
    """Counts what it was asked for; ends the process by a kill when that is `most` frames."""

    predicted = followed = 0
    most = FRAMES + 1

    def predict(self, image, **words):
        self.predicted += 1
        if self.predicted == self.most:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().predict(image, **words)

    def follow(self, image, **words):
        self.followed += 1
        super().follow(image, **words)


def killed_run(clip: Path, out: Path, most: int) -> None:
    """What the child process does."""
    torch.set_num_threads(1)
    in_order.KEPT_EVERY = 3
    Counting.most = most
    predict_folder(Counting(street(), 0.8), [clip], out)


def maps(out: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((out / "clip").glob("*.png"))]


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_run_ends_where_an_unbroken_one_ends(
    clip: Path, predictor: Predictor, unbroken: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from pathlib import Path\nfrom test_batch_smoothed import killed_run\n"
        "killed_run(Path(sys.argv[1]), Path(sys.argv[2]), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(clip), str(out)], check=False)
    assert ended.returncode == -signal.SIGKILL
    written = sorted((out / "clip").glob("*.png"))
    kept = len(written)
    assert 6 <= kept < FRAMES
    assert (out / MEAN_NAME).exists()
    written[5].unlink()

    again = Counting(predictor, 0.8)
    summary = predict_folder(again, [clip], out)
    assert len(summary.kept) == kept - 1
    # the one before the lost map, from the cut on; then those behind the sixth, where it was kept
    assert again.followed == 1 + kept - 6
    assert maps(out) == maps(unbroken)
    assert not (out / MEAN_NAME).exists()

    # that is no matter of course: a mean that begins anew says something else
    with Video(clip) as video:
        fresh = SmoothedPredictor(predictor, 0.8).predict(video[kept]).labels
    assert (fresh != read_label_map(unbroken / "clip" / f"{kept:06}.png").labels).any()


def test_maps_that_were_lost_are_made_as_they_were(
    clip: Path, predictor: Predictor, unbroken: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    predict_folder(SmoothedPredictor(predictor, 0.8), [clip], out)
    for number in (3, 8, 11):
        (out / "clip" / f"{number:06}.png").unlink()
    again = Counting(predictor, 0.8)
    predict_folder(again, [clip], out)
    assert again.predicted == 3
    assert again.followed == 3 + 4 + 2  # each goes on from the one before
    assert maps(out) == maps(unbroken)
    with pytest.raises(RequestError, match="one device"):
        predict_folder([again, again], [clip], out)
