"""Train the bundled models again: `python docs/recipes/train_bundled.py street-b0 DATA OUT`.

DATA is the folder of the data set in the `png` layout with the splits train and val. Everything
is done by `segformer-studio train`; this only knows the settings. A run that was stopped or
killed goes on when the same line is given again. `--processes 2` shares each batch between two
processes of one thread each, which on two busy cores is faster than one process of two threads.

street-b0 needs drawn streets besides (`drawn_streets.py`), made below OUT where they are not there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from drawn_streets import draw_streets

DRAWN = 120
STREET = (
    "--batch 8 --size 256x352 --head-factor 1 --decay 0.01 --scale 0.6-1.8 --rare 0.25 "
    "--balance log --drop-path 0.05 --dropout 0.05 --every 250 --glance 26"
)
AERIAL = (
    "--batch 8 --size 256x256 --decay 0.01 --scale 0.35-1.4 --turn --rare 0.25 "
    "--balance log --drop-path 0.05 --dropout 0.05 --every 250"
)


def phases(model: str, data: Path, out: Path, steps: int) -> list[list[str]]:
    """The arguments of `train`, one list for each phase; the last one's folder is the model."""
    if model == "aerial-b0":
        words = f"{AERIAL} --steps {steps} --course poly --warm-up 100 --lr 1e-3 --average 0.998"
        return [[str(data), "-m", "b0", "--scratch", "-o", str(out / model), *words.split()]]
    drawn = out / "drawn"
    if not (drawn / "classes.json").is_file():
        draw_streets(drawn, DRAWN)
    data_words = [str(data), "--mix", f"{drawn}=0.08"]
    first, last = out / f"{model}-phase1", out / model
    cooling = steps // 4
    warm = f"{STREET} --steps {steps - cooling} --course constant --warm-up 200 --lr 1e-3"
    cool = f"{STREET} --steps {cooling} --course poly --warm-up 40 --lr 1e-3"
    return [
        [*data_words, "-m", "b0", "--scratch", "-o", str(first), *warm.split()],
        [*data_words, "-m", str(first), "-o", str(last), *cool.split(), "--average", "0.998"],
    ]


def run(arguments: list[str], processes: int, precision: str) -> None:
    """One phase, to its end; CalledProcessError where it fails."""
    module = ["-m", "app", "train", *arguments, "--precision", precision, "--resume"]
    launch = [sys.executable]
    if processes > 1:
        count = str(processes)
        launch += ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", count]
        module += ["--threads", "1"]
    subprocess.run([*launch, *module], check=True)


def main() -> int:
    """Train one of the bundled models."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=("street-b0", "aerial-b0"))
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--precision", default="auto", help="bf16 where the CPU has AVX512_BF16")
    chosen = parser.parse_args()
    for arguments in phases(chosen.model, chosen.data, chosen.out, chosen.steps):
        run(arguments, chosen.processes, chosen.precision)
    return 0


if __name__ == "__main__":
    sys.exit(main())
