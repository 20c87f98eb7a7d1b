"""The entry point: commands, exit statuses, and what works without Qt or a display."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import app.cli.main as entry
from app.cli import open_window
from app.cli.interrupts import called_off
from app.cli.main import COMMANDS, main, program_version

_WITHOUT_QT = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6", "qtawesome", "superqt"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
from app.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def without_qt(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return subprocess.run(
        [sys.executable, "-c", _WITHOUT_QT, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=110,
    )


def test_predicts_without_qt_and_without_a_display(pictures, tmp_path):
    done = without_qt("predict", pictures, "-m", "street-b0", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("predict: ") for line in done.stderr.splitlines())
    assert (tmp_path / "out" / "left" / "a.png").is_file()


def test_window_without_qt_is_one_sentence():
    done = without_qt()
    assert done.returncode == 1
    assert "PySide6" in done.stderr
    assert done.stderr.count("\n") == 1


def test_window_without_a_display_is_one_sentence(command, monkeypatch):
    pytest.importorskip("PySide6.QtWidgets")
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    ended = command("open")
    assert ended.status == 1
    assert "display" in ended.err
    assert ended.err.count("\n") == 1


def test_module_runs_like_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "app", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"segformer-studio {program_version()}\n"


def test_version_and_help_load_no_torch():
    code = (
        "import sys; from app.cli.main import main; main(['--help']); main(['--version']); "
        "print([name for name in ('torch', 'PySide6', 'cv2', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for name in COMMANDS:
        assert f"  {name} " in done.stdout


def test_first_argument_that_is_no_command_opens(monkeypatch, pictures):
    opened = []

    class Studio:
        @staticmethod
        def run(paths):
            opened.append(list(paths))
            return 0

    monkeypatch.setattr(open_window, "why_no_window", lambda: None)
    monkeypatch.setitem(sys.modules, "app.studio", Studio)
    assert main([str(pictures)]) == 0
    assert main([]) == 0
    assert main(["open", str(pictures / "a.png"), str(pictures / "b.jpg")]) == 0
    assert opened == [[pictures], [], [pictures / "a.png", pictures / "b.jpg"]]


def test_paths_that_are_not_there_are_named(command, monkeypatch, pictures):
    monkeypatch.setattr(open_window, "why_no_window", lambda: pytest.fail("nothing to open"))
    ended = command("pre\ndict")
    assert ended.status == 1
    assert ended.err.startswith("pre\\ndict: there is no such command, file or folder")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict"],
        ["predict", "x.png", "-m", "street-b0"],
        ["predict", "x.png", "-m", "street-b0", "-o", "o", "--precision", "int4"],
        ["predict", "x.png", "-m", "street-b0", "-o", "o", "--device", "toaster"],
        ["predict", "x.png", "-m", "street-b0", "-o", "o", "--save", "everything"],
        ["erf", "x.png", "-m", "street-b0", "-o", "o", "--point", "middle"],
        ["erf", "x.png", "-m", "street-b0", "-o", "o", "--size", "0x12"],
        ["erf", "x.png", "-m", "street-b0", "-o", "o", "--targets", "5"],
        ["info", "street-b0", "--size", "12"],
        ["evaluate", "a", "b"],
        ["models", "dance"],
        ["bench", "--models", "b9"],
        ["open", "--no-such-option"],
        ["--no-such-option"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(arguments, command):
    ended = command(*arguments)
    assert ended.status == 2
    assert ended.out == ""
    assert ended.err


def test_unexpected_errors_show_a_traceback_for_debug_alone(monkeypatch, command, capfd):
    def broken(model, size=None):
        raise ZeroDivisionError("by the test")

    monkeypatch.setattr("segcore.checkpoints.read_checkpoint", broken)
    ended = command("info", "street-b0")
    assert ended.status == 1
    assert "by the test" in ended.err
    assert "--debug" in ended.err
    assert main(["info", "street-b0", "--debug"]) == 1
    assert "Traceback" in capfd.readouterr().err


def test_interrupt_ends_quietly(monkeypatch, command):
    def interrupted(model):
        raise KeyboardInterrupt

    monkeypatch.setattr("segcore.checkpoints.read_checkpoint", interrupted)
    ended = command("info", "street-b0")
    assert ended.status == 130
    assert ended.err.strip() == "Cancelled."
    assert "the same command goes on" in called_off(["predict", "photos"])
    assert "--unlabelled" in called_off(["project", "predict", "town"])


def test_debug_after_a_double_dash_is_a_path():
    words = ["open", "--debug", "--", "--debug"]
    assert entry._take_debug(words)
    assert words == ["open", "--", "--debug"]


def test_every_command_has_help(command):
    for name in COMMANDS:
        ended = command(name, "--help")
        assert ended.status == 0
        assert "Usage" in ended.out


def test_reading_a_name_that_is_no_unicode(command, tmp_path):
    odd = Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9.pth"))
    try:
        odd.touch()
    except OSError:
        pytest.skip("this file system takes Unicode alone")
    ended = command("info", odd)
    assert ended.status == 1
    assert "empty" in ended.err
