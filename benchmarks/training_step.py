"""One training step on the CPU: this program's against transformers' with an untouched model.

    python benchmarks/training_step.py --variants b0,b2 --side 512 --batch 2 --rounds 5 --json out

Forward, loss at the full size of the labels, backward and AdamW (fused on both sides), fp32, the
same random weights, pictures and labels; each side in a process of its own, in turn. Stochastic
depth and dropout are those of the configuration. That losses and gradients are the same is what
`tests/segcore/training` checks.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import torch
from rows import table

from segcore.bench import hugging_face
from segcore.bench.contest import Contest, Goal
from segcore.bench.contestant import Action, Side
from segcore.bench.machine import machine
from segcore.bench.models import CLASSES, pixels_of, random_model
from segcore.bench.report import Row

GOAL = 1.8
_LEARNING_RATE = 6e-5


def ours(folder: Path, side: int, batch: int) -> Action:
    """A step as `train` does it."""
    from segcore.checkpoints import load_segformer
    from segcore.models import SegFormer
    from segcore.models.allocator import keep_freed_pages
    from segcore.training.network import training_logits
    from segcore.training.objective import Objective, loss_of

    keep_freed_pages()
    network = load_segformer(folder).train()
    assert isinstance(network, SegFormer)
    optimiser = torch.optim.AdamW(network.parameters(), _LEARNING_RATE, fused=True)
    pixels, labels = pixels_of((side, side), batch), _labels(side, batch)

    def run() -> float:
        loss = loss_of(training_logits(network, pixels), labels, Objective(), ignore=255)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        return float(loss.detach())

    return run


def theirs(folder: Path, side: int, batch: int) -> Action:
    """A step of transformers' model with its own loss."""
    model = hugging_face.load(folder).train()
    optimiser = torch.optim.AdamW(model.parameters(), _LEARNING_RATE, fused=True)
    pixels, labels = pixels_of((side, side), batch), _labels(side, batch)

    def run() -> float:
        loss = model(pixel_values=pixels, labels=labels).loss
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        return float(loss.detach())

    return run


def _labels(side: int, batch: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    blocks = torch.randint(0, CLASSES, (batch, side // 32, side // 32), generator=generator)
    return blocks.repeat_interleave(32, 1).repeat_interleave(32, 2)


def main() -> int:
    """Measure each variant; status 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", default="b0,b2")
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as temporary:
        for variant in chosen.variants.split(","):
            folder = random_model(Path(temporary) / variant, variant)
            arguments = (folder, chosen.side, chosen.batch)
            contest = Contest(
                row="training",
                what=f"training step, {variant}, {chosen.batch} x {chosen.side}²",
                ours=[Side("segformer-studio", ours, arguments)],
                theirs=[Side("transformers", theirs, arguments)],
                rounds=chosen.rounds,
                goals={("segformer-studio", "transformers"): Goal(GOAL)},
            )
            outcome = contest.run(lambda: None)
            rows.extend(outcome.rows)
            for note in outcome.notes:
                print(note, file=sys.stderr)
    print(table(tuple(rows)))
    if chosen.json is not None:
        figures = {"machine": machine(), "rows": [vars(row) for row in rows]}
        chosen.json.write_text(json.dumps(figures, indent=2, default=str) + "\n", encoding="utf-8")
    return int(any(row.reached is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
