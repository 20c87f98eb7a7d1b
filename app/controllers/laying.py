"""Predictions on their way into the labels: of the open picture, or of one that was open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.picture_store import ProjectPictures
from app.document import Document
from app.lay_under import Ground, Laid, lay_under
from app.relay import Relay
from app.user_error import UserError, user_error

if TYPE_CHECKING:
    from segcore.inference import Prediction

STROKE_PAUSE = 30
"""Milliseconds until a prediction tries again to get under a stroke."""

SAVE_PAUSE = 200
"""Milliseconds until a picture that the window was opening or closing is looked at again."""


class PredictionLayer(QObject):
    """Lays predictions under a person's pixels without holding up the window.

    What changes is worked out on a thread, and again when the labels have changed meanwhile.
    """

    laid = Signal(str)
    failed = Signal(object)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "lay-under")
        self._kept: dict[str, tuple[ProjectPictures, Prediction]] = {}
        self._pictures_shown = 0
        self._closed = False
        document.imageChanged.connect(self._follow_image)

    def lay(self, prediction: Prediction) -> None:
        """Lay a prediction of the open picture; it is dropped if another picture opens first."""
        if self._closed:
            self._document.set_prediction(prediction)
            return
        self._document.accept_classes_of(prediction)
        self._thread.submit(
            self._work_out, prediction, self._document.ground(), self._pictures_shown
        )

    def keep(self, name: str, store: ProjectPictures, prediction: Prediction) -> None:
        """Hold on to a prediction of a picture that the window has, until it is in its labels."""
        self._kept[name] = (store, prediction)
        self._settle(name)

    def shutdown(self) -> None:
        """Put everything where it belongs and end the thread; the document is still open."""
        self._thread.shutdown(wait=True)
        self._closed = True
        self._relay.deliver_all()
        self._relay.close()
        for name, (store, prediction) in list(self._kept.items()):
            if store.holds(self._document.project, name, self._document.name):
                self._document.set_prediction(prediction)
            else:
                self._save(name, store, prediction)

    def _settle(self, name: str) -> None:
        if name not in self._kept or self._closed:
            return
        store, prediction = self._kept[name]
        if store.holds(self._document.project, name, self._document.name):
            self.lay(prediction)
        else:
            self._thread.submit(self._save, name, store, prediction)

    def _follow_image(self) -> None:
        self._pictures_shown += 1
        if self._document.name in self._kept:
            self._settle(self._document.name)

    def _work_out(self, prediction: Prediction, ground: Ground, shown: int) -> None:
        try:
            laid = lay_under(prediction, ground, ground.origin_of(prediction))
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The prediction could not be used"))
            self._relay.post(self._tell_failed, failure)
        else:
            self._relay.post(self._put_in_place, prediction, laid, shown)

    def _put_in_place(self, prediction: Prediction, laid: Laid, shown: int) -> None:
        if shown != self._pictures_shown:
            self._settle_again(prediction)
        elif self._document.stroke_under_way and not self._closed:
            QTimer.singleShot(
                STROKE_PAUSE, self, partial(self._put_in_place, prediction, laid, shown)
            )
        elif self._document.put_in_place(prediction, laid):
            self._forget(self._document.name or "", prediction)
        else:
            self.lay(prediction)

    def _settle_again(self, prediction: Prediction) -> None:
        """Another picture has opened: a kept prediction goes into the project instead."""
        for name, (_store, kept) in list(self._kept.items()):
            if kept is prediction:
                self._settle(name)

    def _save(self, name: str, store: ProjectPictures, prediction: Prediction) -> None:
        try:
            saved = store.save(name, prediction)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The labels could not be saved"))
            self._relay.post(self._tell_failed, failure)
            self._relay.post(self._drop, name, prediction)
        else:
            self._relay.post(self._forget if saved else self._settle_later, name, prediction)

    def _settle_later(self, name: str, _prediction: Prediction) -> None:
        if not self._closed:
            QTimer.singleShot(SAVE_PAUSE, self, partial(self._settle, name))

    def _forget(self, name: str, prediction: Prediction) -> None:
        self._drop(name, prediction)
        self.laid.emit(name)

    def _drop(self, name: str, prediction: Prediction) -> None:
        if name in self._kept and self._kept[name][1] is prediction:
            del self._kept[name]

    def _tell_failed(self, failure: UserError) -> None:
        self.failed.emit(failure)
