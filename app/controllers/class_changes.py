"""Changes of classes that go through every picture, behind the window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.document import Document
from app.lay_under import Ground
from app.pictures.claims import Claims
from app.relay import Relay
from app.session import Session
from app.user_error import UserError, user_error
from segcore.classes import ClassTable
from segcore.edits import Edit
from segcore.errors import Cancelled
from segcore.progress import CancelToken, Progress
from segcore.project import Project
from segcore.project.class_changes import (
    ClassChange,
    begin,
    carry_out,
    change_picture,
    edit_of_change,
    end,
    pixels_of,
)

_PATIENCE = 60.0
"""Seconds that a change waits for the open picture, while a stroke is drawn there for example."""

_STROKE_PAUSE = 50


class ClassChangesController(QObject):
    """Counts what a change would hit, then makes it: of the open picture through the document.

    Signals: `counted(class id, {picture: pixels})`, `progressed(Progress)` of whichever runs,
    `finished(sentence)`.
    """

    counted = Signal(int, object)
    progressed = Signal(object)
    finished = Signal(str)
    failed = Signal(object)

    def __init__(self, document: Document, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._session = session
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "class-changes")
        self._token = CancelToken()
        self._change: ClassChange | None = None
        self._open_done = threading.Event()
        document.imageChanged.connect(self._change_open)
        session.projectLeaving.connect(self.cancel)

    @property
    def is_changing(self) -> bool:
        """Whether a change is under way."""
        return self._change is not None

    def count(self, class_id: int) -> None:
        """Count the pixels of a class; of several counts asked for only the last is told."""
        project = self._session.project
        if project is not None and not self.is_changing:
            self._token.cancel()
            self._token = CancelToken()
            self._thread.submit(self._count, project, class_id, self._token)

    def start(self, change: ClassChange, classes: ClassTable | None = None) -> None:
        """Make a change; `classes` is the table that a split brings."""
        project = self._session.project
        if project is None or self.is_changing or not self._document.may_be_changed():
            return
        self._token.cancel()
        self._token = CancelToken()
        self._change = change
        self._thread.submit(self._run, project, self._session.claims, change, classes, self._token)

    def cancel(self) -> None:
        """End what runs; a change keeps the class where it has not gone through."""
        self._token.cancel()
        self._open_done.set()

    def shutdown(self) -> None:
        """End the thread; what a change has left is done on the next opening."""
        self.cancel()
        self._change = None
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _count(self, project: Project, class_id: int, token: CancelToken) -> None:
        try:
            found = pixels_of(project, class_id, progress=partial(self._tell, token))
        except Cancelled:
            return
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            self._fail(error)
        else:
            self._relay.post(self.counted.emit, class_id, found)

    def _run(
        self,
        project: Project,
        claims: Claims,
        change: ClassChange,
        classes: ClassTable | None,
        token: CancelToken,
    ) -> None:
        try:
            begin(project, change, classes)
            self._open_done.clear()
            self._relay.post(self._follow_table)
            held = carry_out(project, change, partial(_held, claims), partial(self._tell, token))
            self._open_done.wait(_PATIENCE)
            self._document.recorder.flush()
            for name in held:  # open in the window, or passed through it meanwhile
                if claims.try_claim(name):
                    try:
                        change_picture(project, change, name)
                    finally:
                        claims.release(name)
            end(project)
        except Cancelled:
            words = self.tr("{} was cancelled: what is done can be undone in each picture.")
            self._relay.post(self._end, words.format(change.text))
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            self._fail(error)
            self._relay.post(self._end, "")
        else:
            self._relay.post(self._end, self.tr("{}: done.").format(change.text))

    def _follow_table(self) -> None:
        self._document.follow_classes()
        self._change_open()

    def _change_open(self) -> None:
        """Have it worked out for the picture that is open now."""
        document, change = self._document, self._change
        if change is None or document.name is None or not change.concerns(document.name):
            self._open_done.set()
            return
        ground = document.ground()
        threading.Thread(target=self._work_out, args=(change, ground), daemon=True).start()

    def _work_out(self, change: ClassChange, ground: Ground) -> None:
        edit = edit_of_change(change, ground.labels, ground.origins, ground.classes)
        self._relay.post(self._put_in_place, change, ground, edit)

    def _put_in_place(self, change: ClassChange, ground: Ground, edit: Edit | None) -> None:
        document = self._document
        if change is not self._change or document.labels is not ground.labels:
            return  # over, or another picture is open and worked out by itself
        if document.stroke_under_way or document.ground().revision != ground.revision:
            QTimer.singleShot(_STROKE_PAUSE, self, self._change_open)
            return
        if edit is not None:
            document.push(edit, applied=False, text=change.text)
        self._open_done.set()

    def _end(self, sentence: str) -> None:
        self._change = None
        self._document.follow_classes()
        self.finished.emit(sentence)

    def _tell(self, token: CancelToken, progress: Progress) -> None:
        self._relay.post(self.progressed.emit, progress)
        token.raise_if_cancelled()

    def _fail(self, error: Exception) -> None:
        self._relay.post(self._tell_failed, user_error(error, self.tr("The classes are as before")))

    def _tell_failed(self, failure: UserError) -> None:
        self.failed.emit(failure)


def _held(claims: Claims, name: str) -> Callable[[], None] | None:
    return partial(claims.release, name) if claims.try_claim(name) else None
