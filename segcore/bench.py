"""How fast this machine is, and how much memory it takes, against transformers where installed.

Ratios are measured interleaved, ours and theirs in turn with the same weights and input, because
a machine's speed drifts more between runs than the two differ; medians of pairs are reported.
Weights are random: speed does not depend on them, and nothing needs to be downloaded.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from segcore import resources
from segcore.checkpoints import load_segformer, save_pretrained
from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.inference import Predictor
from segcore.models import SegFormer, SegFormerConfig
from segcore.preprocess import Preprocess
from segcore.progress import ProgressCallback, Ticker

PHOTO_SIZE = (3000, 4000)
_PHOTO_MODEL_SIZE = (512, 512)
_CLASSES = 150
_SEED = 7
# A photograph takes transformers many times what a forward pass takes: fewer pairs will do.
_MOST_PHOTO_ROUNDS = 3


@dataclass(frozen=True)
class Row:
    """One comparison; `theirs` and `ratio` are None where transformers is not installed.

    `ours` and `theirs` are medians in `unit`, `ratio` the median of theirs / ours over the pairs:
    above 1, this program is the better one.
    """

    name: str
    unit: str
    ours: float
    theirs: float | None
    ratio: float | None
    pairs: int


def bench(
    variants: Sequence[str] = ("b0", "b2"),
    size: tuple[int, int] = (512, 512),
    *,
    rounds: int = 5,
    photo: bool = True,
    progress: ProgressCallback | None = None,
) -> dict[str, Any]:
    """Measure the forward pass of each variant, and a 12-megapixel photo to its label map.

    Args:
        variants: of `b0` ... `b5`, run on an input of `size` (H, W), batch 1, float32, CPU.
        rounds: how many pairs.

    Raises:
        RequestError: no such variant, or no round.
    """
    if rounds < 1:
        raise RequestError(f"{rounds} rounds measure nothing: give at least 1.")
    rows: list[Row] = []
    photo_rounds = min(rounds, _MOST_PHOTO_ROUNDS)
    steps = len(variants) * (rounds + 1) + (photo_rounds + 3 if photo else 0)
    ticker = Ticker(steps, progress)
    with tempfile.TemporaryDirectory(prefix="segformer-studio-bench-") as temporary:
        for variant in variants:
            folder = random_model(Path(temporary) / variant, variant)
            rows.append(_forward_row(folder, variant, size, rounds, ticker))
        if photo:
            folder = random_model(Path(temporary) / "photo", "b0")
            rows.extend(_photo_rows(folder, photo_rounds, ticker))
    return {"machine": machine(), "rows": [asdict(row) for row in rows]}


def random_model(folder: Path, variant: str) -> Path:
    """A model folder of that variant with random weights, 150 classes, resizing to 512 x 512.

    Raises:
        RequestError: there is no such variant.
    """
    try:
        config = SegFormerConfig.named(variant, num_classes=_CLASSES)
    except ValueError as error:
        raise RequestError(f"{error}.") from error
    model = SegFormer(config, device="meta").to_empty(device="cpu")
    model.initialise(torch.Generator().manual_seed(_SEED))
    classes: ClassTable = resources.class_table("ade20k")
    preprocess = Preprocess(do_resize=True, size=_PHOTO_MODEL_SIZE)
    return save_pretrained(model, folder, classes, preprocess)


def machine() -> dict[str, Any]:
    """What the figures depend on beside the code."""
    return {
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": _transformers_version(),
    }


def twelve_megapixels() -> npt.NDArray[np.uint8]:
    """A 12-megapixel stand-in for a photograph: gradients and noise, (3000, 4000, 3) uint8."""
    height, width = PHOTO_SIZE
    rows = np.linspace(0, 200, height, dtype=np.float32)[:, None, None]
    columns = np.linspace(0, 55, width, dtype=np.float32)[None, :, None]
    noise = np.random.default_rng(_SEED).integers(-20, 20, (height, width, 3), dtype=np.int8)
    picture: npt.NDArray[np.uint8] = np.clip(rows + columns + noise, 0, 255).astype(np.uint8)
    return picture


def pairs(
    ours: Callable[[], object],
    theirs: Callable[[], object] | None,
    rounds: int,
    told: Callable[[], object] = lambda: None,
) -> tuple[list[float], list[float]]:
    """Seconds of each call, in turn, after one of each that does not count."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for call, kept in zip((ours, theirs), seconds):
            if call is None:
                continue
            start = time.perf_counter()
            call()
            if turn:
                kept.append(time.perf_counter() - start)
        told()
    return seconds


