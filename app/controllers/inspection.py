"""Why the model said so: attention and receptive fields of the pixel that was asked about."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.document import Document
from app.inference.client import InferenceClient
from app.inference.jobs import JobStatus
from app.inference.requests import (
    AttentionResult,
    FieldResult,
    ModelInfo,
    Point,
    QueryField,
    QueryPoint,
)
from app.user_error import UserError
from segcore.geometry import Box
from segcore.heatmap import HeatMap

OWN_KINDS = ("query", "erf")
STAGES = (1, 2, 3, 4)


@dataclass(frozen=True, eq=False)
class AttentionView:
    """The attention of one pixel in one block: a heat map per head, and their mean.

    `cell` holds the image pixels of the stage's token that the pixel falls in.
    """

    stage: int
    block: int
    heads: list[HeatMap]
    mean: HeatMap
    point: Point
    cell: Box


class InspectionController(QObject):
    """Asks about one pixel at a time; a newer question takes the place of an older one."""

    attentionChanged = Signal(object)
    erfChanged = Signal(object, object, object)
    heatMapChosen = Signal(object)
    pointChanged = Signal(object)
    blockChanged = Signal(int, int)
    failed = Signal(object)

    def __init__(
        self, document: Document, client: InferenceClient, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._client = client
        self._model: ModelInfo | None = None
        self._point: Point | None = None
        self._stage = 1
        self._block = 0
        self._generation = 0
        self._fields_wanted = True
        self._fields_owed = False
        document.imageChanged.connect(self.clear)
        client.modelLoaded.connect(self._take_model)
        client.attentionReady.connect(self._take_attention)
        client.erfReady.connect(self._take_fields)
        client.jobChanged.connect(self._follow_job)

    @property
    def point(self) -> Point | None:
        """The pixel asked about, (x, y)."""
        return self._point

    @property
    def stage(self) -> int:
        """The stage whose attention is shown, from 1."""
        return self._stage

    @property
    def block(self) -> int:
        """The block of that stage, from 0."""
        return self._block

    def query(self, x: int, y: int) -> None:
        """Ask about a pixel: attention comes first, then the receptive fields."""
        image = self._document.image
        if image is None or not (0 <= x < image.shape[1] and 0 <= y < image.shape[0]):
            return
        self._generation += 1
        self._point = (x, y)
        self.pointChanged.emit(self._point)
        self._ask_attention()
        self._ask_fields()

    def set_stage(self, stage: int) -> None:
        """Look at another stage, 1 to 4; only the attention is asked again."""
        if stage in STAGES and stage != self._stage:
            self._stage = stage
            self._keep_block_within_stage()
            self._ask_attention()

    def set_block(self, block: int) -> None:
        """Look at another block of the stage, from 0; only the attention is asked again."""
        if block >= 0 and block != self._block:
            self._block = block
            self._keep_block_within_stage()
            self._ask_attention()

    def want_fields(self, wanted: bool) -> None:
        """Whether anybody looks at the receptive fields; they are computed once somebody does."""
        self._fields_wanted = wanted
        if wanted and self._fields_owed:
            self._ask_fields()

    def choose(self, heat_map: HeatMap | None) -> None:
        """Lay one of the heat maps over the picture, or none."""
        self.heatMapChosen.emit(heat_map)

    def clear(self) -> None:
        """Forget the question and whatever is on its way."""
        self._generation += 1
        for kind in OWN_KINDS:
            self._client.cancel(kind)
        self._fields_owed = False
        self._point = None
        self.pointChanged.emit(None)
        self.heatMapChosen.emit(None)

    def _ask_attention(self) -> None:
        document, point = self._document, self._point
        if self._model is None or point is None or document.image is None:
            return
        if not self._model.heads:
            return  # nothing in this network attends; the panel says so
        self._client.submit(
            QueryPoint(
                self._model.spec,
                document.name or "",
                document.image,
                self._generation,
                point,
                self._stage,
                self._block,
            )
        )

    def _ask_fields(self) -> None:
        document, point = self._document, self._point
        if self._model is None or point is None or document.image is None:
            return
        self._fields_owed = not self._fields_wanted
        if self._fields_owed:
            return
        self._client.submit(
            QueryField(
                self._model.spec, document.name or "", document.image, self._generation, point
            )
        )

    def _take_model(self, info: ModelInfo) -> None:
        self._model = info
        self._keep_block_within_stage()
        if self._point is not None:
            self.query(*self._point)

    def _keep_block_within_stage(self) -> None:
        if self._model is not None and self._stage <= len(self._model.depths):
            self._block = min(self._block, self._model.depths[self._stage - 1] - 1)
        self.blockChanged.emit(self._stage, self._block)

    def _take_attention(self, result: AttentionResult) -> None:
        asked = (self._generation, self._stage, self._block)
        if (result.generation, result.stage, result.block) == asked:
            self.attentionChanged.emit(
                AttentionView(
                    result.stage,
                    result.block,
                    list(result.heads),
                    result.mean,
                    result.point,
                    result.cell,
                )
            )

    def _take_fields(self, result: FieldResult) -> None:
        if result.generation == self._generation:
            self.erfChanged.emit(dict(result.fields), result.point, dict(result.figures))

    def _follow_job(self, status: JobStatus) -> None:
        if status.kind in OWN_KINDS and status.error:
            self.failed.emit(UserError(status.error, status.details))
