"""A walk from region to region, picture after picture; which regions these are is up to a subclass.

What all walks share: going on and back, accepting a region as it is labelled, giving it a class,
following the person who opens another picture or takes another tool.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.assistants.scene import Assistant, Outcome, Scene
from app.controllers.assisting import AssistingController
from app.document import Document
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP
from app.priority import step_behind_the_window
from app.relay import Relay
from app.session import Session
from app.tool_options import Options
from app.user_error import UserError, user_error
from app.view_state import ViewState
from segcore.edits import Relabelling, Selection

_ACCEPT = QT_TRANSLATE_NOOP("assistants", "Accept Region")
_CORRECT = QT_TRANSLATE_NOOP("assistants", "Correct Region")


class Region(Protocol):
    """What a walk goes to."""

    @property
    def selection(self) -> Selection:
        """Its pixels."""
        ...


@dataclass(frozen=True)
class WalkState:
    """How far a walk is; places count from 0, and `regions` is 0 while they are being found."""

    picture: int
    pictures: int
    region: int
    regions: int
    busy: bool


class RegionWalk(QObject):
    """Goes from one region to the next, and on to the next picture.

    `regionChanged` carries the region or None, `stateChanged` a `WalkState` or None once the walk
    has ended. Subclasses find the regions of the open picture in `_find_regions` and hand them to
    `_take_regions`; `tool` is what the gestures of their edits are called.
    """

    tool: ClassVar[str]
    regionChanged = Signal(object)
    stateChanged = Signal(object)
    ended = Signal(str)
    failed = Signal(object)

    def __init__(
        self,
        document: Document,
        session: Session,
        view_state: ViewState,
        assisting: AssistingController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._session = session
        self._view_state = view_state
        self._assisting = assisting
        self._positions: Sequence[int] = ()
        self._at = -1
        self._regions: Sequence[Region] = []
        self._region = -1
        self._backwards = False
        self._asked: object | None = None
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, self.tool, initializer=step_behind_the_window)
        document.imageChanged.connect(self._follow_picture)
        document.labelsChanged.connect(self._ask)
        session.imageFailed.connect(self._pass_over)
        session.projectLeaving.connect(self.stop)
        assisting.accepted.connect(self._follow_acceptance)
        self.destroyed.connect(lambda: self._thread.shutdown(wait=False, cancel_futures=True))

    @property
    def active(self) -> bool:
        """Whether a walk is under way."""
        return self._at >= 0

    @property
    def region(self) -> Region | None:
        """The region that is shown."""
        inside = 0 <= self._region < len(self._regions)
        return self._regions[self._region] if self.active and inside else None

    def stop(self) -> None:
        """End the walk; the labels stay as they are now."""
        if not self.active:
            return
        self._at = -1
        self._call_off()
        self._forget_regions()
        self.stateChanged.emit(None)

    def go_on(self) -> None:
        """Go to the next region, or to the next picture after the last one."""
        if not self.active:
            return
        self._backwards = False
        if self._region + 1 < len(self._regions):
            self._show(self._region + 1)
        else:
            self.next_picture()

    def next_picture(self) -> None:
        """Leave the rest of this picture; after the last one the walk ends."""
        if not self.active:
            return
        if self._at + 1 < len(self._positions):
            self._backwards = False
            self._go_to_picture(self._at + 1)
        else:
            count = len(self._positions)
            self.stop()
            words = self.tr("The walk is at its end: 1 picture.")
            if count != 1:
                words = self.tr("The walk is at its end: {} pictures.").format(count)
            self.ended.emit(words)

    def back(self) -> None:
        """Go to the region before, or to the last one of the picture before."""
        if not self.active:
            return
        if self._region > 0:
            self._show(self._region - 1)
        elif self._at > 0:
            self._backwards = True
            self._go_to_picture(self._at - 1)

    def accept(self) -> None:
        """The region is right: its pixels become the person's, and the next one comes."""
        if self.region is not None:
            self._propose(self.region)
            self._assisting.accept()

    def correct(self, class_id: int) -> None:
        """The region is of another class; the next one comes."""
        if self.region is not None:
            self._view_state.active_class = class_id
            self._relabel(self.region, class_id, _CORRECT)

    def show_again(self) -> None:
        """Show the region once more, after the hand did something else."""
        if self.region is not None:
            self._show(self._region)

    def shutdown(self) -> None:
        """End the walk and its thread."""
        self.stop()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _begin(self, positions: Sequence[int]) -> None:
        """Walk through these pictures of the session, in this order."""
        if self._document.may_be_changed():
            self.stop()
            self._positions = [int(position) for position in positions]
            self._go_to_picture(0)

    def _relabel(self, region: Region, class_id: int, title: str) -> None:
        """Make one edit that gives all pixels of a region a class, or makes them unlabelled."""
        place, mask = region.selection

        def work(scene: Scene, _gesture: Gesture, _options: Options) -> Outcome:
            ids = np.full(mask.shape, class_id, scene.labels.dtype)
            return Outcome(Relabelling(place, mask, ids))

        self._assisting.ask(Gesture(self.tool), Assistant(work, title))
        self._assisting.accept()

    def _follow_acceptance(self, gesture: Gesture) -> None:
        if self.active and gesture.tool == self.tool:
            self.go_on()

    def _go_to_picture(self, at: int) -> None:
        self._at = at
        self._call_off()
        self._forget_regions()
        self._tell_state()
        self._prepare()
        position = self._positions[at]
        if self._session.current == position and self._document.name == self._name:
            self._ask()
        else:
            self._session.open_index(position)

    @property
    def _name(self) -> str:
        """The picture that the walk is at."""
        names, position = self._session.names, self._positions[self._at]
        return names[position] if position < len(names) else ""

    def _follow_picture(self) -> None:
        """Another picture is open: the one that the walk asked for, or the person has gone away."""
        if not self.active or self._document.name is None:
            return
        if self._document.name == self._name:
            self._ask()
        elif self._session.current != self._positions[self._at]:
            self.stop()

    def _pass_over(self, name: str, _sentence: str) -> None:
        """A picture of the walk cannot be read, which the banner says: the next one comes."""
        if self.active and name == self._name:
            self.next_picture()

    def _ask(self) -> None:
        """Have the regions of the open picture found, unless they are known or on their way."""
        waits = self.active and self._asked is None and self._region < 0
        if waits and self._document.name == self._name:
            self._asked = self._find_regions()

    def _find_regions(self) -> object | None:
        """Begin to find them; what stands for that, or None where it is too early."""
        raise NotImplementedError

    def _prepare(self) -> None:
        """The walk has come to a picture, which is about to be opened."""

    def _call_off(self) -> None:
        """Want no regions any more."""
        self._asked = None

    def _search(self, asked: object, find: Callable[[], Sequence[Region]]) -> None:
        """Have regions found on the thread, and shown if they are still wanted."""
        self._thread.submit(self._find, asked, find)

    def _find(self, asked: object, find: Callable[[], Sequence[Region]]) -> None:
        """On the thread."""
        found: Sequence[Region] = []
        try:
            found = find()
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The regions could not be found"))
            self._relay.post(self.failed.emit, failure)
        self._relay.post(self._take_regions, asked, found)

    def _take_regions(self, asked: object, regions: Sequence[Region]) -> None:
        if asked is not self._asked or not self.active:
            return
        self._asked = None
        self._regions = regions
        if regions:
            self._show(len(regions) - 1 if self._backwards else 0)
        elif self._backwards and self._at > 0:
            self._go_to_picture(self._at - 1)
        else:
            self.next_picture()

    def _show(self, number: int) -> None:
        self._region = number
        region = self._regions[number]
        self.regionChanged.emit(region)
        self._tell_state()
        self._present(region)

    def _present(self, region: Region) -> None:
        """Show on the picture which region it is: as a proposal to leave it so."""
        self._propose(region)

    def _propose(self, region: Region) -> None:
        place, mask = region.selection

        def work(scene: Scene, _gesture: Gesture, _options: Options) -> Outcome:
            return Outcome(Relabelling(place, mask, scene.labels[place.slices].copy()))

        self._assisting.ask(Gesture(self.tool), Assistant(work, _ACCEPT))

    def _forget_regions(self) -> None:
        self._regions, self._region = [], -1
        preview = self._assisting.preview
        if preview is not None and preview.gesture.tool == self.tool:
            self._assisting.cancel()
        self.regionChanged.emit(None)

    def _refuse(self, sentence: str) -> None:
        self.failed.emit(UserError(sentence))

    def _tell_state(self) -> None:
        busy = not self._regions
        self.stateChanged.emit(
            WalkState(self._at, len(self._positions), self._region, len(self._regions), busy)
        )
