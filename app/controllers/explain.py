"""Why one pixel got its class: asked while the page is seen, and again when its answer is void."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.controllers.asking import Asking
from app.controllers.inspection import InspectionController
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.inquiries.explain import GridInquiry, Why, WhyInquiry, WithoutInquiry
from app.inference.inquiry import Inquiry
from app.inference.requests import Image, ModelInfo, ModelSpec
from app.lay_under import PERSON_KIND

if TYPE_CHECKING:
    from segcore.inspection.ablation import Replacement


class ExplainController(QObject):
    """Explains the queried pixel, shows the picture without a stage, and the logit grid.

    `explained` carries a `Why` and the id (of the model's) of the class that a person says is
    right there, or None; `emptied` says that there is nothing to show, `refused` why there is not.
    `withoutFound` carries the stage and a label map in the document's ids, `gridFound` a
    `NativeGrid` or None.
    """

    explained = Signal(object, object)
    asking = Signal(object)
    emptied = Signal()
    refused = Signal(str)
    withoutFound = Signal(int, object)
    gridFound = Signal(object)
    failed = Signal(str, str)

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
        self._active = False
        self._replacement: Replacement = "zero"
        self._known: Why | None = None
        self._right: int | None = None
        self._grid_wanted = False
        self._why, self._without, self._grid = (Asking(client, self) for _ in range(3))
        self._why.answered.connect(self._take_why)
        self._why.refused.connect(self._take_refusal)
        self._without.answered.connect(self._take_without)
        self._without.refused.connect(self.failed)
        self._grid.answered.connect(self._take_grid)
        self._grid.refused.connect(self.failed)
        document.imageChanged.connect(self._follow_image)
        document.labelsChanged.connect(self._follow_labels)
        inspection.pointChanged.connect(self._follow_point)
        client.modelLoaded.connect(self._take_model)

    @property
    def replacement(self) -> Replacement:
        """What stands in the place of a stage that is taken out."""
        return self._replacement

    def set_active(self, active: bool) -> None:
        """Ask from now on, because somebody looks; or no longer."""
        self._active = active
        if active and self._known is None and not self._why.busy:
            self._ask()

    def set_replacement(self, replacement: Replacement) -> None:
        """Take stages out in another way."""
        if replacement != self._replacement:
            self._replacement = replacement
            self._without.call_off()
            self._forget()
            self._ask()

    def show_without(self, stage: int) -> None:
        """Find the label map without a stage, from 1."""
        found = self._about()
        if found is not None:
            classes = self._document.classes
            self._without.ask(WithoutInquiry(*found, stage, self._replacement, classes))

    def forget_without(self) -> None:
        """Want no map without a stage any more."""
        self._without.call_off()

    def want_grid(self, wanted: bool) -> None:
        """Show the logit grid of the open picture from now on, or no longer."""
        self._grid_wanted = wanted
        self._ask_grid()

    def right_class(self) -> int | None:
        """The model's id of the class that a person gave the queried pixel, if another one."""
        document, point, why = self._document, self._inspection.point, self._known
        labels, origins, project = document.labels, document.origins, document.project
        if point is None or why is None or labels is None or origins is None or project is None:
            return None
        x, y = point
        row, label = int(origins[y, x]), int(labels[y, x])
        by_person = any(one.id == row and one.kind == PERSON_KIND for one in project.origin_rows)
        if not by_person or label >= len(document.classes):
            return None
        right = why.classes.id_of(document.classes[label].name)
        return None if right == why.explanation.winner.id else right

    def _about(self) -> tuple[ModelSpec, str, Image] | None:
        """The model and the picture that questions are about, once there are both."""
        document, model = self._document, self._model
        if model is None or document.image is None:
            return None
        return model.spec, document.name or "", document.image

    def _ask(self) -> None:
        found, point = self._about(), self._inspection.point
        if self._active and found is not None and point is not None:
            self.asking.emit(point)
            self._why.ask(WhyInquiry(*found, point, self._replacement))

    def _ask_grid(self) -> None:
        self._grid.call_off()
        self.gridFound.emit(None)
        found = self._about()
        if self._grid_wanted and found is not None:
            self._grid.ask(GridInquiry(*found))

    def _forget(self) -> None:
        self._known = None
        self._why.call_off()

    def _follow_point(self, point: object) -> None:
        self._forget()
        if point is None:
            self.emptied.emit()
        else:
            self._ask()

    def _follow_image(self) -> None:
        self._without.call_off()
        self._ask_grid()

    def _follow_labels(self) -> None:
        """A person may have corrected the pixel, or taken it back."""
        if self._known is not None and self.right_class() != self._right:
            self._tell(self._known)

    def _take_model(self, info: ModelInfo) -> None:
        self._model = info
        self._without.call_off()
        self._forget()
        self._ask()
        self._ask_grid()

    def _take_why(self, _inquiry: Inquiry, why: Why) -> None:
        self._known = why
        self._tell(why)

    def _tell(self, why: Why) -> None:
        self._right = self.right_class()
        self.explained.emit(why, self._right)

    def _take_refusal(self, sentence: str, _details: str) -> None:
        self.refused.emit(sentence)

    def _take_without(self, inquiry: Inquiry, labels: object) -> None:
        assert isinstance(inquiry, WithoutInquiry)
        self.withoutFound.emit(inquiry.stage, labels)

    def _take_grid(self, _inquiry: Inquiry, grid: object) -> None:
        self.gridFound.emit(grid)
