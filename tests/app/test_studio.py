from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.settings import Settings
from app.studio import open_window

# What Qt's screenless plugin says of every window with a smallest size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

HEAVY = ("torch", "matplotlib", "skimage", "transformers", "pandas", "scipy")


def test_the_window_is_on_the_screen_when_open_window_returns(qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window(settings=Settings(path=tmp_path / "studio.ini"))
    qtbot.addWidget(window)
    try:
        window.firstPainted.disconnect(window.models.start)
        assert window.isVisible()
        qtbot.waitSignal(window.firstPainted, timeout=5000).wait()
    finally:
        window.close()


def test_nothing_heavy_is_imported_before_the_first_paint(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.settings import Settings
from app.studio import open_window
window = open_window(settings=Settings(path=Path({str(tmp_path / "studio.ini")!r})))
window.firstPainted.disconnect(window.models.start)
window.firstPainted.connect(QApplication.instance().quit)
QApplication.instance().exec()
print(sorted(set({HEAVY!r}) & set(sys.modules)))
window.close()
"""
    result = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"
