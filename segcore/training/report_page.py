"""A training report as one page of HTML that needs no other file."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import Any

from segcore.classes import ClassTable
from segcore.training import report_figures as figures
from segcore.training.account import Account

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
img { max-width: 100%; background: #fff; border-radius: 4px; }
table { border-collapse: collapse; } td, th { padding: 0.1rem 0.8rem 0.1rem 0;
  text-align: right; }
td:first-child, th:first-child { text-align: left; }
.chip { display: inline-block; width: 0.8em; height: 0.8em; border-radius: 2px;
  margin-right: 0.5em; }
"""


def page_of(account: Account, words: Mapping[str, Any]) -> str:
    """The page; `words` are what stands in `report.json`."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Training report</title>",
        f"<style>{_STYLE}</style><h1>Training report</h1>",
        f"<p>{words['steps']} steps in {words['seconds'] / 60:.1f} minutes of computing.</p>",
    ]
    if account.steps:
        image = figures.curves(account.steps, account.looks)
        parts.append(_image(image, "Loss and mIoU over the steps"))
    if account.validation is None:
        parts.append("<p>No pictures were held out to measure on.</p>")
    else:
        parts.append(_scores(words, account.classes))
        image = figures.confusion(account.validation.confusion, account.classes)
        parts.append(_image(image, "Confusion matrix"))
        parts.append("<h2>Worst and best pictures</h2><p>Picture, truth, prediction.</p>")
        for one in account.shown:
            parts.append(f"<h3>{escape(one.name)}: mIoU {100 * one.miou:.1f} %</h3>")
            row = figures.side_by_side(one.picture, one.truth, one.predicted, account.classes)
            parts.append(_image(row, f"{one.name}: picture, truth and prediction"))
    parts.append(f"<h2>Recipe</h2><pre>{escape(json.dumps(words['recipe'], indent=2))}</pre>")
    return "\n".join(parts) + "\n"


def _scores(words: Mapping[str, Any], classes: ClassTable) -> str:
    rows = [
        f'<tr><td><span class=chip style="background:rgb{classes[entry["id"]].color}"></span>'
        f"{escape(entry['name'])}<td>{_percent(entry['iou'])}<td>{_percent(entry['accuracy'])}"
        for entry in words["classes"]
    ]
    return (
        f"<h2>Held-out pictures</h2><p>mIoU {_percent(words['miou'])}, pixel accuracy "
        f"{_percent(words['pixel_accuracy'])}.</p>"
        f"<table><tr><th>class<th>IoU<th>accuracy{''.join(rows)}</table>"
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _image(png: bytes, alt: str) -> str:
    data = b64encode(png).decode("ascii")
    return f'<p><img alt="{escape(alt)}" src="data:image/png;base64,{data}"></p>'
