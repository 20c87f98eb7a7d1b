"""The model and its predictions: loaded, asked for, laid under a person's pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.laying import PredictionLayer
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
from app.lay_under import joined_classes
from app.session import Session
from app.user_error import UserError

OWN_KINDS = ("model", "predict", "batch")

TELL_INTERVAL = 200
"""Milliseconds for which pictures that a batch has labelled are gathered before they are told."""


class PredictionController(QObject):
    """Has models loaded and pictures predicted; a failure leaves the last good model in place."""

    atHandFound = Signal(object)
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
        self.in_sight: Callable[[], list[int]] = list
        """Places of the pictures that are in sight in the list; whoever lists them says which."""
        self._document = document
        self._session = session
        self._client = client
        self._layer = PredictionLayer(document, self)
        self._layer.laid.connect(self.pictureLabelled)
        self._layer.failed.connect(self.failed)
        self._model: ModelInfo | None = None
        self._generation = 0
        self._batches = 0
        self._stores: dict[int, ProjectPictures] = {}
        self._told: set[str] = set()
        self._labelled: list[str] = []
        self._tell_timer = QTimer(self)
        self._tell_timer.setSingleShot(True)
        self._tell_timer.setInterval(TELL_INTERVAL)
        self._tell_timer.timeout.connect(self._tell_labelled)
        document.imageChanged.connect(self._follow_image)
        session.projectLeaving.connect(self._end_batches)
        client.atHandFound.connect(self.atHandFound)
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
        """Predict every picture of the session in the background, those in sight first."""
        names = self._session.names
        first = [names[place] for place in self.in_sight() if place < len(names)]
        seen = set(first)
        self.predict_pictures([*first, *(name for name in names if name not in seen)])

    def predict_pictures(self, names: Sequence[str], *, smooth: float = 0.0) -> None:
        """Predict some pictures of the session in the background, in this order.

        Args:
            smooth: weight of the frames before, for frames of one clip that follow each other.
        """
        project = self._session.project
        if self._model is None or project is None or not names:
            return
        if not self._document.may_be_changed():
            return
        store = ProjectPictures(project, self._session.claims)
        self._document.set_classes(joined_classes(self._document.classes, self._model.classes))
        self._batches += 1
        self._stores[self._batches] = store
        self._client.submit(
            PredictBatch(self._model.spec, tuple(names), store, self._batches, smooth)
        )

    def cancel(self) -> None:
        """Call off everything that runs or waits."""
        self._client.cancel()

    def shutdown(self) -> None:
        """Finish laying under what has arrived; after the client's shutdown."""
        self._layer.shutdown()

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
            if self._document.read_only:
                self._document.show_prediction(result.prediction)
            else:
                self._layer.lay(result.prediction)

    def _take_batch_item(self, item: BatchItem) -> None:
        self._tell(item.notes)
        if item.error:
            self.pictureFailed.emit(item.image_name, item.error)
        elif item.saved or item.prediction is None:
            self._labelled.append(item.image_name)
            if not self._tell_timer.isActive():
                self._tell_timer.start()
        else:
            store = self._stores[item.generation]
            self._layer.keep(item.image_name, store, item.prediction)

    def _follow_job(self, status: JobStatus) -> None:
        if status.kind in OWN_KINDS and status.error:
            self._tell_failed(UserError(status.error, status.details))
        if status.kind == "batch" and status.state.is_end:
            self._tell_labelled()
        if status.kind == "model" and status.state.is_end:
            self.modelSettled.emit(self._model)

    def _tell_labelled(self) -> None:
        """All at a stretch: the window is painted once for them."""
        self._tell_timer.stop()
        labelled, self._labelled = self._labelled, []
        for name in labelled:
            self.pictureLabelled.emit(name)

    def _tell_failed(self, failure: UserError) -> None:
        self.failed.emit(failure)

    def _tell(self, notes: tuple[str, ...]) -> None:
        """Say what the person should know, each thing once."""
        for note in notes:
            if note not in self._told:
                self._told.add(note)
                self.notice.emit(note)
