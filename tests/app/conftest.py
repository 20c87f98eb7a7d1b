"""Stand-ins for the core, whose work the test ends when it likes, and a project on disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from app.inference.jobs import JobState, JobStatus
from app.inference.requests import (
    AtHand,
    Choice,
    Image,
    ModelInfo,
    ModelSpec,
    PredictImage,
    QueryField,
    QueryPoint,
)
from segcore.classes import ClassTable
from segcore.errors import CheckpointError, ImageError
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.progress import CancelToken, Progress, ProgressCallback

if TYPE_CHECKING:
    from app.inference.client import InferenceClient

CLASSES = ClassTable.from_names(["road", "sky", "car"])
SIZE = (40, 60)


class FakePrediction:
    """What a prediction looks like from outside; labels are of one class unless told."""

    def __init__(
        self,
        value: int = 1,
        *,
        labels: Any = None,
        classes: ClassTable = CLASSES,
        model: str = "fake",
        size: tuple[int, int] = SIZE,
        uncertainty: float = float("nan"),
    ) -> None:
        self.labels = np.full(size, value, classes.dtype) if labels is None else labels
        self.confidence = np.ones(self.labels.shape, np.float16)
        self.classes = classes
        self.model = model
        self.sha256 = "0" * 64
        self.uncertainty = uncertainty
        self.notes: tuple[str, ...] = ()


class FakeEngine:
    """Answers at once, or after `step_seconds` a step, or when the test opens the `gate`."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.steps = 1
        self.step_seconds = 0.0
        self.ran: list[tuple[str, object]] = []
        self.threads: set[int] = set()
        self.broken = False

    def at_hand(self) -> AtHand:
        return AtHand((Choice("cpu", "CPU"), Choice("cuda:0", "cuda:0 Card")))

    def load(self, spec: ModelSpec) -> ModelInfo:
        self._begin("model", spec.source)
        if spec.source == "broken":
            raise CheckpointError("broken is no model: choose another.")
        return ModelInfo(
            spec, spec.source, CLASSES, "cpu", "fp32", "fast", (2, 2, 2, 2), (1, 2, 5, 8)
        )

    def predict(
        self, request: PredictImage, cancel: CancelToken, progress: ProgressCallback
    ) -> Any:
        self._begin("predict", request.image_name)
        self._work(progress)
        if self.broken:
            raise RuntimeError("a bug\nwith a second line")
        return FakePrediction(int(request.image[0, 0, 0]) % 3, size=request.image.shape[:2])

    def predict_once(
        self,
        spec: ModelSpec,
        image: Image,
        cancel: CancelToken,
        progress: ProgressCallback,
        *,
        confidence: bool,
    ) -> Any:
        self._begin("batch", int(image[0, 0, 0]))
        self._work(progress)
        if image[0, 0, 0] == 13:
            raise ImageError("13.png is unlucky: leave it out.")
        return FakePrediction(int(image[0, 0, 0]) % 3, size=image.shape[:2])

    def attention(self, request: QueryPoint) -> tuple[tuple[HeatMap, ...], HeatMap, Box]:
        self._begin("query", request.point)
        heat_map = _heat_map(request.image)
        x, y = (side // 4 * 4 for side in request.point)
        return (heat_map, heat_map), heat_map, Box(x, y, x + 4, y + 4)

    def fields(
        self, request: QueryField, cancel: CancelToken, progress: ProgressCallback
    ) -> tuple[Mapping[str, HeatMap], Mapping[str, Any]]:
        self._begin("erf", request.point)
        self._work(progress)
        return {t: _heat_map(request.image) for t in request.targets}, {}

    def _begin(self, kind: str, what: object) -> None:
        self.ran.append((kind, what))
        self.threads.add(threading.get_ident())

    def _work(self, progress: ProgressCallback) -> None:
        for step in range(self.steps):
            deadline = time.monotonic() + 10
            while not self.gate.wait(0.002):
                progress(Progress(step, self.steps))
                assert time.monotonic() < deadline
            time.sleep(self.step_seconds)
            progress(Progress(step + 1, self.steps))


def _heat_map(image: Image) -> HeatMap:
    height, width = image.shape[:2]
    return HeatMap(np.ones((4, 4), np.float32), "a map", Box(0, 0, width, height))


class Ledger:
    """Every state that every job went through."""

    def __init__(self, client: InferenceClient) -> None:
        self.statuses: list[JobStatus] = []
        client.jobChanged.connect(self.note)

    def note(self, status: JobStatus) -> None:
        self.statuses.append(status)

    def end_of(self, job: int) -> JobState | None:
        ends = [s.state for s in self.statuses if s.id == job and s.state.is_end]
        assert len(ends) <= 1, "a job ends once"
        return ends[0] if ends else None

    def last(self, job: int) -> JobStatus:
        return [s for s in self.statuses if s.id == job][-1]


@pytest.fixture
def fake_prediction() -> type[FakePrediction]:
    return FakePrediction


@pytest.fixture
def make_pictures(tmp_path: Path) -> Callable[..., list[Path]]:
    """Write pictures of one grey each, numbered from 0, into a folder of the test."""

    def make(count: int = 3, folder: str = "pictures", size: tuple[int, int] = SIZE) -> list[Path]:
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        paths = [place / f"picture{i}.png" for i in range(count)]
        for i, path in enumerate(paths):
            PillowImage.new("RGB", size[::-1], (i, i, i)).save(path)
        return paths

    return make


@pytest.fixture
def project(tmp_path: Path, make_pictures: Callable[..., list[Path]]) -> Iterator[Any]:
    from segcore.project import Project

    project = Project.create(tmp_path / "project", CLASSES)
    project.add(make_pictures())
    yield project
    project.close()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def client(qapp: object, engine: FakeEngine) -> Iterator[InferenceClient]:
    from app.inference.client import InferenceClient  # not above: the command line needs no Qt

    client = InferenceClient(engine)
    yield client
    engine.gate.set()
    assert client.shutdown(5.0)


@pytest.fixture
def ledger(client: InferenceClient) -> Ledger:
    return Ledger(client)


@pytest.fixture
def picture() -> Callable[[int], Image]:
    def make(value: int) -> Image:
        return np.full((8, 8, 3), value, np.uint8)

    return make
