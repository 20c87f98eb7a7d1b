"""Which pictures the open project has: more are added, some removed, removed ones brought back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.pictures.claims import Claims
from app.priority import step_behind_the_window
from app.relay import Relay
from app.session import CLAIM_SECONDS, Session
from app.user_error import UserError, user_error
from segcore.errors import ProjectError
from segcore.project import Project


class PictureListController(QObject):
    """Changes the list of pictures on a thread of its own; labels are never lost by it.

    `removedChanged` says that other pictures can be brought back now.
    """

    removedChanged = Signal()
    notice = Signal(str)
    failed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "picture-list", step_behind_the_window)

    @property
    def removed(self) -> list[str]:
        """Names of the pictures that can be brought back."""
        project = self._session.project
        return [] if project is None else list(project.removed)

    def add(self, paths: Sequence[Path]) -> None:
        """Add pictures, and those in folders, behind the others, and open the first of them."""
        places = list(paths)
        self._change(lambda project: project.add(places), self._show_added)

    def restore(self, names: Sequence[str]) -> None:
        """Bring pictures back that were removed, with their labels."""
        wanted = list(names)

        def bring_back(project: Project) -> list[str]:
            project.restore(wanted)
            return wanted

        self._change(bring_back, self._show_restored)

    def remove(self, names: Sequence[str]) -> None:
        """Take pictures off the list; if one of them is open, the nearest that stays opens."""
        session = self._session
        project, gone = session.project, frozenset(names)
        if project is None or not gone:
            return
        if project.read_only:
            self._tell_failed(UserError(self.tr("The project is read-only: nothing is removed.")))
            return
        listed, current = session.names, session.current
        stays = [name for name in listed if name not in gone]
        after = next((name for name in listed[max(current, 0) :] if name not in gone), None)
        session.show_names(stays, after or (stays[-1] if stays else None))
        self._thread.submit(self._remove, project, session.claims, sorted(gone), listed)

    def shutdown(self) -> None:
        """End the thread; before the session's shutdown."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _change(
        self, work: Callable[[Project], list[str]], show: Callable[[list[str]], None]
    ) -> None:
        if self._session.project is not None:
            self._thread.submit(self._carry_out, self._session.project, work, show)

    def _carry_out(
        self,
        project: Project,
        work: Callable[[Project], list[str]],
        show: Callable[[list[str]], None],
    ) -> None:
        try:
            names = work(project)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            self._fail(error)
        else:
            self._relay.post(self._show, project, names, show)

    def _remove(
        self, project: Project, claims: Claims, names: list[str], listed: list[str]
    ) -> None:
        held: list[str] = []
        try:
            for name in names:
                if not claims.claim(name, CLAIM_SECONDS):
                    raise ProjectError(f"{name} is still being written: remove it in a moment.")
                held.append(name)
            project.remove(names)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            self._fail(error)
            self._relay.post(self._show, project, listed, partial(self._put_back, project))
        else:
            self._relay.post(self._show, project, names, self._tell_removed)
        finally:
            for name in held:
                claims.release(name)

    def _show(self, project: Project, names: list[str], show: Callable[[list[str]], None]) -> None:
        if project is self._session.project:
            show(names)
            self.removedChanged.emit()

    def _show_added(self, names: list[str]) -> None:
        count = self._list_also(names)
        words = self.tr("{:,} pictures added.") if count != 1 else self.tr("{} picture added.")
        self.notice.emit(words.format(count) if count else self.tr("They are listed already."))

    def _show_restored(self, names: list[str]) -> None:
        self._list_also(names)

    def _list_also(self, names: list[str]) -> int:
        """Show pictures behind the others; how many of them were not listed before."""
        session = self._session
        known = frozenset(session.names)
        new = [name for name in names if name not in known]
        if new:
            session.show_names([*session.names, *new], new[0])
        return len(new)

    def _tell_removed(self, names: list[str]) -> None:
        words = (
            self.tr("{} is removed; its labels are kept: File > Removed Pictures brings it back.")
            if len(names) == 1
            else self.tr(
                "{} are removed; their labels are kept: File > Removed Pictures brings them back."
            )
        )
        what = names[0] if len(names) == 1 else self.tr("{:,} pictures").format(len(names))
        self.notice.emit(words.format(what))

    def _put_back(self, project: Project, listed: list[str]) -> None:
        there, before = frozenset(project.images), frozenset(listed)
        meanwhile = [name for name in self._session.names if name not in before]
        names = [name for name in [*listed, *meanwhile] if name in there]
        self._session.show_names(names, self._session.current_name)

    def _fail(self, error: Exception) -> None:
        failure = user_error(error, self.tr("The list of pictures is as before"))
        self._relay.post(self._tell_failed, failure)

    def _tell_failed(self, failure: UserError) -> None:
        self.failed.emit(failure)
