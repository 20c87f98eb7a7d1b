"""The way into the window: from the command line, and from Python."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.collector import Collector
from app.i18n import install_translators
from app.icons import application_icon
from app.logging_setup import install_excepthook, start_logging
from app.main_window import MainWindow
from app.settings import Settings

_log = logging.getLogger(__name__)


def open_window(
    paths: Iterable[str | os.PathLike[str]] = (), settings: Settings | None = None
) -> MainWindow:
    """Build and show the window and return at once; the caller runs the event loop.

    Args:
        paths: pictures, folders or a project; without any, what was open last or the sample street.
        settings: None for the person's own.
    """
    app = _application()
    settings = settings or Settings.load()
    if not app.property("translated"):
        install_translators(app, settings.language)
        app.setProperty("translated", "yes")
    window = MainWindow(settings)
    window.start([Path(path) for path in paths])
    window.show()
    window.canvas.setFocus()
    return window


def run(paths: Iterable[str | os.PathLike[str]] = ()) -> int:
    """Open the window and return its exit status when it is closed."""
    log_path = start_logging()
    app = _application()
    window = open_window(paths)
    install_excepthook(window.show_failure)
    _log.info("started; the log is %s", log_path)
    heartbeat = _let_interrupts_through(window)
    status = app.exec()
    heartbeat.stop()
    if not window.all_ended:
        # Everything is on disk; the interpreter would abort over the thread that computes on.
        logging.shutdown()
        os._exit(status)
    return status


def _application() -> QApplication:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = _new_application()
    if app.findChild(Collector) is None:
        Collector(app)
    return app


def _new_application() -> QApplication:
    app = QApplication(["segformer-studio"])
    app.setApplicationName("segformer-studio")
    app.setApplicationDisplayName("SegFormer Studio")
    app.setDesktopFileName("segformer-studio")
    app.setWindowIcon(application_icon())
    return app


def _let_interrupts_through(window: MainWindow) -> QTimer:
    """Ctrl+C in the terminal closes the window: Python sees signals only while it runs."""
    signal.signal(signal.SIGINT, lambda *_: window.close())
    timer = QTimer()
    timer.timeout.connect(_nothing)
    timer.start(300)
    return timer


def _nothing() -> None:
    """Let the interpreter look for signals."""
