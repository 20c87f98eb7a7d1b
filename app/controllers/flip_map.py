"""What flips of the open picture between two models, for as long as somebody wants to see it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.controllers.asking import Asking
from app.controllers.fine_tuning import origins_of_models
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.inquiries.flips import FlipMap, FlipMapInquiry
from app.inference.requests import ModelSpec
from app.session import Session
from segcore.training.set_samples import is_vouched_for


class FlipMapController(QObject):
    """`found` carries a `FlipMap` of the open picture, or None once it is void."""

    found = Signal(object)
    refused = Signal(str)

    def __init__(
        self,
        document: Document,
        session: Session,
        client: InferenceClient,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._session = session
        self._models: tuple[ModelSpec, ModelSpec] | None = None
        self._wanted = False
        self._asking = Asking(client, self)
        self._asking.answered.connect(lambda _inquiry, answer: self._take(answer))
        self._asking.refused.connect(lambda text, _more: self.refused.emit(text))
        self.shown: FlipMap | None = None
        document.imageChanged.connect(self._ask)

    def want(self, wanted: bool) -> None:
        """Show what flips from now on, of every picture that opens; or no longer."""
        self._wanted = wanted
        self._ask()

    def set_models(self, models: tuple[ModelSpec, ModelSpec] | None) -> None:
        """Compare these, the one before first; nothing is shown without them."""
        if models != self._models:
            self._models = models
            self._ask()

    def _ask(self) -> None:
        self._take(None)
        document, project = self._document, self._session.project
        if not self._wanted or self._models is None or project is None:
            self._asking.call_off()
        elif document.image is not None and document.name is not None:
            models = [] if is_vouched_for(project, document.name) else origins_of_models(project)
            approved = _approved(document, models)
            self._asking.ask(
                FlipMapInquiry(
                    *self._models, document.name, document.image, approved, document.classes
                )
            )

    def _take(self, answer: FlipMap | None) -> None:
        self.shown = answer
        self.found.emit(answer)


def _approved(document: Document, models: list[int]) -> npt.NDArray[Any]:
    """(H, W) a copy of the open picture's labels, ignore where no person has said anything."""
    assert document.image is not None
    ignore = document.classes.ignore
    if document.labels is None or document.origins is None:
        size = (document.image.shape[0], document.image.shape[1])
        return np.full(size, ignore, document.classes.dtype)
    unsaid = np.zeros(256, np.bool_)
    unsaid[models] = True
    labels = document.labels.copy()
    labels[unsaid[document.origins]] = ignore
    return labels
