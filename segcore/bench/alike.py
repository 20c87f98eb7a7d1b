"""How alike the results of two sides are: a comparison of speeds is of no use where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def logits(ours: Any, theirs: Any) -> dict[str, float]:
    """Largest difference relative to the largest logit, and the share of equal argmax."""
    return {
        "difference": float(np.abs(ours - theirs).max() / np.abs(theirs).max()),
        "argmax_equal": float((ours.argmax(0) == theirs.argmax(0)).mean()),
    }


def labels(ours: Any, theirs: Any) -> dict[str, float]:
    """The share of equal labels."""
    return {"labels_equal": float((ours == theirs).mean())}


def heat_maps(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, float]:
    """The cosine of each pair of maps."""
    return {f"cosine_{name}": _cosine(ours[name], theirs[name]) for name in ours}


def _cosine(first: Any, second: Any) -> float:
    one, other = np.asarray(first, np.float64).ravel(), np.asarray(second, np.float64).ravel()
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
