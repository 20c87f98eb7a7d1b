"""How good clicks are, and how fast: IoU of the region that is meant after 1, 2 and 3 clicks.

    python benchmarks/assist_click.py --street ../shared/data/street --aerial ../shared/data/aerial

The first click is in the middle of a connected region of the truth, each further one in the middle
of the largest mistake, right or wrong. `hard` are regions of which the model itself has less than
half. The model is the street's; from above it has never seen anything.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.assist_simulation import (
    IGNORE,
    Mask,
    Pair,
    Point,
    middle,
    next_click,
    overlap,
    pairs,
    regions,
)
from segcore.assist.click import ClickGround, Floats, click_region
from segcore.assist.evidence import Evidence
from segcore.assist.model_evidence import evidence_in
from segcore.assist.wand import magic_wand
from segcore.edits import region_at
from segcore.geometry import Box
from segcore.inference import Predictor
from segcore.opencv import cv2

CLICKS = 3
Way = Callable[[list[Point], list[Point]], Mask]


class Scene(NamedTuple):
    """One picture with everything that ways of clicking draw from."""

    pair: Pair
    evidence: Evidence
    labels: Any
    with_model: ClickGround
    without_model: ClickGround


def scene_of(pair: Pair, predictor: Predictor) -> Scene:
    """Have the model look at a picture."""
    whole = Box.of_size((pair.labels.shape[0], pair.labels.shape[1]))
    evidence = evidence_in(predictor, predictor.encode(pair.image), whole)
    point = whole.x1 // 2, whole.y1 // 2
    return Scene(
        pair,
        evidence,
        evidence.labels(whole),
        ClickGround.with_model(pair.image, evidence),
        ClickGround.without_model(pair.image, point),
    )


def ways(scene: Scene) -> dict[str, Way]:
    """Every way of turning clicks into a region."""
    size = scene.pair.labels.shape

    def labels(right: list[Point], wrong: list[Point]) -> Mask:
        return _joined(size, right, wrong, lambda point: region_at(scene.labels, point))

    def wand(right: list[Point], wrong: list[Point]) -> Mask:
        return _joined(size, right, wrong, lambda point: magic_wand(scene.pair.image, point, 20))

    return {
        "the model's own region": labels,
        "magic wand, tolerance 20": wand,
        "cosine above 0.4": lambda right, _wrong: _cosine(scene, right),
        "ridge classifier": lambda right, wrong: _ridge(scene, right, wrong),
        "clicks by colours alone": lambda right, wrong: click_region(
            scene.without_model, right, wrong
        ).mask(size),
        "clicks with the model": lambda right, wrong: click_region(
            scene.with_model, right, wrong
        ).mask(size),
    }


def _joined(size: Any, right: list[Point], wrong: list[Point], found: Any) -> Mask:
    mask = np.zeros(size, np.bool_)
    for point in right:
        mask |= found(point).mask(size)
    for point in wrong:
        mask &= ~found(point).mask(size)
    return mask


def _piece(scene: Scene, odds: Floats, right: list[Point]) -> Mask:
    size = scene.pair.labels.shape[1], scene.pair.labels.shape[0]
    mask = cv2.resize(odds, size, interpolation=cv2.INTER_LINEAR) > 0
    _, pieces = cv2.connectedComponents(mask.astype(np.uint8))
    wanted = {int(pieces[y, x]) for x, y in right} - {0}
    return np.isin(pieces, list(wanted))


def _cosine(scene: Scene, right: list[Point]) -> Mask:
    features = scene.evidence.features
    rows, columns = zip(*(scene.evidence.cell(point) for point in right))
    chosen = features[:, :, list(rows), list(columns)]
    alike = np.einsum("sdn,sdhw->nhw", chosen, features).max(axis=0) / len(features)
    return _piece(scene, np.float32(alike - 0.4), right)


def _ridge(scene: Scene, right: list[Point], wrong: list[Point]) -> Mask:
    height, width = scene.evidence.grid
    features = scene.evidence.features.reshape(-1, height * width)
    colours = scene.with_model.cells.colours.reshape(-1, 3).T / 40
    columns = np.concatenate([features, colours, np.ones((1, height * width))]).astype(np.float32)
    weight = np.full(height * width, 0.1 / (height * width), np.float32)
    wanted = np.full(height * width, -1, np.float32)
    for clicks, value in ((right, 1), (wrong, -1)):
        for row, column in map(scene.evidence.cell, clicks):
            weight[row * width + column], wanted[row * width + column] = 1, value
    left = (columns * weight) @ columns.T + 0.01 * np.eye(len(columns), dtype=np.float32)
    solved = np.linalg.solve(left, (columns * weight) @ wanted) @ columns
    return _piece(scene, np.float32(solved.reshape(height, width)), right)


def judged(scenes: Any, most: int) -> dict[str, dict[str, Any]]:
    """Way -> mean IoU after each click, over all regions and the hard ones, and milliseconds."""
    rng = np.random.default_rng(5)
    scores: dict[str, list[list[float]]] = defaultdict(list)
    times: dict[str, list[float]] = defaultdict(list)
    hard: list[bool] = []
    for scene in scenes:
        valid = scene.pair.labels != IGNORE
        for wanted in regions(scene.pair.labels, rng, most):
            own = region_at(scene.labels, middle(wanted)).mask(valid.shape)
            hard.append(overlap(own, wanted, valid) < 0.5)
            for name, way in ways(scene).items():
                scores[name].append(_clicked(way, wanted, valid, times[name]))
    chosen = np.array(hard)
    return {
        name: {
            "regions": len(rows),
            "iou": np.round(np.mean(rows, axis=0), 3).tolist(),
            "hard_regions": int(chosen.sum()),
            "hard_iou": np.round(np.mean(np.array(rows)[chosen], axis=0), 3).tolist(),
            "milliseconds": round(1000 * float(np.mean(times[name])), 1),
        }
        for name, rows in scores.items()
    }


def _clicked(way: Way, wanted: Mask, valid: Mask, times: list[float]) -> list[float]:
    right, wrong, row = [middle(wanted)], [], []
    for _ in range(CLICKS):
        began = time.perf_counter()
        found = way(right, wrong)
        times.append(time.perf_counter() - began)
        row.append(overlap(found, wanted, valid))
        following = next_click(wanted, found, valid)
        if following is None:
            break
        belongs, point = following
        (right if belongs else wrong).append(point)
    return row + [row[-1]] * (CLICKS - len(row))


def main() -> None:
    """Read the arguments, click, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--street", type=Path)
    parser.add_argument("--aerial", type=Path)
    parser.add_argument("--model", default="street-b0")
    parser.add_argument("--every", type=int, default=6, help="of the street's pictures")
    parser.add_argument("--most", type=int, default=5, help="regions of a picture")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    predictor = Predictor.load(given.model)
    found = {}
    for name, data, every in (("street", given.street, given.every), ("aerial", given.aerial, 1)):
        if data is None:
            continue
        scenes = (scene_of(pair, predictor) for pair in pairs(data, "test", every))
        found[name] = judged(scenes, given.most)
        print(f"\n{name}\n| way | IoU after 1 | 2 | 3 | hard: 1 | 2 | 3 | ms |")
        print("|---|---|---|---|---|---|---|---|")
        for way, row in found[name].items():
            numbers = [*row["iou"], *row["hard_iou"], row["milliseconds"]]
            print(f"| {way} | {' | '.join(str(each) for each in numbers)} |", flush=True)
        first = next(iter(found[name].values()))
        print(f"{first['regions']} regions, {first['hard_regions']} of them hard", flush=True)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
