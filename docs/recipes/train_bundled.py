"""Train the bundled models again: `python docs/recipes/train_bundled.py street-b0 DATA OUT`.

DATA is the folder of the data set in the `png` layout with the splits train and val. Everything
is done by `segformer-studio train`; this only knows the settings. There are two phases: one at a
constant rate, which can be lengthened at will (`--steps`), and one in which the rate falls to
nothing. A run that was stopped or killed goes on when the same line is given again. `--processes 2`
shares each batch between two processes of one thread each, which on two busy cores is faster than
one process of two threads.

The street models need drawn streets besides (`drawn_streets.py`), made below OUT where they are not
there. `bundle.py` makes the result ready to be brought along.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drawn_streets import draw_streets

DRAWN = 120
_ALIKE = "--batch 8 --decay 0.01 --rare 0.25 --balance log --dropout 0.05 --lr 1e-3 --head-factor 1"
_STREET = f"{_ALIKE} --size 256x352 --scale 0.6-1.8 --drop-path 0.05 --every 250 --glance 26"
_AERIAL = f"{_ALIKE} --size 256x256 --scale 0.35-1.4 --turn --drop-path 0.05 --every 250"


@dataclass(frozen=True)
class Settings:
    """What a model is trained from, and how.

    Attributes:
        architecture: what `train --scratch` takes.
        words: options of both phases.
        drawn: share of the crops that come from drawn streets.
    """

    architecture: str
    words: str
    drawn: float = 0.0


MODELS = {
    "street-b0": Settings("b0", _STREET, 0.08),
    "aerial-b0": Settings("b0", _AERIAL),
    "street-deeplabv3plus": Settings("deeplabv3plus-resnet18-narrow", _STREET, 0.08),
    "street-allmlp-resnet": Settings("allmlp-resnet18-narrow", _STREET, 0.08),
}


def phases(
    name: str, data: Path, out: Path, *, steps: int, cooling: int, begin: str | None = None
) -> list[list[str]]:
    """The arguments of `train`, one list for each phase; the last one's folder is the model.

    Args:
        steps: at a constant rate.
        cooling: while it falls.
        begin: weights to begin with; from scratch without them.
    """
    settings = MODELS[name]
    words = [str(data), *settings.words.split()]
    if settings.drawn:
        drawn = out / "drawn"
        if not (drawn / "classes.json").is_file():
            draw_streets(drawn, DRAWN)
        words += ["--mix", f"{drawn}={settings.drawn}"]
    first, last = out / f"{name}-phase1", out / name
    beginning = ["-m", begin] if begin else ["-m", settings.architecture, "--scratch"]
    warm = f"--steps {steps} --course constant --warm-up 200 --average 0.999"
    cool = f"--steps {cooling} --course poly --warm-up 40 --average 0.998"
    return [
        [*words, *beginning, "-o", str(first), *warm.split()],
        [*words, "-m", str(first), "-o", str(last), *cool.split()],
    ]


def run(arguments: Sequence[str], processes: int, precision: str) -> int:
    """One phase, to its end or until it is stopped: the status, 0 where it reached its end."""
    module = ["-m", "app", "train", *arguments, "--precision", precision, "--resume"]
    launch = [sys.executable]
    if processes > 1:
        count = str(processes)
        launch += ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", count]
        module += ["--threads", "1"]
    return subprocess.run([*launch, *module], check=False).returncode


def main() -> int:
    """Train one of the bundled models."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=tuple(MODELS))
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=6000, help="at a constant rate")
    parser.add_argument("--cooling", type=int, default=2000, help="while the rate falls")
    parser.add_argument("--begin", help="MODEL to go on from instead of from scratch")
    parser.add_argument("--minutes", type=float, help="stop after so long, to be gone on with")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--precision", default="auto", help="bf16 where the CPU has AVX512_BF16")
    chosen = parser.parse_args()
    end = None if chosen.minutes is None else time.monotonic() + 60 * chosen.minutes
    for arguments in phases(
        chosen.model,
        chosen.data,
        chosen.out,
        steps=chosen.steps,
        cooling=chosen.cooling,
        begin=chosen.begin,
    ):
        if end is not None:
            arguments += ["--minutes", str(max(end - time.monotonic(), 0) / 60)]
        status = run(arguments, chosen.processes, chosen.precision)
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
