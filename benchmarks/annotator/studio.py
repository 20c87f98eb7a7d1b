"""The window's own assistants, without the window: what a gesture on a picture would propose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from app.assistants.scene import Memo, Scene
from app.assistants.table import ASSISTANTS
from app.gesture import Gesture
from app.inference.inquiry import Inquiry
from app.inference.requests import ModelInfo, ModelSpec
from app.tool_options import Options
from app.tool_rows import default_options
from benchmarks.annotator.sheet import MODEL, Sheet
from segcore.classes import ClassTable
from segcore.edits import Proposal
from segcore.errors import RequestError
from segcore.inference import EncodedImage, Predictor
from segcore.progress import CancelToken


class Model:
    """A predictor that answers the assistants' questions at once."""

    def __init__(self, source: str) -> None:
        self._predictor = Predictor.load(source)
        self._encoded: tuple[Any, EncodedImage] | None = None
        self.classes = self._predictor.classes
        self.info = ModelInfo(
            ModelSpec(source), source, self.classes, "cpu", "fp32", "fast", (), ()
        )

    def predictor(self, _spec: ModelSpec) -> Predictor:
        """The one that there is."""
        return self._predictor

    def encoded(self, _spec: ModelSpec, image: npt.NDArray[np.uint8]) -> EncodedImage:
        """The picture with its features, kept until the next one comes."""
        if self._encoded is None or self._encoded[0] is not image:
            self._encoded = image, self._predictor.encode(image)
        return self._encoded[1]

    def labels(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
        """(H, W) the prediction, in the model's ids."""
        return self._predictor.predict(self.encoded(self.info.spec, image)).labels

    def ask(self, inquiry: Inquiry) -> Any:
        """What the inference thread would answer."""
        nothing: Callable[[Any], None] = lambda _: None  # noqa: E731
        return inquiry.answer(self, CancelToken(), nothing, nothing)


class Studio:
    """One picture in the window, as far as assistants see it."""

    def __init__(self, image: npt.NDArray[np.uint8], classes: ClassTable, model: Model) -> None:
        self.image, self.classes, self.model = image, classes, model
        self._memo, self._changes = Memo(), 0
        self._cells: dict[Any, Memo] = {}

    def changed(self) -> None:
        """Labels are not what they were."""
        self._changes += 1

    def proposes(
        self, sheet: Sheet, class_id: int, gesture: Gesture, **options: Any
    ) -> Proposal | None:
        """What its tool's assistant proposes for a gesture; options that are not given are as the
        program comes; None also where the tool refuses."""
        # Superpixels are kept at one size: here several are tried in turn.
        cells = options.get("cell")
        memo = self._memo if cells is None else self._cells.setdefault(cells, Memo())
        scene = Scene(
            self.image,
            sheet.labels,
            sheet.origins,
            self.classes,
            class_id,
            self._changes,
            CancelToken(),
            memo,
            frozenset({MODEL}),
            self.model.info,
            self.model.ask,
        )
        given: Options = {**default_options(gesture.tool), **options}
        try:
            outcome = ASSISTANTS[gesture.tool].work(scene, gesture, given)
        except RequestError:
            return None  # told to a person in the window: a box too large, none of its classes
        return None if outcome is None else outcome.proposal
