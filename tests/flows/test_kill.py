"""A kill at any moment loses nothing older than a second."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

PAINT_AND_DIE = """
import os, sys, time
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.settings import Settings
from app.studio import open_window

settings = Settings.load(Path(sys.argv[1]))
window = open_window([sys.argv[2]], settings)
app, document = QApplication.instance(), window.core.document
deadline = time.monotonic() + 60
while document.prediction is None and time.monotonic() < deadline:
    app.processEvents()
labelling, state = window.core.labelling, window.core.view_state
state.active_class, state.brush_size = 8, 20
labelling.begin_stroke(100, 60)
labelling.extend_stroke(180, 60)
labelling.end_stroke()
end = time.monotonic() + 1.0
while time.monotonic() < end:
    app.processEvents()
print(int((document.labels == 8).sum()), flush=True)
os.kill(os.getpid(), 9)
"""


def test_after_a_kill_the_stroke_is_there(person: Any, street: Path, tmp_path: Path) -> None:
    picture = min(street.iterdir())
    person.window.close()
    painted = subprocess.run(
        [
            sys.executable,
            "-c",
            textwrap.dedent(PAINT_AND_DIE),
            str(tmp_path / "killed.ini"),
            str(picture),
        ],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert painted.returncode == -9, painted.stderr
    person.starts_again()
    person.opens(picture)
    document = person.window.core.document
    person.waits_for(lambda: document.name == picture.name)
    assert (document.labels[60, 105:175] == 8).all()
    assert np.count_nonzero(document.labels == 8) == int(painted.stdout)
