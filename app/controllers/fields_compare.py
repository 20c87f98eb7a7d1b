"""Asks several models for their receptive fields, one comparison at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.controllers.inspection import InspectionController
from app.document import Document
from app.field_choices import FieldChoices
from app.inference.client import InferenceClient
from app.inference.inquiries.fields_compare import ComparedModel, CompareFields
from app.inference.inquiry import InquiryAnswer
from app.inference.jobs import JobStatus
from app.inference.requests import ModelInfo
from app.session import Session


class FieldsCompareController(QObject):
    """`found` carries a `Comparison` that is all there will be, `refused` a sentence."""

    begun = Signal()
    advanced = Signal(object)
    found = Signal(object)
    refused = Signal(str)
    ended = Signal()

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
        self._asked: CompareFields | None = None
        self._job = 0
        client.modelLoaded.connect(self._take_model)
        client.inquiryAnswered.connect(self._take)
        client.jobChanged.connect(self._follow_job)

    def compare(self, models: Sequence[tuple[str, str]], choices: FieldChoices) -> None:
        """Compare models, each a source and a title, at the queried pixel of the open picture."""
        point, image = self._inspection.point, self._document.image
        if point is None or image is None:
            self.refused.emit(
                self.tr("No pixel is chosen: click in the picture with the query tool first.")
            )
            return
        name = self._document.name or ""
        rows = self._rows(models)
        self._ask(CompareFields(rows, choices.measured, point, image, name))

    def compare_over(
        self, models: Sequence[tuple[str, str]], choices: FieldChoices, names: Sequence[str]
    ) -> None:
        """Compare models at the middle of pictures of the list."""
        project = self._session.project
        if project is None or not names:
            self.refused.emit(self.tr("There are no pictures: open a folder with some."))
            return
        paths = {name: project.image_path(name) for name in names}
        rows = self._rows(models)
        self._ask(CompareFields(rows, choices.measured, None, paths=paths))

    def stop(self) -> None:
        """End it; the models that have answered by then are shown."""
        if self._asked is not None:
            self._asked.stopped.set()

    def _rows(self, models: Sequence[tuple[str, str]]) -> tuple[ComparedModel, ...]:
        if self._model is None:
            return ()
        spec = self._model.spec
        return tuple(ComparedModel(title, replace(spec, source=key)) for key, title in models)

    def _ask(self, inquiry: CompareFields) -> None:
        if self._asked is not None or not inquiry.models:
            return
        self._asked = inquiry
        self.begun.emit()
        self._job = self._client.submit(inquiry)

    def _take_model(self, info: ModelInfo) -> None:
        self._model = info

    def _take(self, answer: InquiryAnswer) -> None:
        if self._asked is None or answer.inquiry is not self._asked:
            return
        if answer.final:
            self.found.emit(answer.value)
        else:
            self.advanced.emit(answer.value)

    def _follow_job(self, status: JobStatus) -> None:
        if status.id == self._job and status.state.is_end:
            self._asked = None
            if status.error:
                self.refused.emit(status.error)
            self.ended.emit()
