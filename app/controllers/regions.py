"""The regions of the open picture, found on a thread while somebody looks at their list."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, QTimer, Signal

from app.assistants.scene import Assistant, Outcome, Scene
from app.controllers.assisting import AssistingController
from app.document import Document
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP
from app.lay_under import LabelMap
from app.priority import step_behind_the_window
from app.relay import Relay
from app.tool_options import Options
from app.user_error import user_error
from segcore.assist.regions import Regions, find_regions
from segcore.edits import region_at
from segcore.errors import Cancelled
from segcore.geometry import Point
from segcore.progress import CancelToken

PAUSE = 350
"""Milliseconds without an edit before the regions are found anew."""

TITLE = QT_TRANSLATE_NOOP("assistants", "Relabel Region")


class RegionsController(QObject):
    """Finds the regions anew after edits, proposes one to be changed, and makes the change.

    `regionsChanged` carries `Regions`, or None where they are not known yet; `busyChanged` whether
    they are being found. Nothing is found while the list is out of sight.
    """

    regionsChanged = Signal(object)
    busyChanged = Signal(bool)
    failed = Signal(object)

    def __init__(
        self,
        document: Document,
        assisting: AssistingController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._assisting = assisting
        self._active = False
        self._stale = True
        self._cancel = CancelToken()
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "regions", initializer=step_behind_the_window)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._find)
        document.labelsChanged.connect(self._note_change)
        document.imageChanged.connect(self._begin_picture)
        self.destroyed.connect(lambda: self._thread.shutdown(wait=False, cancel_futures=True))

    def set_active(self, active: bool) -> None:
        """Somebody looks at the list, or no longer."""
        self._active = active
        if active and self._stale:
            self._find()

    def propose(self, point: Point, *, erase: bool = False) -> None:
        """Preview giving the region that holds a pixel the active class, or none."""

        def work(scene: Scene, _gesture: Gesture, _options: Options) -> Outcome:
            return Outcome(region_at(scene.labels, point))

        self._assisting.ask(Gesture("regions", (point,), erase=erase), Assistant(work, TITLE))

    def relabel(self, point: Point, *, erase: bool = False) -> None:
        """Give the region that holds a pixel the active class, or make it unlabelled."""
        self.propose(point, erase=erase)
        self._assisting.accept()

    def _note_change(self, _box: object) -> None:
        self._stale = True
        self._cancel.cancel()
        if self._active:
            self._timer.start()

    def _begin_picture(self) -> None:
        self._stale = True
        self._cancel.cancel()
        self.regionsChanged.emit(None)
        if self._active:
            self._timer.start()

    def _find(self) -> None:
        labels = self._document.labels
        if labels is None:
            return
        if self._document.stroke_under_way:
            self._timer.start()
            return
        self._stale = False
        self._cancel = CancelToken()
        future = self._thread.submit(self._work, labels, self._cancel)
        self.busyChanged.emit(not future.done())

    def _work(self, labels: LabelMap, cancel: CancelToken) -> None:
        """On the thread."""
        try:
            found = find_regions(labels, cancel=cancel)
        except Cancelled:
            return
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The regions could not be found"))
            self._relay.post(self.failed.emit, failure)
        else:
            self._relay.post(self._take, found, cancel)

    def _take(self, regions: Regions, cancel: CancelToken) -> None:
        if cancel is self._cancel and not cancel.cancelled:
            self.regionsChanged.emit(regions)
