"""Puts the pictures of the session in the order in which a model would learn most from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.controllers.asking import Asking
from app.inference.client import InferenceClient
from app.inference.inquiries.teach_order import TeachOrder, TeachOrderInquiry
from app.inference.inquiry import InquiryAnswer
from app.inference.requests import Image, ModelInfo
from app.session import Session
from app.user_error import UserError
from segcore.images import read_image
from segcore.project import Project
from segcore.review.said_by import said_by
from segcore.training.set_samples import JUDGES, is_vouched_for

if TYPE_CHECKING:
    from segcore.assist.next_pictures import PictureFacts


class ProjectsUnlabelled:
    """The pictures of a project, and which of them people have labelled."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def read(self, name: str) -> Image:
        """The picture, (H, W, 3) uint8 RGB."""
        return read_image(self._project.image_path(name))

    def is_labelled(self, name: str) -> bool:
        """Whether a person said some of it, or has looked at it, or its labels were imported."""
        if is_vouched_for(self._project, name):
            return True
        return any(bool(said_by(self._project, [name], who)[0]) for who in JUDGES)


class TeachOrderController(QObject):
    """Asks the model about every picture once and keeps what it says until the model changes.

    `ranksFound` carries (n,) int64, the place of each of the session's pictures in the order;
    pictures that are labelled, and those nothing is known of, share the last place.
    """

    ranksFound = Signal(object)
    failed = Signal(object)
    notice = Signal(str)

    def __init__(
        self, session: Session, client: InferenceClient, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._model: ModelInfo | None = None
        self._facts: dict[str, PictureFacts] = {}
        self._asking = Asking(client, self)
        self._asking.answered.connect(self._take)
        self._asking.refused.connect(lambda text, more: self.failed.emit(UserError(text, more)))
        client.modelLoaded.connect(self._take_model)
        client.inquiryAnswered.connect(self._take_partial)
        session.projectLeaving.connect(self._forget)

    def ask(self) -> None:
        """Find the order; what was said of pictures earlier is not asked again."""
        project, model = self._session.project, self._model
        if project is None or model is None:
            self.notice.emit(self.tr("Open pictures and load a model first."))
            return
        names = tuple(self._session.names)
        store = ProjectsUnlabelled(project)
        self._asking.call_off()
        self._asking.ask(TeachOrderInquiry(model.spec, names, store, dict(self._facts)))

    def call_off(self) -> None:
        """Nobody wants the order any more; what is known stays known."""
        self._asking.call_off()

    def _take(self, _inquiry: object, order: TeachOrder) -> None:
        self._show(order)

    def _take_partial(self, answer: InquiryAnswer) -> None:
        if isinstance(answer.inquiry, TeachOrderInquiry) and not answer.final:
            self._show(answer.value)

    def _show(self, order: TeachOrder) -> None:
        self._facts.update(order.facts)
        places = {name: place for place, name in enumerate(order.names)}
        last = len(order.names)
        ranks = [places.get(name, last) for name in self._session.names]
        self.ranksFound.emit(np.array(ranks, np.int64))

    def _take_model(self, model: ModelInfo) -> None:
        if self._model is not None and self._model.sha256 != model.sha256:
            self._forget()
        self._model = model

    def _forget(self) -> None:
        self._asking.call_off()
        self._facts.clear()
