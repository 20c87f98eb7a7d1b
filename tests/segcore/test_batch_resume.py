"""A batch that ended early, by a kill too, goes on without redoing what is finished."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.batch import BatchSummary, predict_folder
from segcore.batch.ledger import LEDGER_NAME
from segcore.classes import ClassTable
from segcore.errors import RequestError


class Predictor:
    """The red channel's top bit; remembers how often it was asked."""

    name, device = "top-bit", "cpu"

    def __init__(self, sha256: str = "5e9f", **settings: str) -> None:
        self.sha256 = sha256
        self.numerics = settings.get("numerics", "fast")
        self.precision = settings.get("precision", "fp32")
        self.protocol = settings.get("protocol")
        self.classes = ClassTable.from_names(["dark", "bright"])
        self.asked = 0

    def encode(self, image):
        return image

    def predict(self, image, *, cancel=None):
        self.asked += 1
        self.labels = image[..., 0] >> 7
        self.confidence = np.ones(self.labels.shape, np.float16)
        self.notes = ()
        return self

    def logits(self, encoded):
        yield (0, 0, 1, 1), np.zeros((2, 1, 1), np.float32)

    top2 = features = logits


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    for index in range(6):
        path = tmp_path / "in" / f"{index % 2}" / f"p{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(20, 256, (12, 9, 3), np.uint8)).save(path)
    return tmp_path / "in"


def stamps(out: Path) -> dict[str, int]:
    return {
        str(path.relative_to(out)): path.stat().st_mtime_ns for path in out.rglob("*.[np]*[gz]")
    }


def names(summary: BatchSummary) -> set[str]:
    return {path.name for path in summary.done}


def test_what_is_finished_is_left_alone(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    predict_folder(Predictor(), [folder / "0"], out / "0")
    predict_folder(Predictor(), [folder], out, save=["confidence"])
    before = stamps(out)
    again = Predictor()
    seen = []
    summary = predict_folder(again, [folder], out, save=["confidence"], progress=seen.append)
    assert again.asked == 0
    assert len(summary.kept) == 6
    assert not summary.done
    assert summary.complete
    assert stamps(out) == before
    # labels alone are part of what is there
    assert len(predict_folder(again, [folder], out).kept) == 6


def test_what_changed_or_is_missing_is_done_again(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    predict_folder(Predictor(), [folder], out, save=["confidence"])
    os.utime(folder / "0" / "p0.png", ns=(1, 1))
    (out / "1" / "p1.png").unlink()
    (out / "0" / "p2.npz").unlink()
    cut = (out / "1" / "p3.png").read_bytes()
    (out / "1" / "p3.png").write_bytes(cut[:-5])
    summary = predict_folder(Predictor(), [folder], out, save=["confidence"])
    assert names(summary) == {"p0.png", "p1.png", "p2.png", "p3.png"}
    assert len(summary.kept) == 2
    assert (out / "1" / "p3.png").read_bytes() == cut
    assert len(predict_folder(Predictor(), [folder], out, save=["confidence"]).kept) == 6
    # more to save than before: everything again
    assert len(predict_folder(Predictor(), [folder], out, save=["logits"]).done) == 6


def test_another_picture_of_the_same_name_is_done(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    predict_folder(Predictor(), [folder / "0"], out)
    picture = folder / "0" / "p0.png"
    picture.rename(picture.with_suffix(".apng"))  # same bytes and time, same label map
    assert names(predict_folder(Predictor(), [folder / "0"], out)) == {"p0.png"}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Predictor("77aa"), "made with another model .top-bit."),
        (Predictor(numerics="exact"), "made with fast numerics"),
        (Predictor(numerics="fast, smoothed 0.5"), "of frames not smoothed"),
        (Predictor(precision="bf16"), "made with fp32 precision"),
        (Predictor(protocol="slide"), "made with another protocol"),
    ],
)
def test_other_arithmetic_is_refused_or_redone(
    other: Predictor, said: str, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    predict_folder(Predictor(), [folder], out)
    with pytest.raises(RequestError, match=f"out holds label maps {said}.*--redo"):
        predict_folder(other, [folder], out)
    assert len(predict_folder(other, [folder], out, redo=True).done) == 6
    assert len(predict_folder(other, [folder], out).kept) == 6


def test_a_torn_or_strange_ledger_costs_work_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    predict_folder(Predictor(), [folder], out)
    ledger = out / LEDGER_NAME
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[:-9])  # as a power cut leaves it
    assert len(predict_folder(Predictor(), [folder], out).done) == 1
    assert len(predict_folder(Predictor(), [folder], out).kept) == 6
    for strange in (b"", b"\xff\x00", b"[1]\n", whole.splitlines()[1], b'{"predict": 99}\n'):
        ledger.write_bytes(strange)
        assert len(predict_folder(Predictor(), [folder], out).done) == 6
    header = whole.splitlines()[0]
    ledger.write_bytes(header + b'\n{"a": 1}\n[1, 2]\nnull\n[[], 0, 0, 0, 0, 0, []]\n')
    assert len(predict_folder(Predictor(), [folder], out).done) == 6


CHILD = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from test_batch_resume import Predictor
from segcore.batch import predict_folder
from time import sleep
class Slow(Predictor):
    left = int(sys.argv[3])
    def predict(self, image, *, cancel=None):
        Slow.left -= 1
        sleep(0.002 if Slow.left >= 0 else 60)
        return super().predict(image)
print("ready", flush=True)
predict_folder([Slow(), Slow()], [Path(sys.argv[1])], Path(sys.argv[2]), save=["confidence"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_kills_at_any_moment_cost_no_finished_picture(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    folder, out, whole = tmp_path / "in", tmp_path / "out", tmp_path / "whole"
    folder.mkdir()
    for index in range(150):
        Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8)).save(folder / f"{index}.png")
    predict_folder(Predictor(), [folder], whole, save=["confidence"])
    code = CHILD.format(path=[str(Path(__file__).parent)])
    command = [sys.executable, "-c", code, str(folder), str(out)]
    finished: dict[str, int] = {}
    for _ in range(6):  # of 20 pictures at most: some are left, however late a kill comes
        with subprocess.Popen([*command, "20"], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            wait_for_more(out, than=len(finished))
            time.sleep(float(rng.uniform(0, 0.04)))
            child.send_signal(signal.SIGKILL)
        now = stamps(out) if out.exists() else {}
        assert finished.items() <= now.items()
        finished = {name: now[name] for name in noted(out) if name in now}
    assert 0 < len(finished) < 300
    subprocess.run([*command, "150"], check=True, stdout=subprocess.DEVNULL)
    now = stamps(out)
    assert finished.items() <= now.items()
    assert now.keys() == stamps(whole).keys()
    for name in now:
        if name.endswith(".png"):
            assert (out / name).read_bytes() == (whole / name).read_bytes()
        else:
            with np.load(out / name) as ours, np.load(whole / name) as theirs:
                np.testing.assert_array_equal(ours["confidence"], theirs["confidence"])


def wait_for_more(out: Path, than: int) -> None:
    patience = time.monotonic() + 60
    while len(noted(out)) <= than:
        assert time.monotonic() < patience
        time.sleep(0.002)


def noted(out: Path) -> list[str]:
    """The files of every picture that the ledger calls finished."""
    ledger = out / LEDGER_NAME
    lines = ledger.read_bytes().splitlines()[1:] if ledger.exists() else []
    targets = [json.loads(line)[0] for line in lines if line.endswith(b"]]")]
    return [name for target in targets for name in (target, target.replace(".png", ".npz"))]
