"""mIoU against pictures labelled: the order of `next_pictures` against random orders.

    python benchmarks/active_learning.py DATA [--pool N] [--test N] [--json FILE] [--figure FILE]
    python benchmarks/active_learning.py --valleys --pool 40 --test 12 --figure FILE

The learner is the linear classifier of the scribbles on the frozen features of a model, taught by
some labelled pixels of every picture that has been labelled: it takes milliseconds, so that whole
curves take minutes. DATA is laid out as `images/{train,test}` and `labels/{train,test}`;
`--valleys` draws pictures from above instead. What `--json` has is not done again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from assist_simulation import IGNORE, Pair, pairs
from drawn_valleys import NAMES, valley

from segcore.assist.next_pictures import next_pictures, picture_facts
from segcore.assist.scribble_features import pixel_samples, taught_labels
from segcore.assist.scribbles import Samples, TaughtClassifier
from segcore.classes import ClassTable
from segcore.geometry import Box
from segcore.inference import EncodedImage, Predictor

STEPS = (1, 2, 3, 4, 6, 8, 12, 16)
RANDOM_ORDERS = 5
PIXELS = 300
"""That are labelled of each picture, anywhere on it."""


class Known(NamedTuple):
    """A picture of the pool: what it teaches, and what the model knows of it."""

    samples: Samples
    features: np.ndarray
    doubt: float


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--valleys", action="store_true")
    parser.add_argument("--pool", type=int, default=32)
    parser.add_argument("--test", type=int, default=8)
    parser.add_argument("--model", default="street-b0")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--figure", type=Path)
    asked = parser.parse_args()
    predictor = Predictor.load(asked.model, device="cpu", backend="torch")
    if asked.valleys:
        classes, (pairs_to_learn, pairs_to_test) = drawn(asked.pool, asked.test)
    else:
        classes = ClassTable.read(asked.data / "classes.json")
        pairs_to_learn = spread(asked.data, "train", asked.pool)
        pairs_to_test = spread(asked.data, "test", asked.test)
    pool = [looked_at(predictor, pair) for pair in pairs_to_learn]
    tests = [(pair, predictor.encode(pair.image)) for pair in pairs_to_test]
    chosen = next_pictures(
        np.stack([each.features for each in pool]), np.array([each.doubt for each in pool])
    )
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(pool)).tolist() for _ in range(RANDOM_ORDERS)]
    rows = json.loads(asked.json.read_text()) if asked.json and asked.json.exists() else []
    known = {row["pictures"] for row in rows}
    for count in (step for step in STEPS if step <= len(pool) and step not in known):
        found = [
            judged(predictor, classes, [pool[index].samples for index in order[:count]], tests)
            for order in (chosen, *orders)
        ]
        rows.append({"pictures": count, "chosen": found[0], "random": found[1:]})
        mean = float(np.mean(found[1:]))
        print(f"{count:3} chosen {found[0]:5.1f}  random {mean:5.1f}", flush=True)
        if asked.json:
            asked.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    if asked.figure:
        draw(rows, asked.figure)


def drawn(pool: int, test: int) -> tuple[ClassTable, tuple[list[Pair], list[Pair]]]:
    """Valleys to learn from and to test on."""
    found = []
    for seed in range(pool + test):
        picture, labels = valley(1000 + seed)
        found.append(Pair(f"valley {seed}", picture, labels))
    return ClassTable.from_names(list(NAMES)), (found[:pool], found[pool:])


def spread(data: Path, split: str, count: int) -> list[Pair]:
    """Pictures evenly from a split."""
    found = sum(1 for _ in (data / "labels" / split).glob("*.png"))
    return list(pairs(data, split, every=max(found // count, 1)))[:count]


def looked_at(predictor: Predictor, pair: Pair) -> Known:
    """Some labelled pixels of a picture, and the model's facts of it."""
    encoded = predictor.encode(pair.image)
    facts = picture_facts(predictor, encoded)
    places = np.argwhere(pair.labels != IGNORE)
    rng = np.random.default_rng(len(places))
    rows, columns = places[rng.permutation(len(places))[:PIXELS]].T
    samples = pixel_samples(predictor, encoded, columns, rows, pair.labels[rows, columns])
    return Known(samples, facts.features, facts.doubt)


def judged(
    predictor: Predictor,
    classes: ClassTable,
    parts: list[Samples],
    tests: list[tuple[Pair, EncodedImage]],
) -> float:
    """mIoU over all test pictures together, in per cent, of all classes that occur in them."""
    taught = TaughtClassifier.fitted(
        Samples.together(parts), classes, model=predictor.name, model_sha256=predictor.sha256
    )
    size = len(classes)
    confusion = np.zeros((size, size), np.int64)
    for pair, encoded in tests:
        said = taught_labels(predictor, encoded, taught, Box.of_size(encoded.size))
        known = pair.labels != IGNORE
        pairs_of = pair.labels[known].astype(np.int64) * size + said[known]
        confusion += np.bincount(pairs_of, minlength=size * size).reshape(size, size)
    union = confusion.sum(axis=0) + confusion.sum(axis=1) - np.diag(confusion)
    there = confusion.sum(axis=1) > 0
    return round(100 * float((np.diag(confusion)[there] / union[there]).mean()), 2)


def draw(rows: list[dict], path: Path) -> None:  # type: ignore[type-arg]
    """Both curves; the band is from the worst random order to the best."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    steps = [row["pictures"] for row in rows]
    random = np.array([row["random"] for row in rows])
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    axes.fill_between(steps, random.min(axis=1), random.max(axis=1), alpha=0.2, color="C7")
    axes.plot(steps, random.mean(axis=1), "o-", color="C7", label="random order")
    axes.plot(steps, [row["chosen"] for row in rows], "o-", color="C0", label="next_pictures")
    axes.set(xlabel="pictures labelled", ylabel="mIoU, %")
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
