"""The model and its predictions: loaded, asked for, laid under a person's pixels."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.picture_store import ProjectPictures
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.jobs import JobStatus
from app.inference.requests import (
    BatchItem,
    LoadModel,
    ModelInfo,
    ModelSpec,
    PredictBatch,
    PredictImage,
    PredictionResult,
)
from app.lay_under import Ground, Laid, joined_classes, lay_under
from app.relay import Relay
from app.session import Session
from app.user_error import UserError, user_error

if TYPE_CHECKING:
    from segcore.inference import Prediction

OWN_KINDS = ("model", "predict", "batch")
STROKE_PAUSE = 30  # milliseconds until a prediction tries again to get under a stroke


class PredictionController(QObject):
    """Has models loaded and pictures predicted; a failure leaves the last good model in place."""

    modelChanged = Signal(object)
    modelLoading = Signal(object)
    modelSettled = Signal(object)
    failed = Signal(object)
    notice = Signal(str)
    pictureLabelled = Signal(str)
    pictureFailed = Signal(str, str)

    def __init__(
        self,
        document: Document,
        session: Session,
        client: InferenceClient,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.automatic = True
        self._document = document
        self._session = session
        self._client = client
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "lay-under")
        self._model: ModelInfo | None = None
        self._generation = 0
        self._batches = 0
        self._stores: dict[int, ProjectPictures] = {}
        self._told: set[str] = set()
        document.imageChanged.connect(self._follow_image)
        session.projectLeaving.connect(self._end_batches)
        client.modelLoaded.connect(self._take_model)
        client.predictionReady.connect(self._take_prediction)
        client.batchItemReady.connect(self._take_batch_item)
        client.jobChanged.connect(self._follow_job)

    @property
    def model(self) -> ModelInfo | None:
        """The model in use; None until the first is loaded."""
        return self._model

    def set_model(self, spec: ModelSpec) -> None:
        """Load a model and use it from then on; `modelChanged` or `failed` says how it went."""
        self.modelLoading.emit(spec)
        self._client.submit(LoadModel(spec))

    def predict(self) -> None:
        """Predict the open picture."""
        document = self._document
        if self._model is None or document.image is None or document.name is None:
            return
        self._client.submit(
            PredictImage(self._model.spec, document.name, document.image, self._generation)
        )

    def predict_all(self) -> None:
        """Predict every picture of the session in the background."""
        project = self._session.project
        if self._model is None or project is None or not self._session.names:
            return
        store = ProjectPictures(project, self._session.claims)
        self._document.set_classes(joined_classes(self._document.classes, self._model.classes))
        self._batches += 1
        self._stores[self._batches] = store
        self._client.submit(
            PredictBatch(self._model.spec, tuple(self._session.names), store, self._batches)
        )

    def cancel(self) -> None:
        """Call off everything that runs or waits."""
        self._client.cancel()

    def shutdown(self) -> None:
        """Finish laying under what has arrived and end the thread; after the client's shutdown."""
        self._thread.shutdown(wait=True)
        self._relay.deliver_all()
        self._relay.close()

    def _follow_image(self) -> None:
        self._generation += 1
        self._client.cancel("predict")
        self._predict_unlabelled()

    def _predict_unlabelled(self) -> None:
        if self.automatic and self._document.image is not None and not self._document.labelled:
            self.predict()

    def _end_batches(self) -> None:
        self._client.cancel("batch")

    def _take_model(self, info: ModelInfo) -> None:
        self._model = info
        self.modelChanged.emit(info)
        self._tell(info.notes)
        self._predict_unlabelled()

    def _take_prediction(self, result: PredictionResult) -> None:
        if result.generation == self._generation and result.image_name == self._document.name:
            self._tell(result.notes)
            self._lay_under(result.prediction)

    def _take_batch_item(self, item: BatchItem) -> None:
        self._tell(item.notes)
        if item.error:
            self.pictureFailed.emit(item.image_name, item.error)
        elif item.saved or item.prediction is None:
            self.pictureLabelled.emit(item.image_name)
        elif item.image_name == self._document.name:
            self._lay_under(item.prediction)
            self.pictureLabelled.emit(item.image_name)
        else:
            self._save_later(item, item.prediction)

    def _lay_under(self, prediction: Prediction) -> None:
        """Work out on another thread what changes, for the open picture."""
        self._document.accept_classes_of(prediction)
        ground = self._document.ground()
        self._thread.submit(self._work_out, prediction, ground, self._generation)

    def _work_out(self, prediction: Prediction, ground: Ground, generation: int) -> None:
        try:
            laid = lay_under(prediction, ground, ground.origin_of(prediction))
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The prediction could not be used"))
            self._relay.post(self._tell_failed, failure)
        else:
            self._relay.post(self._put_in_place, prediction, laid, generation)

    def _put_in_place(self, prediction: Prediction, laid: Laid, generation: int) -> None:
        if generation != self._generation:
            return
        if self._document.stroke_under_way:
            QTimer.singleShot(
                STROKE_PAUSE, self, partial(self._put_in_place, prediction, laid, generation)
            )
        elif not self._document.put_in_place(prediction, laid):
            self._lay_under(prediction)

    def _save_later(self, item: BatchItem, prediction: Prediction) -> None:
        """The window had the picture when it was predicted, and has closed it since."""
        store = self._stores[item.generation]
        self._thread.submit(self._save_patiently, store, item.image_name, prediction)

    def _save_patiently(self, store: ProjectPictures, name: str, prediction: Prediction) -> None:
        try:
            store.save_patiently(name, prediction)
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The labels could not be saved"))
            self._relay.post(self._tell_failed, failure)
        else:
            self._relay.post(self._tell_labelled, name)

    def _follow_job(self, status: JobStatus) -> None:
        if status.kind in OWN_KINDS and status.error:
            self._tell_failed(UserError(status.error, status.details))
        if status.kind == "model" and status.state.is_end:
            self.modelSettled.emit(self._model)

    def _tell_labelled(self, name: str) -> None:
        self.pictureLabelled.emit(name)

    def _tell_failed(self, failure: UserError) -> None:
        self.failed.emit(failure)

    def _tell(self, notes: tuple[str, ...]) -> None:
        """Say what the person should know, each thing once."""
        for note in notes:
            if note not in self._told:
                self._told.add(note)
                self.notice.emit(note)
