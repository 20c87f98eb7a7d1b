"""The claims of the SegFormer paper's Fig. 3 as numbers: `python docs/recipes/fig3.py OUT`.

Receptive fields of a SegFormer, a DeepLabv3+ and an All-MLP head on a ResNet, on the same pictures:
CamVid's test frames at their 480x360, and the middle of larger aerial pictures. Every claim of
`fig3_claims.py` is judged over the pictures; a model that is not there leaves its claims pending.
Writes for each set a table (`.md`), all numbers (`.json`) and a figure of the mean maps (`.png`).
Maps are kept below OUT, so that a run that was stopped goes on when it is started again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fig3_claims import ALLMLP, CLAIMS, DEEPLAB, SEGFORMER, TARGETS, Spread, measures_of

from segcore.atomic import replacing
from segcore.errors import SegcoreError
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.images import find_images, read_image
from segcore.inference import Predictor
from segcore.inspection import ErfRow, ErfSettings, comparison_figure, receptive_field
from segcore.resources import bundled_models

TITLES = {
    SEGFORMER: "SegFormer",
    DEEPLAB: "DeepLabv3+",
    ALLMLP: "All-MLP head on a ResNet",
}
COLUMNS = {
    "area": ("area of 50 %", 100, " %"),
    "half_width": ("half width", 1, " px"),
    "radius": ("radius", 1, " px"),
    "offset": ("centroid off by", 1, " px"),
    "near": ("near", 100, " %"),
    "far": ("far", 100, " %"),
}


@dataclass
class Fields:
    """One model's maps on one set: measures of every picture, and the sum of all maps."""

    measures: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    sums: dict[str, Any] = field(default_factory=dict)
    last: dict[str, HeatMap] = field(default_factory=dict)
    count: int = 0

    def add(self, maps: Mapping[str, HeatMap]) -> None:
        """Take in one picture."""
        self.count += 1
        for target, heat_map in maps.items():
            for name, value in measures_of(heat_map).items():
                self.measures.setdefault(target, {}).setdefault(name, []).append(value)
            # Pictures count alike, however large their gradients are.
            values = np.asarray(heat_map, np.float64)
            shares = values / max(float(values.sum()), np.finfo(np.float64).tiny)
            self.sums[target] = self.sums.get(target, 0) + shares
            self.last[target] = heat_map

    def arrays(self) -> dict[str, dict[str, Any]]:
        """Target -> measure -> values in the order of the pictures."""
        return {
            target: {name: np.array(values) for name, values in measures.items()}
            for target, measures in self.measures.items()
        }

    def row(self, title: str) -> ErfRow:
        """The mean maps for the figure."""
        maps = {
            target: HeatMap(
                (total / self.count).astype(np.float32),
                self.last[target].meaning,
                self.last[target].box,
            )
            for target, total in self.sums.items()
        }
        return ErfRow(title, maps)


