"""How long the assisting tools take at one megapixel, once the model has looked: medians, p95.

    python benchmarks/assist_latency.py --json out.json

Reached are to be: 100 ms for a click's preview, 16 ms for the scissors' way to the pointer, 50 ms
for the label map under the sliders.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from segcore.assist.click import ClickGround, click_region
from segcore.assist.grabcut import grab_cut
from segcore.assist.logit_sliders import LogitSettings, slid_labels
from segcore.assist.model_evidence import evidence_in
from segcore.assist.regions import small_regions
from segcore.assist.scissors import Scissors
from segcore.assist.superpixels import Superpixels
from segcore.assist.wand import magic_wand
from segcore.geometry import Box
from segcore.images import read_image
from segcore.inference import Predictor
from segcore.opencv import cv2
from segcore.resources import sample_paths

SIDE = 1024
WARM = 2


def timed(work: Callable[[int], object], times: int) -> dict[str, float]:
    """Milliseconds of a piece of work, done `times` times."""
    for number in range(WARM):
        work(number)
    taken = []
    for number in range(times):
        began = time.perf_counter()
        work(number)
        taken.append(1000 * (time.perf_counter() - began))
    return {
        "median": round(float(np.median(taken)), 1),
        "p95": round(float(np.percentile(taken, 95)), 1),
    }


def measured(times: int) -> dict[str, dict[str, float]]:
    """What is done -> milliseconds."""
    image = cv2.resize(read_image(sample_paths()[0][0]), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    predictor = Predictor.load("street-b0")
    encoded = predictor.encode(image)
    whole = Box.of_size((SIDE, SIDE))
    evidence = evidence_in(predictor, encoded, whole)
    ground = ClickGround.with_model(image, evidence)
    right = [(300, 800), (600, 900)]
    classes = len(evidence.logits)
    sliders = LogitSettings((1.0,) * 2 + (0.0,) * (classes - 2))
    sure = LogitSettings(sliders.bias, 2.0, 0.5)
    ids = list(range(classes))
    scissors = Scissors(image, (500, 500))
    cells = Superpixels(image, 16)
    box = Box(400, 500, 700, 800)
    large = cv2.resize(evidence.labels(whole).astype(np.uint8), (4000, 3000))
    noise = np.random.default_rng(0).integers(0, 3000 * 4000, 20_000)
    large.flat[noise] = noise % classes
    work: dict[str, Callable[[int], Any]] = {
        "evidence of kept features": lambda _: evidence_in(predictor, encoded, whole),
        "ready for clicks": lambda _: ClickGround.with_model(image, evidence),
        "first click": lambda n: click_region(ground, [(300 + 9 * n, 800)]),
        "third click": lambda n: click_region(ground, right, [(500, 300 - 9 * n)]),
        "sliders": lambda _: slid_labels(evidence, whole, sliders, ids, 255),
        "sliders, least confidence": lambda _: slid_labels(evidence, whole, sure, ids, 255),
        "sliders, least confidence, roughly": lambda _: slid_labels(
            evidence, whole, sure, ids, 255, rough=True
        ),
        "scissors: an anchor": lambda _: Scissors(image, (500, 500)),
        "scissors: way to the pointer": lambda n: scissors.path_to((400 + n % 200, 600)),
        "superpixels: a stroke": lambda n: cells.collected([(300, 300), (330 + n, 310)], 4),
        "GrabCut, 300 x 300": lambda _: grab_cut(image, box),
        "GrabCut, 300 x 300, roughly": lambda _: grab_cut(image, box, rough=True),
        "islands of all classes, 12 megapixels": lambda _: small_regions(large, 64),
        "magic wand": lambda _: magic_wand(image, (500, 100), 20),
    }
    return {name: timed(each, times) for name, each in work.items()}


def main() -> None:
    """Read the arguments, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = measured(given.times)
    print("| what, 1024 x 1024 | median ms | p95 ms |\n|---|---|---|")
    for name, row in found.items():
        print(f"| {name} | {row['median']} | {row['p95']} |")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
