"""A predictor of the frames of one video whose logits are smoothed along the motion."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from segcore.batch.results import Result
from segcore.decoding.pixels import RGB
from segcore.errors import RequestError
from segcore.inference import Predictor
from segcore.labels import LabelMap
from segcore.motion.smoothing import LogitSmoother, labels_of
from segcore.progress import CancelToken


class SmoothedPredictor:
    """Gives labels alone; frames have to come in order, as a batch of one video has them.

    Everything else is the predictor's own.
    """

    def __init__(self, predictor: Predictor, weight: float) -> None:
        """`weight` of the past as `LogitSmoother` takes it.

        Raises:
            RequestError: the weight is impossible.
        """
        self._predictor = predictor
        self._smoother = LogitSmoother(weight)
        self.numerics = f"{predictor.numerics}, smoothed {weight:g}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._predictor, name)

    def predict(self, image: RGB, *, cancel: CancelToken | None = None) -> Result:
        """The labels of the next frame.

        Raises:
            RequestError: the frame goes through the model in several pieces.
        """
        if cancel is not None:
            cancel.raise_if_cancelled()
        tiles = list(self._predictor.logits(self._predictor.encode(image, budget=0)))
        if len(tiles) != 1:
            raise RequestError(
                "Smoothing needs frames that go through the model in one piece: use another "
                "protocol, or leave it out."
            )
        logits = self._smoother.step(image, np.asarray(tiles[0][1], np.float32))
        found = labels_of(logits, (image.shape[0], image.shape[1]))
        return Result(cast("LabelMap", found.astype(self._predictor.classes.dtype)))
