"""The rows of `bench`: what is measured, against whom, and what is to be reached."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segcore import resources
from segcore.bench import alike, gpu, graphs, hugging_face, ours
from segcore.bench.attention import AttentionQueries
from segcore.bench.contest import Contest, Goal, Measurement
from segcore.bench.contestant import Side
from segcore.bench.machine import machine, version_of
from segcore.bench.models import MODEL_SIZE, PHOTO_SIZE, random_model
from segcore.bench.report import Report, Row
from segcore.errors import RequestError
from segcore.geometry import Size
from segcore.inference.devices import place
from segcore.progress import ProgressCallback, Ticker

CPU_ROWS = ("forward", "photo", "attention", "erf", "batch")
ROWS = (*CPU_ROWS, "gpu")

_TRANSFORMERS, _ONNX_RUNTIME, _OPENVINO = "transformers", "ONNX Runtime", "OpenVINO"
_FASTER_THAN_TRANSFORMERS = {"b0": 3.5, "b1": 3.5, "b2": 3.5, "b3": 2.0, "b4": 2.0, "b5": 2.0}
_FASTER_THAN_OPENVINO = {"b2": 2.0, "b5": 1.5}
_PHOTO_GOAL = Goal(4.0, memory=1 / 5)
_ERF_GOAL = Goal(3.0)
_ERF_TARGETS = ("stage1", "stage2", "stage3", "stage4", "head")
_BATCH_COPIES = 4

# A photograph takes transformers many times what a forward pass takes: fewer rounds will do.
_MOST_PHOTO_ROUNDS = 3


@dataclass(frozen=True)
class Plan:
    """What `bench` is to do.

    Attributes:
        rows: of `ROWS`; on a GPU it is `gpu` alone.
        variants: of `b0` ... `b5`, for the rows `forward` and `gpu`; the others run B0.
        size: (height, width) of the input of `forward`.
        rounds: how many pairs.
        device: `cpu`, or a GPU as torch writes it.
        graphs: whether ONNX Runtime and OpenVINO take part, which takes an export of each model.
        backends: this program's own that take part.
    """

    rows: tuple[str, ...] = CPU_ROWS
    variants: tuple[str, ...] = ("b0", "b2", "b5")
    size: Size = MODEL_SIZE
    rounds: int = 5
    device: str = "cpu"
    graphs: bool = True
    backends: tuple[str, ...] = ("torch", "openvino")

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise RequestError(f"{self.rounds} rounds measure nothing: give at least 1.")
        for row in self.rows:
            if row not in ROWS:
                raise RequestError(f"bench has no row {row}: choose among {', '.join(ROWS)}.")


def bench(plan: Plan, progress: ProgressCallback | None = None) -> Report:
    """Measure all rows of the plan; contestants that are not installed are left out and named.

    Raises:
        RequestError: there is no such variant or device.
        ContestantError: this program itself could not be run.
    """
    place(plan.device)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="segformer-studio-bench-") as temporary:
        course = _Course(plan, Path(temporary))
        work = [one for name in plan.rows for one in course.measurements(name)]
        notes = course.left_out()
        ticker = Ticker(sum(one.steps for one in work), progress)
        for one in work:
            outcome = one.run(ticker.tick)
            rows += outcome.rows
            notes += outcome.notes
    return Report(machine(plan.device), tuple(rows), tuple(notes))


class _Course:
    """Makes the measurements of a plan, with models and pictures in a folder."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._made: dict[str, Path] = {}
        self._backends = [name for name in plan.backends if name == "torch" or version_of(name)]

    def measurements(self, row: str) -> Sequence[Measurement]:
        """Of one row."""
        makers: Mapping[str, Callable[[], Sequence[Measurement]]] = {
            "forward": lambda: [self._forward(variant) for variant in self._plan.variants],
            "photo": lambda: [self._photo()],
            "attention": lambda: [AttentionQueries(self._model("b0"), "b0", self._plan.rounds)],
            "erf": lambda: [self._erf()],
            "batch": lambda: [self._batch()],
            "gpu": self._gpu,
        }
        return makers[row]()

    def left_out(self) -> list[str]:
        """A sentence for each contestant that is not here."""
        needed = {"transformers": "transformers"}
        if self._plan.graphs and "forward" in self._plan.rows:
            needed |= {"onnxruntime": "ONNX Runtime", "onnxscript": "the export to ONNX"}
            needed |= {"openvino": "OpenVINO"}
        return [
            f"{title} is left out: install {package} for it."
            for package, title in needed.items()
            if version_of(package) is None
        ]

    def _model(self, variant: str) -> Path:
        if variant not in self._made:
            self._made[variant] = random_model(self._folder / variant, variant)
        return self._made[variant]

    def _peers(self, prepare: Callable[..., object], *arguments: object) -> list[Side]:
        if version_of("transformers") is None:
            return []
        return [Side(_TRANSFORMERS, prepare, arguments)]  # type: ignore[arg-type]

    def _own(self, prepare: Callable[..., object], *arguments: object) -> list[Side]:
        return [
            Side(backend, prepare, (*arguments, backend))  # type: ignore[arg-type]
            for backend in self._backends
        ]

    def _forward(self, variant: str) -> Contest:
        folder, size = self._model(variant), self._plan.size
        theirs = self._peers(hugging_face.forward, folder, size)
        if theirs and self._plan.graphs and version_of("onnxscript"):
            if version_of("onnxruntime"):
                theirs.append(Side(_ONNX_RUNTIME, graphs.onnx_runtime, (folder, size)))
            if version_of("openvino"):
                theirs.append(Side(_OPENVINO, graphs.openvino, (folder, size)))
        goals = {}
        if size == MODEL_SIZE:
            goals[("torch", _TRANSFORMERS)] = Goal(_FASTER_THAN_TRANSFORMERS[variant])
            if variant in _FASTER_THAN_OPENVINO:
                goals[("openvino", _OPENVINO)] = Goal(_FASTER_THAN_OPENVINO[variant])
        return Contest(
            "forward",
            f"forward, {variant.upper()}, {size[0]}x{size[1]}",
            self._own(ours.forward, folder, size),
            theirs,
            self._plan.rounds,
            goals,
            alike.logits,
        )

    def _photo(self) -> Contest:
        folder = self._model("b0")
        return Contest(
            "photo",
            "12-megapixel photo to label map, B0, 150 classes",
            self._own(ours.photo_to_labels, folder, PHOTO_SIZE),
            self._peers(hugging_face.photo_to_labels, folder, PHOTO_SIZE),
            min(self._plan.rounds, _MOST_PHOTO_ROUNDS),
            {(backend, _TRANSFORMERS): _PHOTO_GOAL for backend in self._backends},
            alike.labels,
        )

    def _erf(self) -> Contest:
        setting = (self._model("b0"), MODEL_SIZE, _ERF_TARGETS)
        return Contest(
            "erf",
            "receptive fields, five targets, B0, 512x512",
            [Side("torch", ours.receptive_fields, setting)],
            self._peers(hugging_face.receptive_fields, *setting),
            self._plan.rounds,
            {("torch", _TRANSFORMERS): _ERF_GOAL},
            alike.heat_maps,
        )

    def _batch(self) -> Contest:
        folder, pictures = self._model("b0"), self._pictures()
        return Contest(
            "batch",
            f"batch of {len(pictures)} pictures to label files, B0, 512x512",
            [Side("auto", ours.pictures_to_files, (folder, pictures, self._folder / "ours"))],
            self._peers(hugging_face.pictures_to_files, folder, pictures, self._folder / "theirs"),
            min(self._plan.rounds, _MOST_PHOTO_ROUNDS),
            images=len(pictures),
        )

    def _gpu(self) -> list[Contest]:
        peers = version_of("transformers") is not None
        rows = gpu.GpuRows(self._model, self._plan.device, self._plan.rounds, peers)
        return rows.contests(self._plan.variants)

    def _pictures(self) -> tuple[Path, ...]:
        """The bundled samples, a few times over."""
        folder = self._folder / "pictures"
        folder.mkdir()
        made = []
        for number, (picture, _labels) in enumerate(resources.sample_paths() * _BATCH_COPIES):
            made.append(folder / f"{number}{picture.suffix}")
            shutil.copyfile(picture, made[-1])
        return tuple(made)
