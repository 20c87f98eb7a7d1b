"""The thread that folds journals into PNG files, behind the person's back and after every edit."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

from segcore.errors import SegcoreError

_HASHED_AT_ONCE = 1 << 20


class Folding:
    """Runs `fold(name)` for the pictures that it is asked for, one after the other.

    A failure leaves the journal as it is: nothing is lost, and the next request tries again.
    """

    def __init__(self, fold: Callable[[str], None], on_trouble: Callable[[str], None]) -> None:
        self._fold = fold
        self._on_trouble = on_trouble
        self._changed = threading.Condition()
        self._wanted: dict[str, None] = {}
        self._current: str | None = None
        self._stopping = False
        self._trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name="project-folding", daemon=True)
        self._thread.start()

    def request(self, name: str) -> None:
        """Fold a picture's journal soon."""
        with self._changed:
            self._wanted[name] = None
            self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all that was asked for is done; False when that took too long."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._wanted and self._current is None, timeout
            )

    def take_trouble(self) -> str | None:
        """The last failure since this was asked, as a sentence."""
        with self._changed:
            trouble, self._trouble = self._trouble, None
            return trouble

    def stop(self) -> None:
        """End the thread after the picture that it is at."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._current = None
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._wanted or self._stopping)
                if self._stopping:
                    return
                self._current = next(iter(self._wanted))
                del self._wanted[self._current]
                name = self._current
            self._fold_and_tell(name)

    def _fold_and_tell(self, name: str) -> None:
        try:
            self._fold(name)
        except (OSError, SegcoreError, MemoryError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or str(error) or "no memory"
            trouble = (
                f"The labels of {name} stay in the journal, safe, but are not in their PNG file "
                f"yet ({reason.rstrip('.')}): save again when that is put right."
            )
            with self._changed:
                self._trouble = trouble
            self._on_trouble(trouble)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_HASHED_AT_ONCE):
            digest.update(block)
    return digest.hexdigest()
