"""A walk through what the model doubts: region by region, picture by picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.assistants.scene import Assistant, Outcome, Scene
from app.controllers.assisting import AssistingController
from app.controllers.prediction import PredictionController
from app.document import Document
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP
from app.inference.client import InferenceClient
from app.inference.inquiries.doubt import DoubtInquiry
from app.inference.inquiry import InquiryAnswer
from app.inference.jobs import JobState, JobStatus
from app.priority import step_behind_the_window
from app.relay import Relay
from app.session import Session
from app.tool_options import Options
from app.user_error import UserError, user_error
from app.view_state import ViewState
from segcore.edits import Relabelling
from segcore.errors import SegcoreError
from segcore.labels import class_counts
from segcore.review.doubt import DoubtfulRegion, doubtful_regions, rarity

AHEAD = 3
"""Pictures of the walk that are predicted before their turn."""

TOOL = "walk"
_ACCEPT = QT_TRANSLATE_NOOP("assistants", "Accept Region")
_CORRECT = QT_TRANSLATE_NOOP("assistants", "Correct Region")


@dataclass(frozen=True)
class WalkState:
    """How far a walk is; places count from 0, and `regions` is 0 while they are being found."""

    picture: int
    pictures: int
    region: int
    regions: int
    busy: bool


class WalkController(QObject):
    """Goes from one doubted region to the next, and on to the next picture.

    A region is proposed by `AssistingController` as it is labelled: accepted, its pixels become the
    person's. `regionChanged` carries a `DoubtfulRegion` or None, `stateChanged` a `WalkState` or
    None once the walk has ended.
    """

    regionChanged = Signal(object)
    stateChanged = Signal(object)
    ended = Signal(str)
    failed = Signal(object)

    def __init__(
        self,
        document: Document,
        session: Session,
        view_state: ViewState,
        *,
        client: InferenceClient,
        prediction: PredictionController,
        assisting: AssistingController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._session = session
        self._view_state = view_state
        self._client = client
        self._prediction = prediction
        self._assisting = assisting
        self._positions: Sequence[int] = ()
        self._at = -1
        self._regions: list[DoubtfulRegion] = []
        self._region = -1
        self._backwards = False
        self._asked: DoubtInquiry | None = None
        self._ahead: set[int] = set()
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "walk", initializer=step_behind_the_window)
        document.imageChanged.connect(self._follow_picture)
        document.predictionChanged.connect(self._ask)
        document.labelsChanged.connect(self._ask_if_waiting)
        session.imageFailed.connect(self._pass_over)
        session.projectLeaving.connect(self.stop)
        client.inquiryAnswered.connect(self._take)
        client.jobChanged.connect(self._follow_job)
        assisting.accepted.connect(self._follow_acceptance)
        self.destroyed.connect(lambda: self._thread.shutdown(wait=False, cancel_futures=True))

    @property
    def active(self) -> bool:
        """Whether a walk is under way."""
        return self._at >= 0

    @property
    def region(self) -> DoubtfulRegion | None:
        """The region that is shown."""
        inside = 0 <= self._region < len(self._regions)
        return self._regions[self._region] if self.active and inside else None

    def start(self, positions: Sequence[int]) -> None:
        """Begin a walk through these pictures of the session, in this order."""
        if self._prediction.model is None:
            self.failed.emit(UserError(self.tr("A walk needs a model: load one first.")))
        elif not positions:
            self.failed.emit(
                UserError(self.tr("Every picture that is listed is done: choose others to walk."))
            )
        elif self._document.may_be_changed():
            self.stop()
            self._positions = [int(position) for position in positions]
            self._ahead.clear()
            self._go_to_picture(0)

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
            self.ended.emit(self.tr("The walk is at its end: {} pictures.").format(count))

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
        region = self.region
        if region is None:
            return
        self._view_state.active_class = class_id

        def work(_scene: Scene, _gesture: Gesture, _options: Options) -> Outcome:
            return Outcome(region.selection)

        self._assisting.ask(Gesture(TOOL), Assistant(work, _CORRECT))
        self._assisting.accept()

    def show_again(self) -> None:
        """Propose the region once more, after the hand did something else."""
        if self.region is not None:
            self._show(self._region)

    def shutdown(self) -> None:
        """End the walk and its thread."""
        self.stop()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _follow_acceptance(self, gesture: Gesture) -> None:
        if self.active and gesture.tool == TOOL:
            self.go_on()

    def _go_to_picture(self, at: int) -> None:
        self._at = at
        self._call_off()
        self._forget_regions()
        self._tell_state()
        self._predict_ahead()
        position = self._positions[at]
        if self._session.current == position and self._document.name == self._name:
            self._ask()
        else:
            self._session.open_index(position)

    @property
    def _name(self) -> str:
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

    def _ask_if_waiting(self) -> None:
        if self._asked is None and not self._regions:
            self._ask()

    def _ask(self) -> None:
        """Have the doubt of the open picture measured once something is labelled."""
        document, model = self._document, self._prediction.model
        waits = self.active and self._asked is None and self._region < 0
        if not waits or model is None or document.image is None:
            return
        if document.name != self._name or not document.labelled:
            return  # the prediction that comes by itself is waited for
        self._asked = DoubtInquiry(model.spec, self._name, document.image)
        self._client.submit(self._asked)

    def _take(self, answer: InquiryAnswer) -> None:
        if answer.inquiry is not self._asked or self._document.labels is None:
            return
        labels, origins = self._document.labels, self._document.origins
        machines = np.zeros(256, np.bool_)
        machines[[0, *self._document.model_origins]] = True
        assert origins is not None
        classes = len(self._document.classes)

        def find() -> list[DoubtfulRegion]:
            weights = rarity(class_counts(labels, classes))
            return doubtful_regions(labels, answer.value, ~machines[origins], weights)

        self._thread.submit(self._find, self._asked, find)

    def _find(self, asked: DoubtInquiry, find: Callable[[], list[DoubtfulRegion]]) -> None:
        """On the thread."""
        try:
            found = find()
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The regions could not be found"))
            self._relay.post(self.failed.emit, failure)
            found = []
        self._relay.post(self._take_regions, asked, found)

    def _take_regions(self, asked: DoubtInquiry, regions: list[DoubtfulRegion]) -> None:
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
        self._propose(region)

    def _propose(self, region: DoubtfulRegion) -> None:
        place, mask = region.selection

        def work(scene: Scene, _gesture: Gesture, _options: Options) -> Outcome:
            return Outcome(Relabelling(place, mask, scene.labels[place.slices].copy()))

        self._assisting.ask(Gesture(TOOL), Assistant(work, _ACCEPT))

    def _forget_regions(self) -> None:
        self._regions, self._region = [], -1
        preview = self._assisting.preview
        if preview is not None and preview.gesture.tool == TOOL:
            self._assisting.cancel()
        self.regionChanged.emit(None)

    def _call_off(self) -> None:
        if self._asked is not None:
            self._asked = None
            self._client.cancel(DoubtInquiry.kind)

    def _follow_job(self, status: JobStatus) -> None:
        """A question that failed ends the walk: the others would fail as well."""
        if status.kind == DoubtInquiry.kind and status.state is JobState.FAILED and self._asked:
            self._asked = None
            self.failed.emit(UserError(status.error or "", status.details))
            self.stop()

    def _predict_ahead(self) -> None:
        project, names = self._session.project, self._session.names
        if project is None or project.read_only:
            return
        coming = self._positions[self._at + 1 : self._at + 1 + AHEAD]
        wanted = []
        for position in coming:
            if position in self._ahead or position >= len(names):
                continue
            self._ahead.add(position)
            try:
                if not project.has_labels(names[position]):
                    wanted.append(names[position])
            except SegcoreError:  # it left the project; opening it says so
                continue
        self._prediction.predict_pictures(wanted)

    def _tell_state(self) -> None:
        busy = not self._regions
        self.stateChanged.emit(
            WalkState(self._at, len(self._positions), self._region, len(self._regions), busy)
        )
