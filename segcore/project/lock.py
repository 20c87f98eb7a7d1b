"""One writer for a project at a time, kept by the operating system.

The lock lives as long as the process that holds it, however it ends: a killed program leaves no
stale lock behind. What the lock file says about the holder is for the sentence only.
"""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from segcore.errors import ProjectError

LOCK_NAME = "project.lock"


class NotWritableError(ProjectError):
    """A project that can be opened read-only; `why` says, in part of a sentence, why only so."""

    def __init__(self, sentence: str, why: str) -> None:
        super().__init__(sentence)
        self.why = why


class FolderLock:
    """The right to write into a project folder; released by `release` or the process's end."""

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            NotWritableError: another process or window has it, or the folder cannot be written.
        """
        path = folder / LOCK_NAME
        try:
            self._file: IO[str] = path.open("a+", encoding="utf-8")
        except OSError as error:
            raise NotWritableError(
                f"The project {folder} cannot be written ({error.strerror or error}): open it "
                "read-only, or make the folder writable.",
                "its folder cannot be written",
            ) from error
        if not _try_lock(self._file):
            self._file.seek(0)
            holder = self._file.read().strip() or "another program"
            self._file.close()
            raise NotWritableError(
                f"The project {folder} is open for writing in {holder}: close it there, or open "
                "it read-only.",
                f"it is open for writing in {holder}",
            )
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"process {os.getpid()} on {platform.node() or 'this machine'}\n")
        self._file.flush()

    def release(self) -> None:
        """Let others write; the file stays, empty."""
        with suppress(OSError):
            self._file.seek(0)
            self._file.truncate()
        with suppress(OSError):
            _unlock(self._file)
        self._file.close()


if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 1 << 30  # beyond the text, which others may then read

    def _try_lock(file: IO[str]) -> bool:
        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: IO[str]) -> None:
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[str]) -> None:
        # Closing alone leaves it locked for as long as a forked process has the file, too.
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
