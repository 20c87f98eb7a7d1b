"""How well a few scribbles teach: mIoU against strokes per class, and how long it takes.

    python benchmarks/scribbles.py DATA [--pictures N] [--export FOLDER] [--json FILE]

Strokes are drawn from the true labels: straight, up to 60 pixels long and 3 wide, inside one class,
for every class with at least half a per cent of the picture. A picture's mIoU is over the classes
that were scribbled. DATA holds `street/` and `aerial/`; the drawn streets and mosaics of textures
(scikit-image's photographs of brick, grass and gravel) are no data set at all.
`--export` writes pictures, labels, scribbled pixels and features for `scribbles_baseline.py`,
which classifies them as napari-convpaint does, in an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from assist_simulation import IGNORE, Labels, Pair, drawn_pairs, pairs

from segcore.assist.scribble_features import feature_groups, scribbled, taught_labels
from segcore.assist.scribbles import Samples, Scribble, TaughtClassifier
from segcore.classes import ClassTable
from segcore.geometry import Box
from segcore.inference import Predictor
from segcore.opencv import cv2

STROKES = (1, 2, 4)
LONGEST = 60
LEAST_SHARE = 0.005
CLASSES = ClassTable.from_names([f"class {number}" for number in range(12)])


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--pictures", type=int, default=4)
    parser.add_argument("--model", default="street-b0")
    parser.add_argument("--export", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    predictor = Predictor.load(asked.model, device="cpu", backend="torch")
    rows = []
    for domain, found in domains(asked.data, asked.pictures).items():
        for count in STROKES:
            rows.append(
                {
                    "domain": domain,
                    "strokes": count,
                    **judged(predictor, found, count, asked.export, domain),
                }
            )
            print(json.dumps(rows[-1]), flush=True)
    figures = {"model": asked.model, "rows": rows, "megapixel": megapixel(predictor)}
    print(json.dumps(figures["megapixel"]))
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def domains(data: Path, most: int) -> dict[str, list[Pair]]:
    """Pictures with true labels."""
    street = list(pairs(data / "street", "test", every=max(233 // most, 1)))[:most]
    aerial = list(pairs(data / "aerial", "test"))[:most]
    return {
        "street": street,
        "aerial": aerial,
        "drawn": list(drawn_pairs())[:most],
        "textures": list(mosaics(most)),
    }


def mosaics(most: int) -> Iterator[Pair]:
    """Nine patches of three textures."""
    from skimage import data

    textures = [getattr(data, name)()[:512, :512] for name in ("brick", "grass", "gravel")]
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:512, :512]
    for number in range(most):
        points = rng.uniform(0, 512, (9, 2))
        far = (rows[..., None] - points[:, 0]) ** 2 + (columns[..., None] - points[:, 1]) ** 2
        labels = (rng.permutation(9) % 3)[far.argmin(axis=-1)].astype(np.uint8)
        picture = np.choose(labels, textures).astype(np.uint8)
        yield Pair(f"mosaic {number}", np.repeat(picture[..., None], 3, axis=2), labels)


def judged(
    predictor: Predictor, found: list[Pair], count: int, export: Path | None, domain: str
) -> dict[str, float]:
    """Mean over the pictures of mIoU, and the median seconds of fitting and applying."""
    scores, fits, applies = [], [], []
    for number, pair in enumerate(found):
        rng = np.random.default_rng([number, count])
        strokes = scribbles(pair.labels, count, rng)
        encoded = predictor.encode(pair.image)
        encoded.stages(0)
        samples = Samples.together([scribbled(predictor, encoded, each) for each in strokes])
        began = time.perf_counter()
        taught = fitted(predictor, samples)
        fits.append(time.perf_counter() - began)
        began = time.perf_counter()
        labels = taught_labels(predictor, encoded, taught, Box.of_size(encoded.size))
        applies.append(time.perf_counter() - began)
        scores.append(mean_iou(labels, pair.labels, taught.ids))
        if export:
            groups = feature_groups(encoded, 0) if len(encoded.windows) == 1 else []
            write(export / f"{domain}_{count}_{number}.npz", pair, strokes, groups)
    return {
        "miou": round(100 * statistics.mean(scores), 2),
        "fit": round(statistics.median(fits), 4),
        "apply": round(statistics.median(applies), 4),
    }


def fitted(predictor: Predictor, samples: Samples) -> TaughtClassifier:
    """A classifier of these samples."""
    return TaughtClassifier.fitted(
        samples, CLASSES, model=predictor.name, model_sha256=predictor.sha256
    )


def scribbles(labels: Labels, count: int, rng: np.random.Generator) -> list[Scribble]:
    """So many strokes for every class of some size."""
    found = []
    for class_id in np.unique(labels[labels != IGNORE]).tolist():
        mask = labels == class_id
        if mask.mean() < LEAST_SHARE:
            continue
        framed = np.pad(mask.astype(np.uint8), 1)
        depth = cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1]
        inside = np.argwhere(depth >= min(3.0, 0.7 * float(depth.max())))
        for _ in range(count):
            y, x = inside[rng.integers(len(inside))].tolist()
            ends = [_end(mask, (x, y), angle) for angle in rng.uniform(0, 2 * np.pi, 12)]
            end = max(ends, key=lambda at: abs(at[0] - x) + abs(at[1] - y))
            found.append(Scribble(((x, y), end), class_id))
    return found


def _end(mask: Any, start: tuple[int, int], angle: float) -> tuple[int, int]:
    """How far a straight stroke comes without leaving its class."""
    end = start
    for step in range(1, LONGEST):
        x, y = round(start[0] + step * np.cos(angle)), round(start[1] + step * np.sin(angle))
        if not (0 <= y < mask.shape[0] and 0 <= x < mask.shape[1]) or not mask[y, x]:
            break
        end = (x, y)
    return end


def mean_iou(labels: Labels, truth: Labels, ids: Any) -> float:
    """Over the classes that were taught, where the truth is one of them."""
    known = np.isin(truth, ids)
    scores = []
    for class_id in ids:
        said, true = (labels == class_id) & known, truth == class_id
        scores.append((said & true).sum() / max((said | true).sum(), 1))
    return float(np.mean(scores))


def write(path: Path, pair: Pair, strokes: list[Scribble], groups: list[Any]) -> None:
    """Picture, labels, (x, y, id) of the scribbled pixels, and groups of features (C, h, w)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = []
    for stroke in strokes:
        columns, rows = stroke.pixels(pair.labels.shape)
        parts.append(np.stack([columns, rows, np.full(len(rows), stroke.class_id)], axis=1))
    features = {f"features{n}": group.half().numpy() for n, group in enumerate(groups)}
    arrays = {"image": pair.image, "labels": pair.labels, "pixels": np.concatenate(parts)}
    np.savez(path, features=len(groups), **arrays, **features)


