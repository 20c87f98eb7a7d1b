"""`explain`: the classes that compete for one pixel, and what the winner's logit is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.options import DeviceOption, JsonFlag, ModelOption, NumericsOption, parse_point
from app.cli.query import ImageArgument, PointOption, encode_picture, naming
from app.cli.terminal import Terminal

if TYPE_CHECKING:
    from segcore import Explanation

_CLASSES_SHOWN = 5


def explain(
    *,
    image: ImageArgument,
    model: ModelOption,
    point: PointOption,
    device: DeviceOption = "auto",
    numerics: NumericsOption = "fast",
    as_json: JsonFlag = False,
) -> None:
    """Say why one pixel got its class: the competing classes, and what each stage adds."""
    pixel = parse_point(point)
    import segcore

    terminal = Terminal()
    predictor, encoded = encode_picture(
        image, pixel, model=model, device=device, numerics=numerics, terminal=terminal
    )
    with naming(image):
        found = segcore.explain(predictor, encoded, pixel)
    for note in (*encoded.notes, *found.notes):
        terminal.note(note)
    if as_json:
        terminal.say_json(found.to_json())
    else:
        _print(terminal, found)


def _print(terminal: Terminal, found: Explanation) -> None:
    """The likeliest classes, each with what its logit is made of."""
    from rich.table import Table

    x, y = found.point
    terminal.say(f"{x},{y}: {found.winner.name}, confidence {found.confidence:.1%}")
    table = Table("class", box=None)
    for heading in ("probability", "logit", *found.winner.stages, "bias"):
        table.add_column(heading, justify="right")
    shown = found.classes[:_CLASSES_SHOWN]
    for score in shown:
        terms = (f"{term:+.3f}" for term in (*score.stages.values(), score.bias))
        table.add_row(score.name, f"{score.probability:.1%}", f"{score.logit:.3f}", *terms)
    terminal.table(table)
    if len(found.classes) > len(shown):
        terminal.say(f"and {len(found.classes) - len(shown)} more classes; --json lists them all")
