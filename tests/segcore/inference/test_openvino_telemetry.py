"""Loading OpenVINO tells nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("segcore.openvino")

# What sends the reports makes up an id for the person first, and keeps it in the home folder.
LOAD_AND_LIST = """
import os, pathlib, sys
forks = []
os.register_at_fork(before=lambda: forks.append(1))
import segcore.openvino
from segcore.inference import openvino_backend
segcore.openvino.openvino.Core()
print(forks, sorted(each.name for each in pathlib.Path.home().iterdir()))
"""


def test_nothing_is_sent_and_nothing_forked(tmp_path: Path) -> None:
    no_ci = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD_AND_LIST],
        env=no_ci | {"HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[] []"