def _row(name: str, unit: str, ours: list[float], theirs: list[float]) -> Row:
    ratios = [their / our for our, their in zip(ours, theirs)]
    return Row(
        name=name,
        unit=unit,
        ours=statistics.median(ours),
        theirs=statistics.median(theirs) if theirs else None,
        ratio=statistics.median(ratios) if ratios else None,
        pairs=len(ours),
    )


def _forward_row(
    folder: Path, variant: str, size: tuple[int, int], rounds: int, ticker: Ticker
) -> Row:
    pixels = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(_SEED))
    model = load_segformer(folder, numerics="fast")
    reference = _reference(folder)
    with torch.inference_mode():
        ours, theirs = pairs(
            lambda: model(pixels),
            None if reference is None else (lambda: reference(pixels).logits),
            rounds,
            lambda: ticker.tick(f"forward {variant.upper()}"),
        )
    return _row(f"forward, {variant.upper()}, {size[0]}x{size[1]}", "s", ours, theirs)


def _photo_rows(folder: Path, rounds: int, ticker: Ticker) -> list[Row]:
    image = twelve_megapixels()
    ours = _our_photo(folder)
    theirs = _their_photo(folder)
    seconds = pairs(
        lambda: ours(image),
        None if theirs is None else (lambda: theirs(image)),
        rounds,
        lambda: ticker.tick("12-megapixel photo"),
    )
    rows = [_row("12-megapixel photo to label map, B0, 150 classes", "s", *seconds)]
    peaks: list[list[float]] = []
    for who in ("ours", "theirs"):
        peak = None if who == "theirs" and theirs is None else _peak_in_child(who, folder)
        peaks.append([] if peak is None else [peak])
        ticker.tick("peak memory")
    if peaks[0]:
        rows.append(_row("12-megapixel photo, peak memory over the loaded model", "MB", *peaks))
    return rows


def _our_photo(folder: Path) -> Callable[[Any], object]:
    predictor = Predictor.load(folder, device="cpu", precision="fp32")
    return predictor.predict


def _their_photo(folder: Path) -> Callable[[Any], object] | None:
    reference = _reference(folder)
    if reference is None:
        return None
    transformers: Any = import_module("transformers")
    processor = transformers.SegformerImageProcessor.from_pretrained(folder)

    def run(image: Any) -> object:
        with torch.inference_mode():
            outputs = reference(**processor(images=image, return_tensors="pt"))
            return processor.post_process_semantic_segmentation(
                outputs, target_sizes=[image.shape[:2]]
            )[0]

    return run


def _reference(folder: Path) -> Any:
    """The same weights in transformers as it comes, or None where it is not installed."""
    if _transformers_version() is None:
        return None
    transformers: Any = import_module("transformers")
    transformers.logging.disable_progress_bar()
    transformers.logging.set_verbosity_error()
    return transformers.SegformerForSemanticSegmentation.from_pretrained(folder).eval()


def _transformers_version() -> str | None:
    try:
        import transformers
    except ImportError:
        return None
    return str(transformers.__version__)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _peak_in_child(who: str, folder: Path) -> float | None:
    """Megabytes at the peak of one photo, over what the process held before it; None if unknown.

    A process of its own, so that neither finds memory that the other has left behind.
    """
    done = subprocess.run(
        [sys.executable, "-m", "segcore.bench", who, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return None
    peak = json.loads(done.stdout.splitlines()[-1])
    return float(peak) if peak is not None else None


def _measure_peak(who: str, folder: Path) -> float | None:
    run = _our_photo(folder) if who == "ours" else _their_photo(folder)
    image = twelve_megapixels()
    if run is None or not _forget_peak():
        return None
    before = _kilobytes("VmRSS")
    run(image)
    return (_kilobytes("VmHWM") - before) / 1024


def _forget_peak() -> bool:
    """Let the kernel count the peak anew; only Linux can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def _kilobytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    raise LookupError(field)


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(_measure_peak(sys.argv[1], Path(sys.argv[2])))}\n")
