"""`open`: the window, on pictures, folders or a project."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.terminal import Terminal
from segcore.errors import readable


def open_paths(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Pictures, folders or a project; nothing is needed."),
    ] = None,
) -> None:
    """Open the window; also meant when no command is named."""
    terminal = Terminal()
    there = []
    for path in paths or []:
        if path.exists():
            there.append(path)
        else:
            terminal.complain(
                f"{readable(path)}: there is no such command, file or folder; see "
                "`segformer-studio --help`."
            )
    if paths and not there:
        raise typer.Exit(1)
    trouble = why_no_window()
    if trouble is not None:
        terminal.complain(trouble)
        raise typer.Exit(1)
    from app.studio import run

    raise typer.Exit(run(there) or terminal.status)


def why_no_window() -> str | None:
    """A sentence on what a window lacks here, or None where one can open."""
    try:
        import PySide6.QtWidgets  # noqa: F401 - imported to see whether it can be
    except ImportError as error:
        reason = " ".join(str(error).split())
        return (
            f"The window needs PySide6, which cannot be imported here ({reason}): install it with "
            "`pip install PySide6-Essentials`, or use the commands that need no window, such as "
            "predict."
        )
    if _needs_display() and not _has_display():
        return (
            "The window needs a display, and there is none here (neither DISPLAY nor "
            "WAYLAND_DISPLAY is set): start it from a desktop, or use the commands that need no "
            "window, such as predict."
        )
    return None


def _needs_display() -> bool:
    """True where Qt would end the whole program for want of an X or Wayland server."""
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    return sys.platform.startswith("linux") and platform in {"", "xcb", "wayland"}


def _has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
