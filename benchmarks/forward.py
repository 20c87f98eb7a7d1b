"""Forward pass of SegFormer on the CPU, `fast` numerics against transformers as it comes.

    python benchmarks/forward.py --models b0,b2 --rounds 9 --json figures.json

Both get the same random weights, written once by this program in the Hugging Face layout, and the
same input; transformers keeps its default attention. Also says how far the logits are apart.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import paired
import torch

from segcore.bench import random_model
from segcore.checkpoints import load_segformer

GOALS = {"b0": 3.5, "b1": 3.5, "b2": 3.5, "b3": 2.0, "b4": 2.0, "b5": 2.0}


def pixels_of(size: int) -> torch.Tensor:
    """(1, 3, size, size), the same at every call."""
    return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0))


def prepare_ours(folder: Path, size: int, threads: int) -> paired.Action:
    """This program's forward pass."""
    torch.set_num_threads(threads)
    model, pixels = load_segformer(folder, numerics="fast"), pixels_of(size)

    def forward() -> Any:
        with torch.no_grad():
            return model(pixels)

    return forward


def prepare_theirs(folder: Path, size: int, threads: int) -> paired.Action:
    """transformers' forward pass, untouched."""
    import transformers

    transformers.logging.disable_progress_bar()
    torch.set_num_threads(threads)
    model: Any = transformers.SegformerForSemanticSegmentation.from_pretrained(folder).eval()
    pixels = pixels_of(size)

    def forward() -> Any:
        with torch.no_grad():
            return model(pixels).logits

    return forward


def compare(variant: str, *, size: int, rounds: int, threads: int, folder: Path) -> paired.Row:
    """One row of the table."""
    import transformers

    random_model(folder, variant)
    ours = prepare_ours(folder, size, threads)
    theirs = prepare_theirs(folder, size, threads)
    logits, expected = ours(), theirs()
    assert isinstance(logits, torch.Tensor)
    assert isinstance(expected, torch.Tensor)
    timing = paired.time_in_turn(ours, theirs, rounds=rounds)
    return paired.Row(
        what=f"forward, {variant.upper()} at {size} x {size}, torch CPU, {threads} threads",
        against=f"transformers {transformers.__version__}, default attention",
        goal=GOALS[variant],
        timing=timing,
        our_peak=paired.peak_memory(prepare_ours, folder, size, threads),
        their_peak=paired.peak_memory(prepare_theirs, folder, size, threads),
        settings={
            "torch": torch.__version__,
            "difference": float((logits - expected).abs().max() / expected.abs().max()),
            "argmax_equal": float((logits.argmax(1) == expected.argmax(1)).double().mean()),
        },
    )


def main() -> int:
    """Measure, print, and say by the exit status whether every goal was reached."""
    arguments = paired.parser(__doc__.splitlines()[0])
    arguments.add_argument("--models", default="b0,b2,b5", help="of b0 ... b5")
    arguments.add_argument("--size", type=int, default=512, help="side of the input")
    chosen = arguments.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="segformer-forward-") as temporary:
        for variant in chosen.models.split(","):
            folder = Path(temporary) / variant
            rows.append(
                compare(
                    variant,
                    size=chosen.size,
                    rounds=chosen.rounds,
                    threads=chosen.threads,
                    folder=folder,
                )
            )
    paired.report(rows, chosen.json)
    return 0 if all(row.timing.ratio >= row.goal for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
