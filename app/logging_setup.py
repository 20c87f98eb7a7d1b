"""The log file, and what becomes of exceptions that nobody caught."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from platformdirs import user_log_path

APPLICATION = "segformer-studio"
_FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"

ShowError = Callable[[str, str], None]
"""Takes a sentence for the person and details to copy."""


def log_folder() -> Path:
    """The folder of the log files, in the person's state folder; not made by asking."""
    return user_log_path(APPLICATION, appauthor=False)


def start_logging(folder: Path | None = None) -> Path | None:
    """Write warnings and news of `app` and `segcore` to a rotating file, and return its path.

    A disk that takes no log is no reason to refuse work: the log then goes to stderr, and None
    comes back.
    """
    folder = folder or log_folder()
    path = folder / "studio.log"
    handler: logging.Handler
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=1 << 20, backupCount=3, encoding="utf-8")
    except OSError as error:
        handler = logging.StreamHandler()
        sys.stderr.write(f"{path}: no log can be written ({error.strerror}); it goes to stderr\n")
    handler.setFormatter(logging.Formatter(_FORMAT))
    for name in ("app", "segcore"):
        logger = logging.getLogger(name)
        for old in logger.handlers[:]:
            logger.removeHandler(old)
            old.close()
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    return path if isinstance(handler, RotatingFileHandler) else None


def install_excepthook(show: ShowError) -> None:
    """Send exceptions that nobody caught, in slots and threads, to the log and to `show`.

    `show` must be safe to call from any thread.
    """
    log = logging.getLogger("app.unexpected")

    def report(
        kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        log.error("unexpected exception\n%s", details)
        show(f"Something unexpected happened: {kind.__name__}: {error}", details)

    def on_main(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        report(kind, error, trace)

    def on_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_type is not SystemExit:
            report(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = on_main
    threading.excepthook = on_thread
