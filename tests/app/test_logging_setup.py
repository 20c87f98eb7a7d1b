from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path

import pytest

from app.logging_setup import install_excepthook, log_folder, start_logging


def test_the_log_is_written_to_the_folder(tmp_path: Path) -> None:
    path = start_logging(tmp_path / "state" / "log")
    assert path is not None
    logging.getLogger("app.something").warning("a %s happened", "thing")
    assert "a thing happened" in path.read_text()


def test_a_second_start_does_not_write_twice(tmp_path: Path) -> None:
    start_logging(tmp_path)
    path = start_logging(tmp_path)
    assert path is not None
    logging.getLogger("segcore.something").info("once")
    assert path.read_text().count("once") == 1


def test_a_folder_that_takes_no_log_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert start_logging(tmp_path / "file") is None
    assert "no log can be written" in capsys.readouterr().err


def test_the_log_is_in_the_persons_state_folder(own_user_folders: Path) -> None:
    assert own_user_folders in log_folder().parents


def test_an_exception_nobody_caught_is_shown_and_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    shown: list[tuple[str, str]] = []
    path = start_logging(tmp_path)
    install_excepthook(lambda sentence, details: shown.append((sentence, details)))
    try:
        raise ValueError("no such thing")
    except ValueError:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    thread = threading.Thread(target=lambda: 1 // 0)
    thread.start()
    thread.join()
    assert [sentence for sentence, _details in shown] == [
        "Something unexpected happened: ValueError: no such thing",
        "Something unexpected happened: ZeroDivisionError: integer division or modulo by zero",
    ]
    assert "Traceback" in shown[0][1]
    assert path is not None
    assert "ZeroDivisionError" in path.read_text()
