"""Entropy and margin of the open picture, asked for when a person wants to see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.document import Document
from app.inference.client import InferenceClient
from app.inference.inquiry import InquiryAnswer
from app.inference.jobs import JobState, JobStatus
from app.inference.requests import Image, ModelInfo
from app.inference.uncertainty import MEASURES, Measure, UncertaintyInquiry
from app.user_error import UserError

if TYPE_CHECKING:
    from segcore.inference import Prediction


class UncertaintyController(QObject):
    """Keeps the measures of the picture that is open, each computed once.

    They are of the model that made the prediction; of a picture that was not predicted since it
    was opened, of the model in use.

    `measureChanged(name, values)` has (H, W) float16 from 0 to 1, or None once they are void.
    """

    measureChanged = Signal(str, object)
    failed = Signal(object)
    notice = Signal(str)

    def __init__(
        self, document: Document, client: InferenceClient, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._client = client
        self._model: ModelInfo | None = None
        self._wanted: Measure | None = None
        self._asked: UncertaintyInquiry | None = None
        self._job = 0
        self._image: Image | None = None
        self._prediction: Prediction | None = None
        self._maps: dict[str, npt.NDArray[np.float16]] = {}
        document.imageChanged.connect(self._follow_prediction)
        document.predictionChanged.connect(self._follow_prediction)
        client.modelLoaded.connect(self._take_model)
        client.inquiryAnswered.connect(self._take)
        client.jobChanged.connect(self._follow_job)

    def want(self, name: str) -> None:
        """Show a measure from now on, or none of them where `name` is something else."""
        wanted = next((measure for measure in MEASURES if measure == name), None)
        if wanted != self._wanted:
            self._wanted = wanted
            self._call_off()
            self._ask()

    def value_at(self, x: int, y: int) -> tuple[str, float] | None:
        """The measure that is shown and its value at an image pixel, once it is known."""
        values = self._maps.get(self._wanted or "")
        return None if values is None else (str(self._wanted), float(values[y, x]))

    def _follow_prediction(self) -> None:
        shown = self._document.image, self._document.prediction
        if shown[0] is self._image and shown[1] is self._prediction:
            return
        self._image, self._prediction = shown
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._call_off()
        for name in list(self._maps):
            del self._maps[name]
            self.measureChanged.emit(name, None)
        self._ask()

    def _take_model(self, info: ModelInfo) -> None:
        another = self._model is None or self._model.spec != info.spec
        self._model = info
        if another and self._prediction is None:
            self._begin_anew()

    def _ask(self) -> None:
        """Ask for what is wanted and not known."""
        document, prediction, model = self._document, self._prediction, self._model
        if self._wanted is None or self._wanted in self._maps:
            return
        if document.image is None or document.name is None or model is None:
            return
        if prediction is not None and model.sha256 != prediction.sha256:
            self.notice.emit(
                self.tr("Another model made these labels: predict this picture again to see more.")
            )
            return
        self._asked = UncertaintyInquiry(model.spec, document.name, document.image, self._wanted)
        self._job = self._client.submit(self._asked)

    def _call_off(self) -> None:
        if self._asked is not None:
            self._asked = None
            self._client.cancel(UncertaintyInquiry.kind)

    def _take(self, answer: InquiryAnswer) -> None:
        inquiry = answer.inquiry
        if inquiry is not self._asked or not isinstance(inquiry, UncertaintyInquiry):
            return
        self._asked = None
        self._maps[inquiry.measure] = answer.value
        self.measureChanged.emit(inquiry.measure, answer.value)

    def _follow_job(self, status: JobStatus) -> None:
        if status.kind == UncertaintyInquiry.kind and status.error:
            self.failed.emit(UserError(status.error, status.details))
        if status.id == self._job and status.state in (JobState.CANCELLED, JobState.FAILED):
            self._asked = None
