"""Makes the screenshots of the README from the real window: `python docs/screenshots.py`.

Starts with settings and projects of its own in a temporary folder and needs no display.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.main_window import MainWindow

IMAGES = Path(__file__).resolve().parent / "images"
SIZE = (1440, 900)
QUERY = (430, 300)
PATIENCE = 300.0  # seconds for everything that the model does for one screenshot


def main() -> int:
    """Write `images/studio-light.png` (labels) and `images/studio-dark.png` (a heat map)."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA"):
            os.environ[name] = str(Path(home) / name.lower())
        for theme, heat_map in (("light", ""), ("dark", "field.stage4")):
            path = IMAGES / f"studio-{theme}.png"
            make_screenshot(path, theme, heat_map, Path(home) / f"{theme}.ini")
            sys.stdout.write(f"{path}\n")
    return 0


def make_screenshot(path: Path, theme: str, heat_map: str, settings_path: Path) -> None:
    """Open the drawn street, ask about a pixel, lay a map over it if one is named, and save."""
    from app.settings import Settings
    from app.studio import open_window

    window = open_window(settings=Settings(path=settings_path, theme=theme))
    try:
        window.resize(*SIZE)
        document, inspect = window.core.document, window.inspect
        wait_for(window, lambda: document.labelled and window.core.prediction.model is not None)
        window.core.view_state.tool = "query"
        window.core.inspection.set_stage(3)
        window.core.inspection.query(*QUERY)
        wait_for(window, lambda: len(inspect.fields.buttons) == 5 and inspect.attention.isEnabled())
        inspect.choose(heat_map)
        rest(1.0)
        window.grab().save(str(path))
    finally:
        window.close()


def wait_for(window: MainWindow, condition: Callable[[], bool]) -> None:
    """Let the window work until it is so.

    Raises:
        TimeoutError: it never is; the banner may say why.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            said = window.banner.current
            raise TimeoutError(said.sentence if said else "the window did not come so far")
        rest(0.02)


def rest(seconds: float) -> None:
    """Let the window work for a while."""
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.exit(main())
