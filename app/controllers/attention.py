"""Where the model looks: one block seen in four ways, for one query or two, live if wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.controllers.inspection import InspectionController
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.inquiries.attention import AttentionInquiry, HoverInquiry, SpreadInquiry
from app.inference.inquiry import Inquiry, InquiryAnswer
from app.inference.jobs import JobState, JobStatus
from app.inference.requests import Image, ModelInfo, Point

if TYPE_CHECKING:
    from segcore.inspection import HeadSpread
    from segcore.inspection.attention_views import HeadMaps, View

FOLLOWING: tuple[View, ...] = ("row", "towards")
"""The views that can follow the pointer: a rollout takes too long, and `received` has no query."""


@dataclass(frozen=True, eq=False)
class AttentionShown:
    """What the page shows: the maps of the query, and of the pinned one it is compared with."""

    maps: HeadMaps
    pinned: HeadMaps | None


@dataclass(frozen=True, eq=False)
class SpreadShown:
    """How far every head looks, in a picture of (height, width) pixels."""

    spreads: tuple[HeadSpread, ...]
    size: tuple[int, int]
    model: str
    image_name: str


class AttentionController(QObject):
    """Asks while the page is seen; the newest question counts, and of hovering the newest place.

    `answered` carries an `AttentionShown`, `spreadFound` a `SpreadShown` or None once it is void,
    and `refused` a sentence; `emptied` says that there is nothing to show.
    """

    answered = Signal(object)
    refused = Signal(str)
    emptied = Signal()
    spreadFound = Signal(object)
    spreadRefused = Signal(str)
    pinnedChanged = Signal(object)
    liveChanged = Signal(bool)
    viewChanged = Signal(str)

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
        self._view: View = "row"
        self._active = False
        self._live = False
        self._pinned: Point | None = None
        self._pinned_maps: tuple[AttentionInquiry, HeadMaps] | None = None
        self._shown: HeadMaps | None = None
        self._asked: Inquiry | None = None
        self._hover_job = 0
        self._hover_next: Point | None = None
        self._spread_asked: SpreadInquiry | None = None
        self._jobs: dict[int, Inquiry] = {}
        document.imageChanged.connect(self._follow_image)
        inspection.pointChanged.connect(self._follow_point)
        inspection.blockChanged.connect(self._follow_block)
        client.modelLoaded.connect(self._take_model)
        client.inquiryAnswered.connect(self._take)
        client.jobChanged.connect(self._follow_job)

    @property
    def view(self) -> View:
        """How attention is looked at."""
        return self._view

    @property
    def live(self) -> bool:
        """Whether the query follows the pointer."""
        return self._live

    @property
    def pinned(self) -> Point | None:
        """The query that others are compared with, (x, y)."""
        return self._pinned

    def set_active(self, active: bool) -> None:
        """Ask from now on, because somebody looks; or no longer."""
        if active != self._active:
            self._active = active
            self.ask()

    def set_view(self, view: View) -> None:
        """Look in another way."""
        if view != self._view:
            self._view = view
            self.viewChanged.emit(view)
            self.ask()

    def set_live(self, live: bool) -> None:
        """Whether the query follows the pointer."""
        if live != self._live:
            self._live = live
            self.liveChanged.emit(live)
            if not live:
                self.leave()

    def pin(self) -> None:
        """Compare from now on with the query that is shown."""
        if self._shown is not None and self._view != "received":
            self._pinned = self._shown.point
            self._pinned_maps = None
            self.pinnedChanged.emit(self._pinned)
            self.ask()

    def unpin(self) -> None:
        """Compare no longer."""
        if self._pinned is not None:
            self._pinned = self._pinned_maps = None
            self.pinnedChanged.emit(None)
            self.ask()

    def hover(self, x: int, y: int) -> None:
        """The pointer is over a pixel: ask about it, once the place before has been answered.

        Waiting for the answer before, rather than calling it off, keeps the map moving on slow
        machines, too: there is always an answer to show.
        """
        if not (self._live and self._active and self._view in FOLLOWING):
            return
        self._hover_next = (x, y)
        if not self._hover_job:
            self._ask_where_hovered()

    def leave(self) -> None:
        """The pointer is elsewhere: show the clicked query again."""
        if self._hover_next is not None or isinstance(self._asked, HoverInquiry):
            self._hover_next = None
            self.ask()

    def ask(self) -> None:
        """Ask about the clicked pixel."""
        point = self._inspection.point
        if point is None and self._view == "received" and self._document.image is not None:
            height, width = self._document.image.shape[:2]
            point = (width // 2, height // 2)  # all look: only tiles need to know which one
        if not self._may_ask() or point is None:
            if self._active:
                self._asked = None
                self._shown = None
                self.emptied.emit()
            return
        self._hover_next = None
        self._submit(AttentionInquiry, point)

    def measure_spread(self) -> None:
        """Find how far and how sharply every head looks, over the whole picture."""
        model, image = self._model, self._document.image
        if model is None or image is None or not model.heads:
            return
        height, width = image.shape[:2]
        point = self._inspection.point or (width // 2, height // 2)
        self._spread_asked = SpreadInquiry(model.spec, self._document.name or "", image, point)
        self._jobs[self._client.submit(self._spread_asked)] = self._spread_asked

    def _may_ask(self) -> bool:
        has_both = self._model is not None and self._document.image is not None
        return self._active and has_both and bool(self._model and self._model.heads)

    def _submit(self, kind: type[AttentionInquiry], point: Point) -> int:
        model, image = self._model, self._document.image
        assert model is not None
        assert image is not None
        inquiry = self._inquiry(kind, model, image, (point,))
        if self._pinned is not None and not self._has_pinned_maps(inquiry):
            inquiry = self._inquiry(kind, model, image, (point, self._pinned))
        self._asked = inquiry
        job = self._client.submit(inquiry)
        self._jobs[job] = inquiry
        return job

    def _inquiry(
        self,
        kind: type[AttentionInquiry],
        model: ModelInfo,
        image: Image,
        points: tuple[Point, ...],
    ) -> AttentionInquiry:
        return kind(
            model.spec,
            self._document.name or "",
            image,
            self._view,
            self._inspection.stage,
            self._inspection.block,
            points,
        )

    def _ask_where_hovered(self) -> None:
        if self._hover_next is not None and self._may_ask():
            point, self._hover_next = self._hover_next, None
            self._hover_job = self._submit(HoverInquiry, point)

    def _has_pinned_maps(self, inquiry: AttentionInquiry) -> bool:
        """Whether the pinned query's maps are known for the same picture, model and block."""
        if self._pinned_maps is None:
            return False
        before = self._pinned_maps[0]
        return before.image is inquiry.image and _place_of(before) == _place_of(inquiry)

    def _take(self, answer: InquiryAnswer) -> None:
        if isinstance(answer.inquiry, SpreadInquiry):
            self._take_spread(answer)
            return
        inquiry = answer.inquiry
        if inquiry is not self._asked or not isinstance(inquiry, AttentionInquiry):
            return
        self._shown = answer.value[0]
        if len(answer.value) > 1:
            self._pinned_maps = (inquiry, answer.value[1])
        known = self._pinned is not None and self._has_pinned_maps(inquiry)
        pinned = self._pinned_maps[1] if known and self._pinned_maps else None
        self.answered.emit(AttentionShown(answer.value[0], pinned))

    def _take_spread(self, answer: InquiryAnswer) -> None:
        inquiry, image = answer.inquiry, self._document.image
        if inquiry is not self._spread_asked or image is None or self._model is None:
            return
        size = (image.shape[0], image.shape[1])
        self.spreadFound.emit(
            SpreadShown(answer.value, size, self._model.name, self._document.name or "")
        )

    def _follow_job(self, status: JobStatus) -> None:
        if not status.state.is_end:
            return
        inquiry = self._jobs.pop(status.id, None)
        if status.state is JobState.FAILED and inquiry is not None:
            if inquiry is self._asked:
                self.refused.emit(status.error)
            elif inquiry is self._spread_asked:
                self.spreadRefused.emit(status.error)
        called_off = status.state is JobState.CANCELLED and isinstance(inquiry, SpreadInquiry)
        if called_off and inquiry is self._spread_asked:
            self.spreadRefused.emit("")
        if status.id == self._hover_job:
            self._hover_job = 0
            self._ask_where_hovered()

    def _follow_image(self) -> None:
        self._asked = self._spread_asked = None
        self._shown = None
        self._hover_next = None
        if self._pinned is not None:
            self._pinned = self._pinned_maps = None
            self.pinnedChanged.emit(None)
        self.spreadFound.emit(None)

    def _follow_point(self, _point: Point | None) -> None:
        self.ask()

    def _follow_block(self, _stage: int, _block: int) -> None:
        self.ask()

    def _take_model(self, info: ModelInfo) -> None:
        self._model = info
        self._pinned_maps = None
        self._spread_asked = None
        self.spreadFound.emit(None)
        self.ask()


def _place_of(inquiry: AttentionInquiry) -> tuple[object, ...]:
    return inquiry.model, inquiry.view, inquiry.stage, inquiry.block
