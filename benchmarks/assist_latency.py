"""How long the assisting tools take at one megapixel around the pointer: wall and processor time.

    python benchmarks/assist_latency.py [--side 1024] [--times 20] [--json out.json]

Reached are to be: 100 ms for a click's preview, 16 ms for the scissors' way to the pointer, 50 ms
for the label map under the sliders. `--side` is that of the picture; the tools work in its middle.
Processor time is that of all threads together: it tells what a tool costs from what a busy machine
adds.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from segcore.assist.click import ClickGround, click_region
from segcore.assist.evidence import Evidence
from segcore.assist.grabcut import grab_cut
from segcore.assist.logit_sliders import LogitSettings, slid_labels
from segcore.assist.model_evidence import evidence_around
from segcore.assist.regions import small_regions
from segcore.assist.scissors import Scissors
from segcore.assist.superpixels import Superpixels
from segcore.assist.wand import magic_wand
from segcore.assist.windows import window_around
from segcore.geometry import Box, Point
from segcore.images import read_image
from segcore.inference import Predictor
from segcore.opencv import cv2
from segcore.resources import sample_paths

WARM = 1
Row = dict[str, float]


def timed(work: Callable[[int], object], times: int, warm: int = WARM) -> Row:
    """Milliseconds of a piece of work, done `times` times."""
    for number in range(warm):
        work(number)
    taken = []
    for number in range(times):
        began = time.perf_counter(), time.process_time()
        work(number)
        taken.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    wall, processor = 1000 * np.array(taken).T
    return {
        "median": round(float(np.median(wall)), 1),
        "p95": round(float(np.percentile(wall, 95)), 1),
        "processor": round(float(np.median(processor)), 1),
    }


def measured(side: int, times: int) -> dict[str, Row]:
    """What is done -> milliseconds."""
    picture = read_image(sample_paths()[0][0])
    image = np.asarray(cv2.resize(picture, (side, side)), np.uint8)
    predictor = Predictor.load("street-b0")
    middle = (side // 2, side // 2)

    def look(_: int) -> Evidence:
        return evidence_around(predictor, predictor.encode(image), middle)

    rows = {"the model looks, nothing predicted": timed(look, 2)}
    encoded = predictor.encode(image)
    if side <= 4096:
        predictor.predict(encoded)
    evidence = evidence_around(predictor, encoded, middle)
    work = around_the_pointer(image, evidence, middle)
    work["evidence of kept features"] = lambda _: evidence_around(predictor, encoded, middle)
    rows |= {name: timed(each, times) for name, each in work.items()}
    rows["islands of all classes, 12 megapixels"] = timed(whole_of(evidence), times)
    return rows


def around_the_pointer(
    image: Any, evidence: Evidence, at: Point
) -> dict[str, Callable[[int], object]]:
    """What is done in a part of a picture, by its name."""
    x, y = at
    ground = ClickGround.with_model(image, evidence)
    colours = ClickGround.without_model(image, at)
    sliders = LogitSettings((1.0,) * 2 + (0.0,) * (len(evidence.logits) - 2))
    sure = LogitSettings(sliders.bias, 2.0, 0.5)
    ids = list(range(len(evidence.logits)))
    scissors, cells = Scissors(image, at), Superpixels(image, 16)
    box = Box(x - 100, y, x + 200, y + 300)
    near = window_around(at, 4096, (image.shape[0], image.shape[1]))

    def slid(settings: LogitSettings, *, rough: bool = False) -> object:
        return slid_labels(evidence, evidence.box, settings, ids, 255, rough=rough)

    return {
        "ready for clicks": lambda _: ClickGround.with_model(image, evidence),
        "first click": lambda n: click_region(ground, [(x - 200 + 9 * n, y + 300)]),
        "third click": lambda n: click_region(
            ground, [(x - 200, y + 300), (x + 90, y + 390)], [(x, y - 200 - 9 * n)]
        ),
        "ready for clicks, by colours": lambda _: ClickGround.without_model(image, at),
        "first click, by colours": lambda n: click_region(colours, [(x - 200 + 9 * n, y + 300)]),
        "sliders": lambda _: slid(sliders),
        "sliders, least confidence": lambda _: slid(sure),
        "sliders, least confidence, roughly": lambda _: slid(sure, rough=True),
        "scissors: an anchor": lambda _: Scissors(image, at),
        "scissors: way to the pointer": lambda n: scissors.path_to((x - 100 + n % 200, y + 100)),
        "superpixels: cells are cut": lambda _: Superpixels(image, 16).collected([at]),
        "superpixels: roughly": lambda _: Superpixels(image, 16).collected([at], rough=True),
        "superpixels: a stroke": lambda n: cells.collected([at, (x + 30 + n, y + 10)], 4),
        "GrabCut, 300 x 300": lambda _: grab_cut(image, box),
        "GrabCut, 300 x 300, roughly": lambda _: grab_cut(image, box, rough=True),
        "magic wand": lambda _: magic_wand(image, (x, y - 400), 20, within=near),
        "magic wand, far": lambda _: magic_wand(image, (x, y - 400), 90, within=near),
        "magic wand, far, roughly": lambda _: magic_wand(
            image, (x, y - 400), 90, within=near, rough=True
        ),
    }


def whole_of(evidence: Evidence) -> Callable[[int], object]:
    """Small regions of a whole picture, with single pixels all over it."""
    labels = cv2.resize(evidence.labels(evidence.box).astype(np.uint8), (4000, 3000))
    noise = np.random.default_rng(0).integers(0, 3000 * 4000, 20_000)
    labels.flat[noise] = noise % len(evidence.logits)
    return lambda _: small_regions(labels, 64)


def main() -> None:
    """Read the arguments, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=1024, help="pixels a side of the picture")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = measured(given.side, given.times)
    print(f"| what, {given.side} x {given.side} | median ms | p95 ms | processor ms |")
    print("|---|---|---|---|")
    for name, row in found.items():
        print(f"| {name} | {row['median']} | {row['p95']} | {row['processor']} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nAt most {peak:,.0f} MiB of memory, the picture's own bytes among them.")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
