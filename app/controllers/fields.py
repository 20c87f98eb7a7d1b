"""Effective receptive fields: of the queried pixel while somebody looks, or over pictures."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.controllers.inspection import InspectionController
from app.document import Document
from app.field_choices import FieldChoices
from app.inference.client import InferenceClient
from app.inference.inquiries.fields import AverageFields, Fields, FieldsAt
from app.inference.inquiry import InquiryAnswer
from app.inference.jobs import JobState, JobStatus
from app.inference.requests import ModelInfo, Point
from app.session import Session


class FieldsController(QObject):
    """Asks for the fields of the queried pixel, and for averages.

    `pixelChanged` carries a `Fields` and the point, `averageChanged` a `Fields` that may still
    grow; `refused` and `averageRefused` a sentence. `asked` says that an answer is awaited, and
    `emptied` that there is no pixel to show.
    """

    asked = Signal(object)
    pixelChanged = Signal(object, object)
    refused = Signal(str)
    emptied = Signal()
    choicesChanged = Signal(object)
    averageBegun = Signal(int)
    averageAdvanced = Signal(int, int, object)
    averageChanged = Signal(object)
    averageEnded = Signal(object)
    averageRefused = Signal(str)

    def __init__(
        self,
        document: Document,
        session: Session,
        client: InferenceClient,
        inspection: InspectionController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._session = session
        self._client = client
        self._inspection = inspection
        self._model: ModelInfo | None = None
        self._active = False
        self._choices = FieldChoices()
        self._asked: FieldsAt | None = None
        self._answered: tuple[FieldsAt, Fields] | None = None
        self._average: AverageFields | None = None
        self._averaged: Fields | None = None
        self._jobs: dict[str, int] = {}
        document.imageChanged.connect(self._forget_pixel)
        inspection.pointChanged.connect(self._follow_point)
        client.modelLoaded.connect(self._take_model)
        client.inquiryAnswered.connect(self._take)
        client.jobChanged.connect(self._follow_job)

    @property
    def model(self) -> ModelInfo | None:
        """The model that is asked."""
        return self._model

    @property
    def choices(self) -> FieldChoices:
        """How fields are measured and shown."""
        return self._choices

    @property
    def pixel(self) -> Fields | None:
        """The fields of the pixel, if they are known and up to date."""
        known = self._answered
        return known[1] if known is not None and known[0] is self._asked else None

    def set_active(self, active: bool) -> None:
        """Ask from now on, because somebody looks; or no longer."""
        if active != self._active:
            self._active = active
            self.ask()

    def set_choices(self, choices: FieldChoices) -> None:
        """Measure or show in another way; asks anew only where the values depend on it."""
        anew = choices.measured != self._choices.measured
        self._choices = choices
        self.choicesChanged.emit(choices)
        if anew:
            self.ask()

    def ask(self) -> None:
        """Have the fields of the pixel computed, unless they are known or on their way."""
        point, image = self._inspection.point, self._document.image
        if not self._active or self._model is None or point is None or image is None:
            return
        wanted = (self._model.spec, point, self._choices.measured)
        known = self._asked
        if (
            known is not None
            and known.image is image
            and (known.model, known.point, known.choices) == wanted
        ):
            return
        self._asked = FieldsAt(
            self._model.spec, self._document.name or "", image, point, self._choices.measured
        )
        self.asked.emit(point)
        self._jobs["fields"] = self._client.submit(self._asked)

    def names(self, which: str, most: int) -> list[str]:
        """Pictures of the list: the `first` ones, `all`, or from the `chosen` one on."""
        begin = max(self._session.current, 0) if which == "chosen" else 0
        return self._session.names[begin : begin + most]

    def average(self, which: str, most: int, *, at_pixel: bool) -> None:
        """Average over pictures of the list; `which` and `most` as for `names`.

        Only one average runs at a time; its result is kept until the next one begins.
        """
        project, names = self._session.project, self._session.names
        point = self._inspection.point
        if self._model is None or self._average is not None:
            return
        if project is None or not names:
            self.averageRefused.emit(self.tr("There are no pictures: open a folder with some."))
            return
        if at_pixel and point is None:
            self.averageRefused.emit(
                self.tr("No pixel is chosen: click in the picture with the query tool first.")
            )
            return
        chosen = self.names(which, most)
        self._averaged = None
        self._average = AverageFields(
            self._model.spec,
            {name: project.image_path(name) for name in chosen},
            self._choices.measured,
            point if at_pixel else None,
        )
        self.averageBegun.emit(len(chosen))
        self._jobs["average"] = self._client.submit(self._average)

    def pause_average(self, paused: bool) -> None:
        """Hold the average, or go on with it."""
        if self._average is not None:
            if paused:
                self._average.paused.set()
            else:
                self._average.paused.clear()

    def stop_average(self) -> None:
        """End it; what is known by then is kept."""
        if self._average is not None:
            self._average.stopped.set()
            self._average.paused.clear()

    def _forget_pixel(self) -> None:
        self._asked = self._answered = None
        self.emptied.emit()

    def _follow_point(self, point: Point | None) -> None:
        if point is None:
            self._forget_pixel()
        else:
            self.ask()

    def _take_model(self, info: ModelInfo) -> None:
        self._model = info
        self.ask()

    def _take(self, answer: InquiryAnswer) -> None:
        if answer.inquiry is self._asked and self._asked is not None:
            self._answered = (self._asked, answer.value)
            self.pixelChanged.emit(answer.value, self._asked.point)
        elif answer.inquiry is self._average and self._average is not None:
            self._averaged = answer.value
            self.averageChanged.emit(answer.value)

    def _follow_job(self, status: JobStatus) -> None:
        if status.id == self._jobs.get("fields"):
            if status.error:
                self._asked = None
                self.refused.emit(status.error)
            elif status.state is JobState.CANCELLED:
                self._asked = None
        elif status.id == self._jobs.get("average"):
            self._follow_average(status)

    def _follow_average(self, status: JobStatus) -> None:
        if not status.state.is_end:
            progress = status.progress
            if progress is not None and self._average is not None:
                pictures = len(self._average.paths)
                done = progress.done * pictures // max(progress.total, 1)
                self.averageAdvanced.emit(done, pictures, progress.seconds_left)
            return
        self._average = None
        self.averageEnded.emit(self._averaged)
        if status.error:
            self.averageRefused.emit(status.error)
