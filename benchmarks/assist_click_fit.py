"""Teach the small network that weighs the cues of clicks (`segcore/assist/affinity.py`).

    python benchmarks/assist_click_fit.py --data ../shared/data/aerial -o click_affinity.json

Clicks are simulated on true regions of pictures from above and of the drawn streets: one to three,
right ones inside the region and wrong ones in a ring around it. The loss is soft IoU over all cells
of the grid, with half as much cross entropy. With `--data` the CC0 pictures, the weights are CC0.
"""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from benchmarks.assist_simulation import IGNORE, Pair, drawn_pairs, pairs, regions, somewhere
from segcore.assist.affinity import Floats, cues_of
from segcore.assist.click import ClickGround
from segcore.assist.model_evidence import evidence_in
from segcore.geometry import Box
from segcore.inference import Predictor
from segcore.opencv import cv2

SIDE = 480
HIDDEN = {"model": 16, "colour": 12}
EPOCHS = 24
BATCH = 4
MOST_CELLS = 6000


class Sample(NamedTuple):
    """What one sequence of clicks says of every cell, and what is true."""

    model_cues: Floats
    colour_cues: Floats
    wanted: Floats
    known: np.ndarray[Any, Any]


def samples_of(
    pair: Pair, predictor: Predictor, rng: np.random.Generator, most: int
) -> list[Sample]:
    """Some sequences of clicks on one picture."""
    image = np.ascontiguousarray(pair.image[:SIDE, :SIDE])
    labels = np.ascontiguousarray(pair.labels[:SIDE, :SIDE])
    whole = Box.of_size((image.shape[0], image.shape[1]))
    evidence = evidence_in(predictor, predictor.encode(image), whole)
    grounds = (
        ClickGround.with_model(image, evidence),
        ClickGround.without_model(image, (whole.x1 // 2, whole.y1 // 2)),
    )
    known = labels != IGNORE
    found = []
    for wanted in regions(labels, rng, most):
        right, wrong = _clicks(wanted, known, rng)
        cues = [
            cues_of(
                ground.cells,
                [ground.cell(point) for point in right],
                [ground.cell(point) for point in wrong],
            )
            for ground in grounds
        ]
        size = cues[0].shape[2], cues[0].shape[1]
        share = cv2.resize(wanted.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        sure = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        flat = [each.reshape(len(each), -1) for each in cues]
        found.append(Sample(flat[0], flat[1], np.ravel(share), np.ravel(sure) > 0.9))
    return found


def fitted(samples: list[Sample], kind: str, seed: int = 0) -> list[dict[str, Any]]:
    """The layers of a network taught on these samples, as JSON holds them."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    channels, hidden = len(getattr(samples[0], f"{kind}_cues")), HIDDEN[kind]
    network = torch.nn.Sequential(
        torch.nn.Linear(channels, hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(hidden, hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(hidden, 1),
    )
    optimiser = torch.optim.Adam(network.parameters(), 3e-3, weight_decay=1e-5)
    steps = EPOCHS * (len(samples) // BATCH) + 1
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for epoch in range(EPOCHS):
        order, total = rng.permutation(len(samples)), 0.0
        for batch in _cut(order):
            losses = [_loss(network, samples[int(i)], kind, rng) for i in batch]
            loss = torch.stack(losses).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * BATCH
        print(f"{kind} epoch {epoch + 1} loss {total / len(samples):.4f}", flush=True)
    layers = [layer for layer in network if isinstance(layer, torch.nn.Linear)]
    return [
        {
            "weights": [[round(value, 4) for value in row] for row in layer.weight.tolist()],
            "bias": [round(value, 4) for value in layer.bias.tolist()],
        }
        for layer in layers
    ]


def _cut(order: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    return [order[begin : begin + BATCH] for begin in range(0, len(order), BATCH)]


def _loss(
    network: torch.nn.Module, sample: Sample, kind: str, rng: np.random.Generator
) -> torch.Tensor:
    cells = np.flatnonzero(sample.known)
    if len(cells) > MOST_CELLS:
        cells = rng.choice(cells, MOST_CELLS, replace=False)
    odds = network(torch.from_numpy(getattr(sample, f"{kind}_cues")[:, cells].T.copy()))[:, 0]
    wanted, share = torch.from_numpy(sample.wanted[cells]), odds.sigmoid()
    both = (share * wanted).sum()
    missed = 1 - (both + 1) / ((share + wanted).sum() - both + 1)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(odds, wanted)
    return missed + 0.5 * entropy


def _clicks(wanted: Any, known: Any, rng: np.random.Generator) -> tuple[list[Any], list[Any]]:
    right, wrong = [somewhere(wanted, rng)], []
    around = cv2.dilate(wanted.astype(np.uint8), np.ones((61, 61))) > 0
    around &= cv2.dilate(wanted.astype(np.uint8), np.ones((7, 7))) == 0
    around &= known
    for _ in range(int(rng.integers(0, 3))):
        if rng.random() < 0.5 or not around.any():
            right.append(somewhere(wanted, rng))
        else:
            wrong.append(somewhere(around, rng))
    return right, wrong


def main() -> None:
    """Read the arguments, teach both networks, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--model", default="street-b0")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--most", type=int, default=8, help="regions of a picture")
    parser.add_argument("--licence", default="CC0-1.0")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(2)
    rng = np.random.default_rng(0)
    predictor = Predictor.load(given.model)
    samples: list[Sample] = []
    sources = [pairs(folder, "train", given.every) for folder in given.data]
    for pair in itertools.chain(*sources, drawn_pairs()):
        samples += samples_of(pair, predictor, rng, given.most)
    print(f"{len(samples)} sequences of clicks", flush=True)
    kept = {
        "about": "Weighs the cues of clicks; taught by benchmarks/assist_click_fit.py",
        "licence": given.licence,
        "model": fitted(samples, "model"),
        "colour": fitted(samples, "colour"),
    }
    given.output.write_text(json.dumps(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
