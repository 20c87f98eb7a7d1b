"""The scribbles of `scribbles.py --export FOLDER`, as napari-convpaint and others classify them.

    python benchmarks/scribbles_baseline.py FOLDER [--weights FILE] [--json FILE] [--files GLOB]

In an environment of its own with napari-convpaint and scikit-image. The methods:

- `convpaint`: napari-convpaint itself as it comes, CatBoost (100 trees, depth 5) on the first
  convolution of VGG16 at the scales 1, 2 and 4. With `--weights FILE` with trained weights: those
  that it downloads otherwise (vgg16-397923af.pth), or the first convolutions alone, of torchvision
  (.pth) or of VGG16's authors (.npz, see `first_convolutions`); without, with VGG16 as PyTorch
  initialises it: said in the results as `convpaint, untrained`;
- `convpaint-deeper`: its model `vgg-m`, three convolutions at the same scales, likewise;
- `filters`: its CatBoost on scikit-image's `multiscale_basic_features` (intensity, edges and
  texture at five scales from 1 to 16 pixels), as ilastik's are, which need no weights;
- `features`: its CatBoost on the very features that the taught classifier sees, where
  `scribbles.py` exported them: the two classifiers side by side.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from catboost import CatBoostClassifier

Arrays = dict[str, Any]
STEP = 1 << 17
"""Pixels that are classified at a time."""
CONVOLUTIONS = {"block1_conv1": 0, "block1_conv2": 2, "block2_conv1": 5}
"""Keras' names of VGG16's first convolutions, and their places in torchvision's `features`."""
BGR_MEAN = (103.939, 116.779, 123.68)
"""What VGG16's authors take off the channels B, G, R of a picture in 0..255."""
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""By which torchvision, and napari-convpaint with it, bring R, G, B in 0..1 to one scale."""


def main() -> None:
    """A line for each file, then the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", default="*.npz", help="which of them, as *_2_*.npz: two strokes")
    parser.add_argument("--only", nargs="*", choices=list(METHODS))
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    known = json.loads(asked.json.read_text()) if asked.json and asked.json.exists() else {}
    for path in sorted(asked.folder.glob(asked.files)):
        with np.load(path) as held:
            arrays = dict(held)
        for name in asked.only or METHODS:
            untrained = name.startswith("convpaint") and not asked.weights
            said_as = f"{name}, untrained" if untrained else name
            key = f"{path.stem}/{said_as}"
            if key in known or (name == "features" and "features" not in arrays):
                continue
            began = time.perf_counter()
            said = METHODS[name](arrays, asked.weights)
            known[key] = {
                "miou": 100 * mean_iou(said, arrays["labels"], arrays["pixels"][:, 2]),
                "seconds": time.perf_counter() - began,
            }
            print(key, f"{known[key]['miou']:.1f} % in {known[key]['seconds']:.1f} s", flush=True)
            if asked.json:
                asked.json.write_text(json.dumps(known, indent=1))
    for line in means(known):
        print(json.dumps(line), flush=True)


def means(known: dict[str, dict[str, float]]) -> list[Arrays]:
    """Of each domain, number of strokes and method."""
    found: dict[tuple[str, str], list[float]] = {}
    for key, value in known.items():
        stem, method = key.split("/")
        found.setdefault((stem.rsplit("_", 1)[0], method), []).append(value["miou"])
    return [
        {"set": place, "method": method, "miou": round(float(np.mean(each)), 2), "of": len(each)}
        for (place, method), each in sorted(found.items())
    ]


def mean_iou(said: Any, labels: Any, ids: Any) -> float:
    """As in `scribbles.py`: over the scribbled classes, where the truth is one of them."""
    known = np.isin(labels, ids)
    scores = []
    for class_id in np.unique(ids):
        mine, true = (said == class_id) & known, labels == class_id
        scores.append((mine & true).sum() / max((mine | true).sum(), 1))
    return float(np.mean(scores))


def convpaint(arrays: Arrays, weights: Path | None, alias: str = "vgg") -> Any:
    """napari-convpaint, from picture and annotations to a segmentation."""
    from napari_convpaint.convpaint_model import ConvpaintModel
    from napari_convpaint.feature_extractors import nnlayers

    def vgg16(_name: str) -> Any:
        import torch
        from torchvision import models

        torch.manual_seed(0)
        network = models.vgg16()
        if weights is not None:
            trained = first_convolutions(weights, {"vgg": 1, "vgg-m": 3}[alias])
            network.load_state_dict(trained, strict=False)
        return network.eval()

    nnlayers.Hookmodel.create_model = staticmethod(vgg16)
    logging.disable()
    model = ConvpaintModel(alias)
    model.set_params(channel_mode="rgb", ignore_warnings=True)
    picture = np.moveaxis(arrays["image"], -1, 0)
    x, y, ids = arrays["pixels"].T
    annotations = np.zeros(arrays["labels"].shape, np.uint8)
    annotations[y, x] = ids + 1  # 0 is nothing there
    model.train(picture, annotations)
    return np.asarray(model.segment(picture)).reshape(annotations.shape).astype(np.int64) - 1


