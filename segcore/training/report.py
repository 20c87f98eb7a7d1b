"""What a training came to, to be read (`report.html`) and to be computed with (`report.json`)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from segcore.atomic import replacing
from segcore.training.account import Account
from segcore.training.report_page import page_of
from segcore.training.validation import Validation

JSON, HTML = "report.json", "report.html"
SHOWN = 3


def read_log(path: Path) -> list[dict[str, Any]]:
    """The events of a log; a line that a kill cut short is left out.

    Of steps that were done again after a kill the last account counts.
    """
    events: list[dict[str, Any]] = []
    if not path.is_file():
        return events
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            events.append(json.loads(line))
        except ValueError:
            continue
    latest = {(event["event"], event.get("step")): event for event in events}
    return sorted(latest.values(), key=lambda event: event.get("step") or 0)


def worst_first(validation: Validation) -> list[int]:
    """Places of the pictures in order of their mIoU; those without labels are left out."""
    order = np.argsort(validation.by_picture, kind="stable")
    return [int(place) for place in order if not math.isnan(validation.by_picture[place])]


def write_report(folder: Path, account: Account) -> None:
    """Write both files into `folder`.

    Raises:
        OSError: they cannot be written.
    """
    words = words_of(account)
    with replacing(folder / JSON, "w") as stream:
        json.dump(words, stream, indent=2, ensure_ascii=False, allow_nan=False)
    with replacing(folder / HTML, "w") as stream:
        stream.write(page_of(account, words))


def words_of(account: Account) -> dict[str, Any]:
    """What stands in `report.json`."""
    steps, validation = account.steps, account.validation
    words: dict[str, Any] = {
        "steps": steps[-1]["step"] if steps else 0,
        "seconds": round(sum(step["seconds"] for step in steps), 1),
        "recipe": account.recipe.to_json(),
        "loss": [[step["step"], step["loss"]] for step in steps],
        "looks": [[look["step"], look["miou"]] for look in account.looks],
    }
    if validation is None:
        return words
    scores = validation.scores
    return words | {
        "miou": _number(scores.miou),
        "pixel_accuracy": _number(scores.pixel_accuracy),
        "classes": [
            {
                "id": info.id,
                "name": info.name,
                "iou": _number(scores.iou[info.id]),
                "accuracy": _number(scores.accuracy[info.id]),
            }
            for info in account.classes
        ],
        "confusion": validation.confusion.tolist(),
        "pictures": [
            {"name": account.names[place], "miou": _number(validation.by_picture[place])}
            for place in worst_first(validation)
        ],
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 6)
