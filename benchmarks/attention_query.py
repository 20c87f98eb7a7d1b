"""What one attention query costs on a 1024 x 2048 street, against keeping all maps whole.

    python benchmarks/attention_query.py --variant b0 --json attention.json

Memory: queries and keys of every block, kept, against all attention maps in fp32. Time: warm, from
kept queries and keys; cold, from kept stage features; against one forward pass of the stage.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import paired
import torch

from segcore import Predictor, attention_map
from segcore.bench import random_model
from segcore.inference import EncodedImage

SIZE = (1024, 2048)
POINT = (1500, 400)
MEMORY_GOAL = 1 / 25
WARM_GOAL_MS = 50.0


def median_ms(action: Callable[[], object], rounds: int) -> float:
    """Median of the rounds."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1e3


def stage_row(
    predictor: Predictor, encoded: EncodedImage, stage: int, rounds: int
) -> dict[str, float]:
    """Milliseconds of warm and cold queries and of the stage's own forward pass."""
    backend = predictor.backend
    source = encoded.stages(0)[stage - 2] if stage > 1 else backend.pixels(encoded.image)

    def forward() -> object:
        with torch.inference_mode():
            if stage == 1:
                return backend.model.stages[0](source.permute(0, 2, 3, 1))
            return backend.model.stages[stage - 1](source)

    def cold() -> object:
        return backend.queries_and_keys(stage, source)

    def query() -> object:
        return attention_map(predictor, encoded, stage, 0, POINT)

    forward(), cold(), query()
    forward_ms, cold_ms = [], []
    for _ in range(rounds):
        forward_ms.append(median_ms(forward, 1))
        cold_ms.append(median_ms(cold, 1))
    return {
        "stage": stage,
        "warm_ms": median_ms(query, 20),
        "cold_ms": statistics.median(cold_ms),
        "forward_ms": statistics.median(forward_ms),
        "cold_over_forward": statistics.median(
            one / other for one, other in zip(cold_ms, forward_ms)
        ),
    }


def whole_maps_bytes(predictor: Predictor) -> int:
    """Bytes of all attention maps in fp32."""
    config, total = predictor.config, 0
    for stage in range(1, 5):
        grid = config.grid(SIZE, stage)
        ratio = config.sr_ratios[stage - 1]
        keys = (grid[0] // ratio) * (grid[1] // ratio)
        blocks = config.depths[stage - 1]
        total += 4 * config.heads[stage - 1] * grid[0] * grid[1] * keys * blocks
    return total


def main() -> int:
    """Measure, print, and say by the exit status whether the goals were reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", default="b0")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    with tempfile.TemporaryDirectory(prefix="segformer-attention-") as temporary:
        folder = random_model(Path(temporary) / "model", chosen.variant)
        predictor = Predictor.load(folder, device="cpu")
    image = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    encoded = predictor.encode(image, size=SIZE, budget=4 << 30)
    encoded.stages(0)
    features = encoded.held_bytes
    rows = [stage_row(predictor, encoded, stage, chosen.rounds) for stage in range(1, 5)]
    kept, whole = encoded.held_bytes - features, whole_maps_bytes(predictor)
    print(f"kept for queries: {kept / 2**20:.0f} MiB, whole maps: {whole / 2**20:.0f} MiB")
    print(f"that is 1/{whole / kept:.1f} (goal: 1/25)\n")
    print("| stage | warm | cold | forward of the stage | cold / forward |\n|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['stage']} | {row['warm_ms']:.2f} ms | {row['cold_ms']:.0f} ms "
            f"| {row['forward_ms']:.0f} ms | {row['cold_over_forward']:.2f} |"
        )
    if chosen.json:
        figures = {"machine": paired.machine(), "kept": kept, "whole": whole, "stages": rows}
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    good = kept <= whole * MEMORY_GOAL and all(
        row["warm_ms"] <= WARM_GOAL_MS and row["cold_over_forward"] <= 1 for row in rows
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
