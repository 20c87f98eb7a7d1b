"""Files that are either whole or not there: written beside their place, then moved into it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Literal

_PREFIX = ".writing-"


@contextmanager
def replacing(path: Path, mode: Literal["wb", "w"] = "wb") -> Iterator[IO[Any]]:
    """Open a temporary file beside `path`; on leaving, flush it to disk and move it to `path`.

    A reader of `path` sees the old content or the new, never a part. When the body raises, or the
    disk is full, the temporary file is removed and `path` stays as it was. Text is UTF-8
    with newlines as they are. A symbolic link at `path` keeps being one: the file that it points
    to is replaced.

    Raises:
        OSError: the folder is missing, read-only or full.
    """
    target = Path(os.path.realpath(path))
    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        encoding, newline = (None, None) if "b" in mode else ("utf-8", "\n")
        with os.fdopen(descriptor, mode, encoding=encoding, newline=newline) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(_permissions(target))
        temporary.replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise


def _permissions(target: Path) -> int:
    """Permissions of the file that is replaced, or what the process gives a new file."""
    try:
        return target.stat().st_mode & 0o777
    except FileNotFoundError:
        return 0o666 & ~_umask()


def _umask() -> int:
    """The process's file creation mask; reading it from /proc avoids changing it for a moment."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    except OSError:
        pass  # no /proc on this system
    return 0o022
