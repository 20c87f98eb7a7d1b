"""The scribbles of `scribbles.py --export FOLDER`, classified by CatBoost on a bank of filters.

    python benchmarks/scribbles_baseline.py FOLDER

Needs catboost and scikit-image, in an environment of its own. napari-convpaint classifies features
of VGG16 by CatBoost; here the features are scikit-image's `multiscale_basic_features` (intensity,
edges and texture at five scales from 1 to 16 pixels), as ilastik's are, which need no weights.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from catboost import CatBoostClassifier
from skimage.feature import multiscale_basic_features


def main(folder: Path) -> None:
    """A line for each file, then the means."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as held:
            image, labels, pixels = held["image"], held["labels"], held["pixels"]
        began = time.perf_counter()
        features = multiscale_basic_features(image, sigma_min=1, sigma_max=16, channel_axis=-1)
        features = features.astype(np.float32)
        ready = time.perf_counter()
        x, y, ids = pixels.T
        model = CatBoostClassifier(
            iterations=100, depth=5, thread_count=2, random_seed=0, verbose=False
        )
        model.fit(features[y, x], ids)
        fitted = time.perf_counter()
        said = np.asarray(model.predict(features.reshape(-1, features.shape[-1])))
        applied = time.perf_counter()
        said, known = said.reshape(labels.shape), np.isin(labels, ids)
        scores = []
        for class_id in np.unique(ids):
            mine, true = (said == class_id) & known, labels == class_id
            scores.append((mine & true).sum() / max((mine | true).sum(), 1))
        domain = path.stem.rsplit("_", 1)[0]
        row = (100 * float(np.mean(scores)), fitted - ready, applied - fitted + ready - began)
        found.setdefault(domain, []).append(row)
        print(path.stem, *(f"{each:.2f}" for each in row), flush=True)
    for domain, rows in found.items():
        miou, fit, apply = np.mean(rows, axis=0).tolist()
        print(json.dumps({"set": domain, "miou": miou, "fit": fit, "apply": apply}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
