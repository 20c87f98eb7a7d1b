"""What if: a region of the picture is hidden, or the picture goes in at other sizes."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.controllers.asking import Asking
from app.controllers.inspection import InspectionController
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.inquiries.explain import HideInquiry, Said, SizesInquiry
from app.inference.inquiry import Inquiry
from app.inference.requests import ModelInfo
from app.lay_under import MODEL_KIND, NOBODY
from segcore.geometry import Box

SCALES = (0.5, 0.75, 1.0, 1.5, 2.0)
LARGEST_SIDE = 4096
"""As the core has it; scales that lead beyond it are left out."""


class WhatIfController(QObject):
    """Hides a region and asks again; predicts the picture at several sizes.

    `hidden` carries a `Hidden`, or None once it is void, and `sized` a tuple of `Sized`, or None.
    The signals of `hiding` and `sizing` say whether they are at work and how far.
    """

    hidden = Signal(object)
    regionChanged = Signal(object)
    sized = Signal(object)

    def __init__(
        self,
        document: Document,
        client: InferenceClient,
        inspection: InspectionController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._inspection = inspection
        self._model: ModelInfo | None = None
        self._region: Box | None = None
        self._filling = "blur"
        self.hiding, self.sizing = Asking(client, self), Asking(client, self)
        self.hiding.answered.connect(self._take_hidden)
        self.sizing.answered.connect(self._take_sized)
        document.imageChanged.connect(self._forget_all)
        inspection.pointChanged.connect(self._follow_point)
        client.modelLoaded.connect(self._take_model)

    @property
    def region(self) -> Box | None:
        """The image pixels that are hidden."""
        return self._region

    def hide(self, region: Box) -> None:
        """Hide a region in place of the one before."""
        self._region = region
        self.regionChanged.emit(region)
        self._ask_hidden()

    def set_filling(self, filling: str) -> None:
        """Put something else in the region's place."""
        if filling != self._filling:
            self._filling = filling
            self._ask_hidden()

    def unhide(self) -> None:
        """Forget the region."""
        self._region = None
        self.hiding.call_off()
        self.regionChanged.emit(None)
        self.hidden.emit(None)

    def study_sizes(self) -> None:
        """Predict the picture at several sizes; against what a person labelled, if anything."""
        document, model = self._document, self._model
        if model is None or document.image is None:
            return
        height, width = document.image.shape[:2]
        scales = tuple(s for s in SCALES if s == 1 or s * max(height, width) <= LARGEST_SIDE)
        self.sizing.ask(
            SizesInquiry(
                model.spec,
                document.name or "",
                document.image,
                scales,
                self._said(),
                document.classes,
            )
        )

    def _said(self) -> Said | None:
        """The labels as they are now, and which of them nobody or a model said."""
        document = self._document
        if document.labels is None or document.origins is None or document.project is None:
            return None
        models = (row.id for row in document.project.origin_rows if row.kind == MODEL_KIND)
        return Said(document.labels.copy(), document.origins.copy(), (NOBODY, *models))

    def _ask_hidden(self) -> None:
        document, model, point = self._document, self._model, self._inspection.point
        self.hiding.call_off()
        self.hidden.emit(None)
        if model is None or point is None or self._region is None or document.image is None:
            return
        self.hiding.ask(
            HideInquiry(
                model.spec,
                document.name or "",
                document.image,
                point,
                self._region,
                self._filling,
            )
        )

    def _follow_point(self, point: object) -> None:
        if self._region is not None and point is not None:
            self._ask_hidden()

    def _forget_all(self) -> None:
        self.sizing.call_off()
        self.unhide()
        self.sized.emit(None)

    def _take_model(self, info: ModelInfo) -> None:
        self._model = info
        self.sizing.call_off()
        self.sized.emit(None)
        if self._region is not None:
            self._ask_hidden()

    def _take_hidden(self, _inquiry: Inquiry, found: object) -> None:
        self.hidden.emit(found)

    def _take_sized(self, _inquiry: Inquiry, found: object) -> None:
        self.sized.emit(found)
