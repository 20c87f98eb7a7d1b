"""Models from a hub: looked up and downloaded beside the window's other work."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.priority import step_behind_the_window
from app.relay import Relay
from app.user_error import UserError, user_error
from segcore.errors import Cancelled
from segcore.progress import CancelToken, Progress

_PATIENCE = 1.0
"""Seconds that closing waits for the part that has arrived to be put away."""


class DownloadsController(QObject):
    """Downloads one model at a time on a thread of its own; every signal comes on the GUI thread.

    `diskRead` has the names of released checkpoints that are here; `lookedUp` an `Offer`;
    `progressed` a name and a `Progress` in bytes. A download ends in exactly one of `downloaded`,
    `cancelled` and `failed`.
    """

    diskRead = Signal(object)
    lookedUp = Signal(object)
    lookUpFailed = Signal(str, object)
    started = Signal(str)
    progressed = Signal(str, object)
    downloaded = Signal(str)
    cancelled = Signal(str)
    failed = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._relay = Relay(self)
        self._asked = ""
        self._name = ""
        self._cancel = CancelToken()
        self._thread: threading.Thread | None = None

    @property
    def downloading(self) -> str:
        """The model that is being downloaded, or nothing."""
        return self._name

    def read_disk(self) -> None:
        """Find out which released checkpoints are on this machine."""
        _start(self._read_disk)

    def look_up(self, name: str) -> None:
        """Ask the hub what it has under a name; an answer to an earlier question is dropped."""
        self._asked = name
        _start(self._look_up, name)

    def download(self, name: str, licence: str) -> None:
        """Download a model whose licence of that id has been accepted; one at a time."""
        if self._name:
            return
        self._name = name
        self._cancel = CancelToken()
        self.started.emit(name)
        self._thread = _start(self._download, name, licence, self._cancel)

    def cancel(self) -> None:
        """Call the download off; what has arrived is kept for the next time."""
        self._cancel.cancel()

    def shutdown(self) -> None:
        """Call everything off; a hub that does not answer is not waited for."""
        self._cancel.cancel()
        self._relay.close()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def _read_disk(self) -> None:
        from segcore.checkpoints.hub import cached_path
        from segcore.checkpoints.released import released_models

        here = frozenset(one.name for one in released_models() if cached_path(one.name))
        self._relay.post(self.diskRead.emit, here)

    def _look_up(self, name: str) -> None:
        from segcore.checkpoints import hub

        try:
            offer = hub.look_up(name)
        except Exception as error:  # noqa: BLE001 - told to the person
            told = user_error(error, self.tr("The model cannot be looked up"))
            self._relay.post(self._take_look_up, name, None, told)
        else:
            self._relay.post(self._take_look_up, name, offer, None)

    def _take_look_up(self, name: str, offer: object, error: UserError | None) -> None:
        if name != self._asked:
            return
        self._asked = ""
        if error is None:
            self.lookedUp.emit(offer)
        else:
            self.lookUpFailed.emit(name, error)

    def _download(self, name: str, licence: str, cancel: CancelToken) -> None:
        from segcore.checkpoints import hub

        def show(progress: Progress) -> None:
            self._relay.post(self._show_progress, name, progress)

        try:
            hub.download(
                name,
                accept=lambda terms: terms.licence.id == licence,
                progress=show,
                cancel=cancel,
            )
        except Cancelled:
            self._relay.post(self._end, self.cancelled.emit, name)
        except Exception as error:  # noqa: BLE001 - told to the person
            told = user_error(error, self.tr("The download failed"))
            self._relay.post(self._end, self.failed.emit, name, told)
        else:
            self._relay.post(self._end, self.downloaded.emit, name)

    def _show_progress(self, name: str, progress: Progress) -> None:
        if name == self._name:
            self.progressed.emit(name, progress)

    def _end(self, tell: Callable[..., None], *values: object) -> None:
        self._name = ""
        tell(*values)


def _start(work: Callable[..., None], *values: object) -> threading.Thread:
    """Run `work` on a thread that a hub that does not answer cannot keep the program with."""

    def run() -> None:
        step_behind_the_window()
        work(*values)

    thread = threading.Thread(target=run, name="downloads", daemon=True)
    thread.start()
    return thread
