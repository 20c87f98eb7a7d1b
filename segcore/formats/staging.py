"""A folder that is either whole or not there: filled beside its place, then moved into it."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from segcore.errors import FormatError, readable


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside `target`; on leaving it is moved to `target`, which was not there.

    When the body raises, or the disk refuses, nothing is left behind: neither the folder nor those
    above `target` that had to be made.

    Raises:
        FormatError: `target` holds something, or the disk refuses; one sentence.
    """
    target = target.absolute()
    check_free(target)
    made: list[Path] = []
    staging: Path | None = None
    try:
        made = _make_parents(target.parent)
        staging = target.parent / f".writing-{secrets.token_hex(6)}"
        staging.mkdir()
        yield staging
        with suppress(FileNotFoundError):
            target.rmdir()  # an empty folder may be there; on Windows nothing is moved onto it
        staging.rename(target)
    except BaseException as error:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise FormatError(
                f"{readable(target)} cannot be written ({error.strerror or error}): nothing was "
                "left behind; make room, or choose another folder."
            ) from error
        raise


def check_free(target: Path) -> None:
    """Refuse a folder that holds something; FormatError."""
    try:
        if target.is_dir():
            if any(target.iterdir()):
                raise FormatError(
                    f"{readable(target)} holds something already: name a new or empty folder."
                )
        elif target.exists() or target.is_symlink():
            raise FormatError(f"{readable(target)} is no folder: name a new or empty one.")
    except OSError as error:
        raise FormatError(
            f"{readable(target)} cannot be opened ({error.strerror or error}): choose another."
        ) from error


def _make_parents(folder: Path) -> list[Path]:
    """Make a folder and those above it; returns those that were not there, the topmost first."""
    missing: list[Path] = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    missing.reverse()
    for number, each in enumerate(missing):
        try:
            each.mkdir()
        except OSError:
            for made in reversed(missing[:number]):
                with suppress(OSError):
                    made.rmdir()
            raise
    return missing
