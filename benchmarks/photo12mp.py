"""A 12-megapixel photo to a full-size label map of 150 classes, against transformers' three steps.

    python benchmarks/photo12mp.py --rounds 5 --json photo12mp.json

Theirs: processor, model, `post_process_semantic_segmentation`. Ours: `Predictor.predict`, which
gives the confidence as well. Both SegFormer-B0 with the same random weights at 512 x 512.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import paired
import torch
from skimage.data import astronaut

from segcore import Predictor
from segcore.bench import random_model

HEIGHT, WIDTH = 3000, 4000
MEMORY_GOAL = 1 / 5


def photo() -> npt.NDArray[np.uint8]:
    """A photograph enlarged to 12 megapixels."""
    return np.asarray(cv2.resize(astronaut(), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))


def prepare_ours(folder: Path, threads: int) -> paired.Action:
    """Photo in memory to labels and confidence."""
    torch.set_num_threads(threads)
    predictor, image = Predictor.load(folder, device="cpu"), photo()
    return lambda: predictor.predict(image)


def prepare_theirs(folder: Path, threads: int) -> paired.Action:
    """Photo in memory to labels."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(threads)
    model: Any = transformers.SegformerForSemanticSegmentation.from_pretrained(folder).eval()
    processor: Any = transformers.SegformerImageProcessor.from_pretrained(folder)
    image = photo()

    def run() -> Any:
        with torch.no_grad():
            outputs = model(**processor(images=image, return_tensors="pt"))
        return processor.post_process_semantic_segmentation(outputs, [(HEIGHT, WIDTH)])[0]

    return run


def compare(folder: Path, *, rounds: int, threads: int) -> paired.Row:
    """The row of the table."""
    import transformers

    random_model(folder, "b0")
    ours, theirs = prepare_ours(folder, threads), prepare_theirs(folder, threads)
    prediction: Any = ours()
    expected: Any = theirs()
    timing = paired.time_in_turn(ours, theirs, rounds=rounds, warm_up=0)
    return paired.Row(
        what=f"12-megapixel photo, 150 classes, B0 at 512 x 512, {threads} threads",
        against=f"transformers {transformers.__version__}: processor, model, post-processing",
        goal=4,
        timing=timing,
        our_peak=paired.peak_memory(prepare_ours, folder, threads),
        their_peak=paired.peak_memory(prepare_theirs, folder, threads),
        settings={
            "torch": torch.__version__,
            "same_label": float((prediction.labels == expected.numpy()).mean()),
            "goal_of_peak_memory": MEMORY_GOAL,
        },
    )


def main() -> int:
    """Measure, print, and say by the exit status whether both goals were reached."""
    arguments = paired.parser(__doc__.splitlines()[0])
    arguments.set_defaults(rounds=5)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="segformer-photo-") as temporary:
        row = compare(Path(temporary) / "b0", rounds=chosen.rounds, threads=chosen.threads)
    paired.report([row], chosen.json)
    small = (
        row.our_peak is None
        or row.their_peak is None
        or row.our_peak <= row.their_peak * MEMORY_GOAL
    )
    return 0 if row.timing.ratio >= row.goal and small else 1


if __name__ == "__main__":
    sys.exit(main())
