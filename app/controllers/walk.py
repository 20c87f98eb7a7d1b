"""A walk through what the model doubts: region by region, picture by picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from PySide6.QtCore import QObject

from app.controllers.assisting import AssistingController
from app.controllers.prediction import PredictionController
from app.controllers.region_walk import RegionWalk, WalkState
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.inquiries.doubt import DoubtInquiry
from app.inference.inquiry import InquiryAnswer
from app.inference.jobs import JobState, JobStatus
from app.session import Session
from app.user_error import UserError
from app.view_state import ViewState
from segcore.errors import SegcoreError
from segcore.labels import class_counts
from segcore.review.doubt import DoubtfulRegion, doubtful_regions, rarity

__all__ = ["AHEAD", "WalkController", "WalkState"]

AHEAD = 3
"""Pictures of the walk that are predicted before their turn."""


class WalkController(RegionWalk):
    """Goes through doubted regions; `regionChanged` carries a `DoubtfulRegion` or None.

    A region is proposed by `AssistingController` as it is labelled: accepted, its pixels become the
    person's.
    """

    tool: ClassVar[str] = "walk"

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
        super().__init__(document, session, view_state, assisting, parent)
        self._client = client
        self._prediction = prediction
        self._ahead: set[int] = set()
        document.predictionChanged.connect(self._ask)
        client.inquiryAnswered.connect(self._take)
        client.jobChanged.connect(self._follow_job)

    def start(self, positions: Sequence[int]) -> None:
        """Begin a walk through these pictures of the session, in this order."""
        if self._prediction.model is None:
            self._refuse(self.tr("A walk needs a model: load one first."))
        elif not positions:
            self._refuse(self.tr("Every picture that is listed is done: choose others to walk."))
        else:
            self._ahead.clear()
            self._begin(positions)

    def _find_regions(self) -> DoubtInquiry | None:
        """Have the doubt of the open picture measured once something is labelled."""
        document, model = self._document, self._prediction.model
        if model is None or document.image is None or not document.labelled:
            return None  # the prediction that comes by itself is waited for
        asked = DoubtInquiry(model.spec, self._name, document.image)
        self._client.submit(asked)
        return asked

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

        self._search(answer.inquiry, find)

    def _call_off(self) -> None:
        if self._asked is not None:
            super()._call_off()
            self._client.cancel(DoubtInquiry.kind)

    def _follow_job(self, status: JobStatus) -> None:
        """A question that failed ends the walk: the others would fail as well."""
        if status.kind == DoubtInquiry.kind and status.state is JobState.FAILED and self._asked:
            self._asked = None
            self.failed.emit(UserError(status.error or "", status.details))
            self.stop()

    def _prepare(self) -> None:
        """Have the pictures that come next predicted, where they have no labels."""
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
