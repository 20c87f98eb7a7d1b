"""The network as it is on the open picture: asked only while somebody looks."""

from __future__ import annotations

from dataclasses import replace
from weakref import ref

from PySide6.QtCore import QObject, Signal

from app.controllers.inspection import InspectionController
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.inquiries.stages import FeaturesInquiry, NumbersInquiry, Shelf
from app.inference.inquiry import InquiryAnswer
from app.inference.jobs import JobState, JobStatus
from app.inference.requests import Image, ModelInfo, ModelSpec, Point
from app.stage_views import (
    HEAD_TARGETS,
    STAGES,
    ChannelOrder,
    FeatureView,
    NetworkNumbers,
    Place,
)
from app.user_error import UserError
from segcore.heatmap import HeatMap

OWN_KINDS = (NumbersInquiry.kind, FeaturesInquiry.kind)
KEPT_NUMBERS = 8


class StagesController(QObject):
    """Keeps the place in the network that is looked at, and what lies over the picture of it.

    `numbersChanged` carries `NetworkNumbers` or None, `viewChanged` a `FeatureView` or None; until
    the next one arrives, `placeChanged` says which place it will be of. `laidChanged` says which
    map lies over the picture: `component.0`, `channel.17`, or "".
    """

    numbersChanged = Signal(object)
    viewChanged = Signal(object)
    placeChanged = Signal(object)
    laidChanged = Signal(str)
    layRequested = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        document: Document,
        client: InferenceClient,
        inspection: InspectionController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._client = client
        self._inspection = inspection
        self._model: ModelInfo | None = None
        self._visible = False
        self._place = Place()
        self._order: ChannelOrder = "variance"
        self._page = 0
        self._channel: int | None = None
        self._laid = ""
        self._laid_map: HeatMap | None = None
        self._numbers: NetworkNumbers | None = None
        self._known: list[tuple[ModelSpec, ref[Image], NetworkNumbers]] = []
        self._view: FeatureView | None = None
        self._shelf = Shelf()
        self._asked: dict[str, NumbersInquiry | FeaturesInquiry] = {}
        self._jobs: dict[int, NumbersInquiry | FeaturesInquiry] = {}
        document.imageChanged.connect(self._start_anew)
        client.modelLoaded.connect(self._take_model)
        client.inquiryAnswered.connect(self._take)
        client.jobChanged.connect(self._follow_job)
        inspection.pointChanged.connect(self._follow_point)
        inspection.heatMapChosen.connect(self._follow_heat_map)

    @property
    def place(self) -> Place:
        """What is looked at, or was asked for last."""
        return self._place

    def begin(self) -> None:
        """Somebody looks: ask for what is not known."""
        if not self._visible:
            self._visible = True
            self._ask_what_is_missing()

    def rest(self) -> None:
        """Nobody looks any more: nothing is computed for nobody."""
        self._visible = False
        self._call_off()

    def select(self, target: str) -> None:
        """Look at the output of a stage, the fused features or the logits."""
        if target in (*STAGES, *HEAD_TARGETS) and Place(target) != self._place:
            self._go(Place(target))

    def choose_block(self, block: int | None) -> None:
        """Walk through a block of the stage from its first operation; None: the stage's output."""
        if self._place.stage and block != self._place.block:
            self._go(Place(self._place.target, block))

    def step(self, by: int) -> None:
        """One operation on or back (1, -1), over the ends of blocks and stages."""
        place = self._next_place(by)
        if place is not None and self._may_walk:
            self._go(place)

    def set_order(self, order: ChannelOrder) -> None:
        """Order the channels; the first page comes first."""
        self._order, self._page, self._channel = order, 0, None
        self._ask_features()

    def turn_page(self, by: int) -> None:
        """Show the next channels, or those before."""
        if self._view is not None and 0 <= self._view.page + by < self._view.pages:
            self._page, self._channel = self._view.page + by, None
            self._ask_features()

    def show_channel(self, channel: int) -> None:
        """Lay a channel over the picture and turn to its page."""
        self._channel, self._laid = channel, f"channel.{channel}"
        self._ask_features()

    def lay(self, key: str) -> None:
        """Lay one of the maps that are shown over the picture; "" takes it away."""
        self._laid = key
        self._lay_again()

    @property
    def _may_walk(self) -> bool:
        return self._numbers is not None and not self._numbers.refusal

    def _next_place(self, by: int) -> Place | None:
        """The operation after (or before) the one that is shown, if there is one."""
        view, place = self._view, self._place
        if place.stage == 0:
            return None
        if place.block is None:
            return Place(place.target, 0) if by > 0 else self._in_stage(place.stage - 1, last=True)
        if view is None or view.place != place:
            return None  # not there yet: how many operations it has is not known
        step, block = place.step + by, place.block
        if 0 <= step < len(view.steps):
            return replace(place, step=step)
        if 0 <= block + by < view.blocks:
            return Place(place.target, block + by, 0 if by > 0 else -1)
        return self._in_stage(place.stage + by, last=by < 0)

    def _in_stage(self, stage: int, *, last: bool) -> Place | None:
        if self._model is None or not 1 <= stage <= len(self._model.depths):
            return None
        block = self._model.depths[stage - 1] - 1 if last else 0
        return Place(STAGES[stage - 1], block, -1 if last else 0)

    def _go(self, place: Place) -> None:
        self._place, self._page, self._channel = place, 0, None
        if self._laid.startswith("channel."):
            self._channel = int(self._laid.removeprefix("channel."))
        self.placeChanged.emit(place)
        self._ask_features()

    def _start_anew(self) -> None:
        """Another picture or model: nothing of what is shown holds."""
        self._call_off()
        self._numbers = self._view = None
        self._page, self._channel = 0, None
        self.numbersChanged.emit(None)
        self.viewChanged.emit(None)
        self._ask_what_is_missing()

    def _take_model(self, info: ModelInfo) -> None:
        self._model = info
        place = self._place
        if place.block is not None and (
            not info.heads or place.block >= info.depths[place.stage - 1]
        ):
            self._place = Place(place.target)
            self.placeChanged.emit(self._place)
        self._start_anew()

    def _follow_point(self, _point: Point | None) -> None:
        """The queried pixel settles the tile, and an order of channels."""
        view = self._view
        if view is not None and (view.windows > 1 or self._order == "activation"):
            self._ask_features()

    def _follow_heat_map(self, heat_map: HeatMap | None) -> None:
        if self._laid and heat_map is not self._laid_map:
            self._laid, self._laid_map = "", None
            self.laidChanged.emit("")

    def _ask_what_is_missing(self) -> None:
        self._ask_numbers()
        if self._view is None:
            self._ask_features()

    def _ask_numbers(self) -> None:
        spec, image, name = self._subject()
        if spec is None or image is None or not self._visible or self._numbers_are_timed:
            return
        for known_spec, known_image, numbers in self._known:
            if known_spec == spec and known_image() is image:
                self._show_numbers(numbers)
                return
        self._submit(NumbersInquiry(spec, name, image, self._inspection.point))

    def _ask_features(self) -> None:
        spec, image, name = self._subject()
        if spec is None or image is None or not self._visible:
            return
        self._submit(
            FeaturesInquiry(
                spec,
                name,
                image,
                self._inspection.point,
                self._place,
                self._order,
                self._page,
                self._channel,
                self._shelf,
            )
        )

    def _subject(self) -> tuple[ModelSpec | None, Image | None, str]:
        model = self._model
        return model.spec if model else None, self._document.image, self._document.name or ""

    @property
    def _numbers_are_timed(self) -> bool:
        numbers = self._numbers
        return numbers is not None and all(row.seconds is not None for row in numbers.rows)

    def _submit(self, inquiry: NumbersInquiry | FeaturesInquiry) -> None:
        self._asked[inquiry.kind] = inquiry
        self._jobs[self._client.submit(inquiry)] = inquiry

    def _call_off(self) -> None:
        for kind in list(self._asked):
            del self._asked[kind]
            self._client.cancel(kind)

    def _take(self, answer: InquiryAnswer) -> None:
        inquiry = answer.inquiry
        if inquiry is not self._asked.get(inquiry.kind):
            return
        if answer.final:
            del self._asked[inquiry.kind]
        if isinstance(inquiry, NumbersInquiry):
            self._show_numbers(answer.value)
            if answer.final:
                self._known.append((inquiry.model, ref(inquiry.image), answer.value))
                del self._known[:-KEPT_NUMBERS]
        else:
            self._view = answer.value
            self._place = answer.value.place
            self._page, self._channel = answer.value.page, None
            self.viewChanged.emit(answer.value)
            self._lay_again()

    def _show_numbers(self, numbers: NetworkNumbers) -> None:
        self._numbers = numbers
        self.numbersChanged.emit(numbers)

    def _lay_again(self) -> None:
        """The map of that name, from what is shown now; a channel that is not there goes."""
        heat_map = self._map_of(self._laid)
        if heat_map is None:
            self._laid = ""
        if heat_map is not self._laid_map:
            self._laid_map = heat_map
            self.layRequested.emit(heat_map)
        self.laidChanged.emit(self._laid)

    def _map_of(self, key: str) -> HeatMap | None:
        if self._view is None or not key:
            return None
        kind, number = key.split(".")
        shown = self._view.components if kind == "component" else self._view.channels
        return next((one.heat_map for one in shown if one.number == int(number)), None)

    def _follow_job(self, status: JobStatus) -> None:
        if status.id not in self._jobs or not status.state.is_end:
            return
        inquiry = self._jobs.pop(status.id)
        if status.error:
            self.failed.emit(UserError(status.error, status.details))
        unanswered = status.state in (JobState.CANCELLED, JobState.FAILED)
        if unanswered and self._asked.get(inquiry.kind) is inquiry:
            del self._asked[inquiry.kind]