def megapixel(predictor: Predictor) -> dict[str, float]:
    """Median seconds at 1000 x 1000 pixels, six classes with two strokes each, features kept."""
    picture = cv2.resize(next(drawn_pairs()).image, (1000, 1000), interpolation=cv2.INTER_CUBIC)
    encoded = predictor.encode(np.asarray(picture))
    encoded.stages(0)
    rng = np.random.default_rng(0)
    strokes = []
    for number in range(12):
        x, y = rng.integers(80, 900, 2).tolist()
        strokes.append(Scribble(((x, y), (x + 60, y + 20)), number % 6))
    times: dict[str, list[float]] = {"one_stroke": [], "fit": [], "apply": []}
    parts = [scribbled(predictor, encoded, stroke) for stroke in strokes]
    for _ in range(9):
        began = time.perf_counter()
        scribbled(predictor, encoded, strokes[0])
        read = time.perf_counter()
        taught = fitted(predictor, Samples.together(parts))
        done = time.perf_counter()
        taught_labels(predictor, encoded, taught, Box.of_size(encoded.size))
        times["one_stroke"].append(read - began)
        times["fit"].append(done - read)
        times["apply"].append(time.perf_counter() - done)
    found = {name: round(statistics.median(each), 4) for name, each in times.items()}
    return {**found, "threads": torch.get_num_threads()}


if __name__ == "__main__":
    main()
