"""A predictor of the frames of one video whose logits are smoothed along the motion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from segcore.decoding.pixels import RGB
from segcore.errors import RequestError
from segcore.inference import Prediction, Predictor
from segcore.inference.blocks import Block
from segcore.inference.encoded import EncodedImage
from segcore.inference.mean_entropy import MeanEntropy
from segcore.inference.passes import pieces_of
from segcore.inference.upsample import empty_labels, label_block
from segcore.motion.smoothing import WEIGHT, LogitSmoother, Past
from segcore.progress import CancelToken, ProgressCallback


class SmoothedPredictor:
    """Predicts frames that come in order, as a batch of one video has them.

    Everything else is the predictor's own. What it says is told apart from what the model says
    alone: by `numerics`, and by the name of the model in its predictions.
    """

    def __init__(self, predictor: Predictor, weight: float = WEIGHT) -> None:
        """`weight` of the past as `LogitSmoother` takes it.

        Raises:
            RequestError: the weight is impossible.
        """
        self._predictor = predictor
        self._smoother = LogitSmoother(weight)
        self._said_by = f"{predictor.name}, smoothed {weight:g}"
        self.numerics = f"{predictor.numerics}, smoothed {weight:g}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._predictor, name)

    def predict(
        self,
        image: RGB,
        *,
        confidence: bool | None = None,
        cancel: CancelToken | None = None,
        progress: ProgressCallback | None = None,
    ) -> Prediction:
        """Labels and confidence of the next frame, as `Predictor.predict` gives them.

        Raises:
            Cancelled: `cancel` was called.
            RequestError: the frame goes through the model in several pieces or passes.
        """
        predictor = self._predictor
        encoded, block = self._step(image, cancel, progress)
        labels = empty_labels(encoded.size, predictor.classes)
        wanted = predictor.gives_confidence if confidence is None else confidence
        share = np.empty(encoded.size, np.float16) if wanted else None
        label_block(block, labels, share)
        entropy = MeanEntropy()
        entropy.add_block(block)
        return Prediction(
            labels,
            np.broadcast_to(np.float16(np.nan), encoded.size) if share is None else share,
            predictor.classes,
            self._said_by,
            predictor.sha256,
            tuple(encoded.notes),
            encoded.protocol,
            entropy.value,
        )

    def follow(self, image: RGB, *, cancel: CancelToken | None = None) -> None:
        """Take in the next frame as `predict` does, for the sake of those behind it.

        Raises:
            Cancelled, RequestError: as `predict`.
        """
        self._step(image, cancel, None)

    @property
    def past(self) -> Past | None:
        """What the next frame needs of those before; None before the first."""
        return self._smoother.past

    def go_on_from(self, past: Past | None) -> None:
        """Have the next frame be the one after those."""
        self._smoother.past = past

    @property
    def began_anew(self) -> bool:
        """Whether nothing of the frames before went into the last one."""
        return self._smoother.began_anew

    def _step(
        self, image: RGB, cancel: CancelToken | None, progress: ProgressCallback | None
    ) -> tuple[EncodedImage, Block]:
        predictor = self._predictor
        encoded = predictor.encode(image, budget=0)
        block = predictor.with_less_memory(encoded, lambda: _whole(encoded, cancel, progress))
        logits = self._smoother.step(image, np.asarray(block.logits.float().cpu()))
        return encoded, replace(block, logits=torch.from_numpy(logits))


def _whole(
    encoded: EncodedImage, cancel: CancelToken | None, progress: ProgressCallback | None
) -> Block:
    pieces = list(pieces_of(encoded, cancel, progress))
    if len(pieces) == 1 and isinstance(pieces[0], Block):
        return pieces[0]
    raise RequestError(
        "Smoothing needs frames that go through the model in one piece: use another protocol, or "
        "leave it out."
    )