def chosen_from(folder: Path, count: int) -> list[Path]:
    """So many pictures of a folder, evenly spread."""
    found = list(find_images(folder))
    count = min(count, len(found))
    return [found[len(found) * place // count] for place in range(count)]


def pictures(paths: Sequence[Path], crop: int | None) -> Iterator[tuple[str, Any]]:
    """Names and pictures, or their middles `crop` pixels square; smaller ones are left out."""
    for path in paths:
        image = read_image(path)
        if crop is not None:
            height, width = image.shape[:2]
            if min(height, width) < crop:
                continue
            top, left = (height - crop) // 2, (width - crop) // 2
            image = np.ascontiguousarray(image[top : top + crop, left : left + crop])
        yield path.name, image


def maps_of(
    model: Predictor, name: str, image: Any, settings: ErfSettings, kept: Path
) -> dict[str, HeatMap]:
    """One picture's maps, from the folder `kept` where they lie there already."""
    height, width = image.shape[:2]
    words = f"{Path(name).stem}-{width}x{height}-{settings.contribution}-{model.sha256[:12]}"
    path = kept / f"{words}.npz"
    if not path.is_file():
        maps = receptive_field(model, [image], settings=settings)
        with replacing(path) as stream:
            np.savez_compressed(stream, **{key: np.asarray(each) for key, each in maps.items()})
    with np.load(path) as stored:
        box = Box(0, 0, width, height)
        return {target: HeatMap(stored[target], f"ERF of {target}", box) for target in stored.files}


def measure(
    models: Mapping[str, Predictor],
    paths: Sequence[Path],
    crop: int | None,
    settings: ErfSettings,
    kept: Path,
) -> tuple[dict[str, Fields], list[str]]:
    """Every model's fields on the same pictures, and the names of these."""
    kept.mkdir(parents=True, exist_ok=True)
    found = {role: Fields() for role in models}
    names = []
    for name, image in pictures(paths, crop):
        for role, model in models.items():
            found[role].add(maps_of(model, name, image, settings, kept))
        names.append(name)
        sys.stderr.write(f"\r{len(names)} pictures")
    sys.stderr.write("\n")
    return found, names


def words_of(spread: Spread, factor: float = 1, unit: str = "") -> str:
    """The median and its interval."""
    low, middle, high = (factor * value for value in (spread.low, spread.median, spread.high))
    return f"{middle:.3g}{unit} ({low:.3g} – {high:.3g})"


def tables(
    what: str, names: Mapping[str, str], fields: Mapping[str, Fields], judged: Sequence[Any]
) -> str:
    """Markdown: the measures of every model and target, and the claims."""
    lines = [
        f"### {what}",
        "",
        f"| model | target | {' | '.join(c[0] for c in COLUMNS.values())} |",
    ]
    lines.append("|" + "---|" * (len(COLUMNS) + 2))
    for role, title in TITLES.items():
        if role not in fields:
            lines.append(f"| {title} | *pending: no model `{names[role]}` yet* |{' |' * 6}")
            continue
        for target, measures in fields[role].arrays().items():
            cells = [
                words_of(Spread.of(measures[name]), factor, unit)
                for name, (_, factor, unit) in COLUMNS.items()
            ]
            lines.append(f"| {title} (`{names[role]}`) | {target} | {' | '.join(cells)} |")
    lines += ["", "| claim | number | has to be | is | verdict |", "|---|---|---|---|---|"]
    for one in judged:
        number = "–"
        if "median" in one:
            number = f"{one['median']:.3g} ({one['low']:.3g} – {one['high']:.3g})"
        row = (one["claim"], one["number"], one["bound"], number, f"**{one['verdict']}**")
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, judge, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--segformer", default="street-b0", help="MODEL as on the command line")
    parser.add_argument("--deeplab", default="street-deeplabv3plus")
    parser.add_argument("--allmlp", default="street-allmlp-resnet")
    data = Path("../shared/data")
    parser.add_argument("--street", type=Path, default=data / "street/images/test")
    parser.add_argument("--aerial", type=Path, default=data / "aerial/images/test")
    parser.add_argument("--sets", nargs="*", default=["street", "aerial"])
    parser.add_argument("--count", type=int, default=24, help="street pictures")
    parser.add_argument("--aerial-count", type=int, default=9)
    parser.add_argument("--crop", type=int, default=768, help="side of the aerial pictures")
    parser.add_argument("--contribution", default="relu", choices=("relu", "abs", "signed"))
    parser.add_argument("--device", default="auto")
    chosen = parser.parse_args()
    sources = {SEGFORMER: chosen.segformer, DEEPLAB: chosen.deeplab, ALLMLP: chosen.allmlp}
    names = {role: Path(source).name for role, source in sources.items()}
    models = {
        role: Predictor.load(source, chosen.device, "fp32")
        for role, source in sources.items()
        if source in bundled_models() or Path(source).exists()
    }
    settings = ErfSettings(targets=TARGETS, contribution=chosen.contribution, recentre=True)
    sets = {
        "street": (f"Street, {chosen.street.name}", chosen_from(chosen.street, chosen.count), None),
        "aerial": (
            f"Aerial, {chosen.crop}x{chosen.crop}",
            chosen_from(chosen.aerial, chosen.aerial_count),
            chosen.crop,
        ),
    }
    for key in chosen.sets:
        what, paths, crop = sets[key]
        fields, used = measure(models, paths, crop, settings, chosen.out / "maps")
        if not used:
            sys.stderr.write(f"{what}: no picture is large enough.\n")
            continue
        write(chosen.out, key, f"{what}: {len(used)} pictures", names, fields)
    return 0


def write(
    out: Path, key: str, what: str, names: Mapping[str, str], fields: Mapping[str, Fields]
) -> None:
    """The three files of one set."""
    arrays = {role: each.arrays() for role, each in fields.items()}
    judged = [claim.to_json(arrays) for claim in CLAIMS]
    report = {
        "what": what,
        "models": names,
        "claims": judged,
        "fields": {
            role: {
                target: {name: values.tolist() for name, values in measures.items()}
                for target, measures in each.items()
            }
            for role, each in arrays.items()
        },
    }
    (out / f"fig3-{key}.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    page = tables(what, names, fields, judged)
    (out / f"fig3-{key}.md").write_text(page, encoding="utf-8")
    rows = [each.row(f"{TITLES[role]}\n{names[role]}") for role, each in fields.items()]
    comparison_figure(rows, patches=True, title=what).savefig(out / f"fig3-{key}.png", dpi=80)
    sys.stdout.write(page)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SegcoreError as error:
        sys.exit(str(error))
