"""What a batch needs of a predictor; named here so that nothing of torch is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from segcore.classes import ClassTable
from segcore.geometry import Box
from segcore.labels import LabelMap
from segcore.progress import CancelToken

if TYPE_CHECKING:
    from segcore.motion.smoothing import Past

Save = Literal["confidence", "top2", "entropy", "margin", "logits", "features"]
SAVES: tuple[Save, ...] = ("confidence", "top2", "entropy", "margin", "logits", "features")

Arrays = dict[str, npt.NDArray[Any]]


class Predicted(Protocol):
    """What is needed of a prediction."""

    @property
    def labels(self) -> LabelMap: ...
    @property
    def confidence(self) -> npt.NDArray[np.float16]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


class BatchPredictor(Protocol):
    """What is needed of `segcore.Predictor`."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def numerics(self) -> str: ...
    @property
    def classes(self) -> ClassTable: ...
    def encode(self, image: Any) -> Any: ...
    def predict(self, image: Any, *, cancel: CancelToken | None = None) -> Predicted: ...
    def top2(self, encoded: Any) -> tuple[npt.NDArray[Any], npt.NDArray[np.float16]]: ...
    def with_less_memory(self, encoded: Any, run: Callable[[], None]) -> None: ...
    def logits(self, encoded: Any) -> Iterable[tuple[Box, npt.NDArray[np.float32]]]: ...
    def features(self, encoded: Any) -> Iterable[tuple[Box, Arrays]]: ...


@runtime_checkable
class InOrderPredictor(Protocol):
    """What is needed beside that of a predictor whose answer depends on the frames before."""

    @property
    def past(self) -> Past | None: ...
    @property
    def began_anew(self) -> bool: ...
    def go_on_from(self, past: Past | None) -> None: ...
    def follow(self, image: Any, *, cancel: CancelToken | None = None) -> None: ...
