"""What one attention query costs: memory that is kept for queries, and time, warm and cold."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from segcore.bench.contest import Outcome, Told
from segcore.bench.contestant import Action, alone
from segcore.bench.models import photo
from segcore.bench.report import Row
from segcore.geometry import Size
from segcore.inference import Predictor
from segcore.models import SegFormerConfig

SIZE: Size = (1024, 2048)
MEMORY_GOAL = 25.0
WARM_GOAL_SECONDS = 0.05
_BUDGET = 4 << 30
_WARM_ROUNDS = 20


@dataclass(frozen=True)
class AttentionQueries:
    """Queries at every stage of a picture of `size`, against whole maps and a forward pass."""

    folder: Path
    variant: str
    rounds: int
    size: Size = SIZE

    @property
    def steps(self) -> int:
        """All of it is one."""
        return 1

    def run(self, told: Told) -> Outcome:
        """Measure in a process of its own."""
        figures = alone(measure, self.folder, self.size, self.rounds)
        told()
        rows = [self._memory_row(figures)]
        for stage in figures["stages"]:
            rows += [self._warm_row(stage), self._cold_row(stage)]
        return Outcome(rows, [])

    def _memory_row(self, figures: dict[str, Any]) -> Row:
        kept, whole = figures["kept"], figures["whole"]
        row = self._row("kept memory", "whole maps", (kept, whole), whole / kept, MEMORY_GOAL)
        return replace(row, unit="bytes")

    def _warm_row(self, stage: dict[str, float]) -> Row:
        warm, goal = stage["warm"], WARM_GOAL_SECONDS
        return self._row(f"stage {stage['stage']}, warm", "50 ms", (warm, goal), goal / warm)

    def _cold_row(self, stage: dict[str, Any]) -> Row:
        what, against = f"stage {stage['stage']}, cold", "one forward of the stage"
        return self._row(what, against, (stage["cold"], stage["forward"]), stage["ratio"])

    def _row(
        self, words: str, against: str, values: tuple[float, float], ratio: float, goal: float = 1.0
    ) -> Row:
        height, width = self.size
        what = f"attention of one query, {self.variant.upper()}, {height}x{width}, {words}"
        return Row("attention", what, "torch", against, "s", *values, ratio, goal=goal)


def measure(folder: Path, size: Size, rounds: int) -> Action:
    """A child's work: bytes kept and of whole maps, and seconds stage by stage."""
    predictor = Predictor.load(folder, device="cpu", precision="fp32", backend="torch")
    encoded = predictor.encode(photo(size), size=size, budget=_BUDGET)

    def run() -> dict[str, Any]:
        encoded.stages(0)
        features = encoded.held_bytes
        stages = [_stage(predictor, encoded, stage, rounds) for stage in range(1, 5)]
        config = predictor.backend.attention_config
        kept = encoded.held_bytes - features
        return {"kept": kept, "whole": whole_maps_bytes(config, size), "stages": stages}

    return run


def whole_maps_bytes(config: SegFormerConfig, size: Size) -> int:
    """Bytes of the attention maps of all blocks and heads in float32."""
    total = 0
    for stage in range(1, 5):
        rows, columns = config.grid(size, stage)
        ratio = config.sr_ratios[stage - 1]
        keys = (rows // ratio) * (columns // ratio)
        blocks = config.depths[stage - 1]
        total += 4 * config.heads[stage - 1] * rows * columns * keys * blocks
    return total


def _stage(predictor: Predictor, encoded: Any, stage: int, rounds: int) -> dict[str, float]:
    from segcore.inspection import attention_map

    backend: Any = predictor.backend
    source = encoded.stages(0)[stage - 2] if stage > 1 else backend.pixels(encoded.image)
    middle = (encoded.size[1] // 2, encoded.size[0] // 2)

    def forward() -> object:
        picture = source.permute(0, 2, 3, 1) if stage == 1 else source
        with torch.inference_mode():
            return backend.model.stages[stage - 1](picture)

    def cold() -> object:
        return backend.queries_and_keys(stage, source)

    def query() -> object:
        return attention_map(predictor, encoded, stage, 0, middle)

    forward(), cold(), query()
    pairs = [(_seconds(cold), _seconds(forward)) for _ in range(rounds)]
    return {
        "stage": stage,
        "warm": statistics.median(_seconds(query) for _ in range(_WARM_ROUNDS)),
        "cold": statistics.median(one for one, _ in pairs),
        "forward": statistics.median(other for _, other in pairs),
        "ratio": statistics.median(other / one for one, other in pairs),
    }


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
