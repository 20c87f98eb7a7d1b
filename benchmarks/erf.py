"""Receptive fields of five targets, against five runs of the usual procedure on transformers.

    python benchmarks/erf.py --variant b0 --rounds 5 --json erf.json

The usual procedure, that of RepLKNet's script, once for each target: a forward pass of the model,
relu(cell).sum() at the middle, gradient of the input, relu, sum over RGB. With `--encoder-only`
transformers is spared its head for the stages. Ours: one call for all targets. Also says how alike
the maps are.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import paired
import torch
from skimage.data import astronaut

from segcore import Predictor, receptive_field
from segcore.bench import random_model
from segcore.preprocess import Preprocess

TARGETS = ("stage1", "stage2", "stage3", "stage4", "head")


def prepare_ours(folder: Path, size: int, threads: int) -> paired.Action:
    """All targets at once."""
    torch.set_num_threads(threads)
    predictor, image = Predictor.load(folder, device="cpu"), astronaut()
    return lambda: receptive_field(predictor, image, TARGETS, size=(size, size))


def prepare_theirs(
    folder: Path, size: int, threads: int, encoder_only: bool = False
) -> paired.Action:
    """One target after another, on transformers."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(threads)
    model: Any = transformers.SegformerForSemanticSegmentation.from_pretrained(folder).eval()
    preprocess = Preprocess(do_resize=True, size=(size, size))
    planes = torch.from_numpy(preprocess.normalised(preprocess.resized(astronaut())))[None]

    def field(target: str) -> Any:
        pixels = planes.clone().requires_grad_()
        if target == "head":
            output = model(pixels).logits
        else:
            run = model.segformer if encoder_only else model
            output = run(pixels, output_hidden_states=True).hidden_states[int(target[-1]) - 1]
        height, width = output.shape[2:]
        seed = output[:, :, height // 2, width // 2].relu().sum()
        (gradient,) = torch.autograd.grad(seed, pixels)
        return gradient.relu().sum(dim=(0, 1)).numpy()

    return lambda: {target: field(target) for target in TARGETS}


def cosine(first: Any, second: Any) -> float:
    """Of two maps."""
    one, other = np.asarray(first, np.float64).ravel(), np.asarray(second, np.float64).ravel()
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def main() -> int:
    """Measure, print, and say by the exit status whether the goals were reached."""
    arguments = paired.parser(__doc__.splitlines()[0])
    arguments.set_defaults(rounds=5)
    arguments.add_argument("--variant", default="b0")
    arguments.add_argument("--size", type=int, default=512, help="side of the input")
    arguments.add_argument("--encoder-only", action="store_true", help="spare them the head")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="segformer-erf-") as temporary:
        folder = random_model(Path(temporary) / "model", chosen.variant)
        setting = (folder, chosen.size, chosen.threads)
        ours, theirs = prepare_ours(*setting), prepare_theirs(*setting, chosen.encoder_only)
        mine: Any = ours()
        expected: Any = theirs()
        alike = {target: cosine(mine[target], expected[target]) for target in TARGETS}
        row = paired.Row(
            what=f"ERF, five targets, {chosen.variant.upper()} at {chosen.size} x {chosen.size}",
            against="five runs of the usual procedure on transformers",
            goal=3,
            timing=paired.time_in_turn(ours, theirs, rounds=chosen.rounds, warm_up=0),
            our_peak=paired.peak_memory(prepare_ours, *setting),
            their_peak=paired.peak_memory(prepare_theirs, *setting, chosen.encoder_only),
            settings={"torch": torch.__version__, "cosine": alike},
        )
    paired.report([row], chosen.json)
    print(f"least cosine of the maps: {min(alike.values()):.6f}", file=sys.stderr)
    return 0 if row.timing.ratio >= row.goal and min(alike.values()) >= 0.9999 else 1


if __name__ == "__main__":
    sys.exit(main())