def first_convolutions(weights: Path, count: int) -> dict[str, Any]:
    """So many of VGG16's first convolutions, by torchvision's names, for torchvision's input.

    An .npz holds the authors' own weights under Keras' names, `block1_conv1_kernel` (3, 3, in, out)
    and `block1_conv1_bias` and so on. They are meant for B, G, R in 0..255 less `BGR_MEAN`; that is
    linear in torchvision's input, so that the first convolution takes up the difference exactly:
    its channels are turned round and scaled, and its bias takes the means.
    """
    import torch

    names = dict(list(CONVOLUTIONS.items())[:count])
    if weights.suffix != ".npz":
        held = torch.load(weights, weights_only=True)
        return {
            f"features.{n}.{kind}": held[f"features.{n}.{kind}"]
            for n in names.values()
            for kind in ("weight", "bias")
        }
    found = {}
    with np.load(weights) as held:
        for name, number in names.items():
            kernel, bias = held[f"{name}_kernel"].transpose(3, 2, 0, 1), held[f"{name}_bias"]
            if number == 0:
                kernel = kernel[:, ::-1]
                shift = 255 * np.array(IMAGENET_MEAN) - np.array(BGR_MEAN[::-1])
                bias = bias + kernel.sum(axis=(2, 3)) @ shift
                kernel = kernel * (255 * np.array(IMAGENET_STD))[:, None, None]
            found[f"features.{number}.weight"] = torch.tensor(kernel.copy(), dtype=torch.float32)
            found[f"features.{number}.bias"] = torch.tensor(bias, dtype=torch.float32)
    return found


def deeper(arrays: Arrays, weights: Path | None) -> Any:
    """Its model of three convolutions."""
    return convpaint(arrays, weights, "vgg-m")


def filters(arrays: Arrays, _weights: Path | None) -> Any:
    """CatBoost on a bank of filters."""
    from skimage.feature import multiscale_basic_features

    features = multiscale_basic_features(
        arrays["image"], sigma_min=1, sigma_max=16, channel_axis=-1
    ).astype(np.float32)
    flat = features.reshape(-1, features.shape[-1])
    return classified(arrays, flat.__getitem__)


def taught_features(arrays: Arrays, _weights: Path | None) -> Any:
    """CatBoost on the features of the taught classifier, read bilinearly at pixels."""
    grids = [arrays[f"features{number}"] for number in range(int(arrays["features"]))]
    height, width = arrays["labels"].shape

    def at(places: Any) -> Any:
        y, x = np.divmod(np.asarray(places), width)
        return np.concatenate(
            [bilinear(grid, (y + 0.5) / height, (x + 0.5) / width) for grid in grids], axis=1
        )

    return classified(arrays, at)


def bilinear(grid: Any, down: Any, along: Any) -> Any:
    """(C, h, w) at parts of its height and width: (n, C)."""
    rows, columns = (
        np.clip(part * cells - 0.5, 0, cells - 1)
        for part, cells in ((down, grid.shape[1]), (along, grid.shape[2]))
    )
    top, left = rows.astype(np.intp), columns.astype(np.intp)
    below, right = np.minimum(top + 1, grid.shape[1] - 1), np.minimum(left + 1, grid.shape[2] - 1)
    drop, shift = (rows - top).astype(np.float32), (columns - left).astype(np.float32)
    cells = grid.astype(np.float32).transpose(1, 2, 0)
    upper = cells[top, left] * (1 - shift)[:, None] + cells[top, right] * shift[:, None]
    lower = cells[below, left] * (1 - shift)[:, None] + cells[below, right] * shift[:, None]
    return upper * (1 - drop)[:, None] + lower * drop[:, None]


def classified(arrays: Arrays, features_at: Callable[[Any], Any]) -> Any:
    """CatBoost as napari-convpaint sets it up, fitted to the scribbles and asked everywhere."""
    x, y, ids = arrays["pixels"].T
    shape = arrays["labels"].shape
    model = CatBoostClassifier(
        iterations=100,
        learning_rate=0.1,
        depth=5,
        random_seed=0,
        thread_count=2,
        verbose=False,
        allow_writing_files=False,
    )
    model.fit(features_at(y * shape[1] + x), ids)
    places = np.arange(shape[0] * shape[1])
    parts = [
        np.asarray(model.predict(features_at(places[start : start + STEP]))).ravel()
        for start in range(0, len(places), STEP)
    ]
    return np.concatenate(parts).astype(np.int64).reshape(shape)


METHODS: dict[str, Callable[[Arrays, Path | None], Any]] = {
    "convpaint": convpaint,
    "convpaint-deeper": deeper,
    "filters": filters,
    "features": taught_features,
}


if __name__ == "__main__":
    main()
