"""The tables that `explain` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from app.cli.terminal import Terminal
    from segcore import Explanation
    from segcore.inspection import AtSize, Counterfactual, Margin, WithoutStage

CLASSES_SHOWN = 5


Titled = tuple[str, Table]
"""A line above a table, which rich would wrap to the table's width."""


def print_answers(terminal: Terminal, found: Explanation, tables: Sequence[Titled]) -> None:
    """The pixel, its class and the competing ones, and the tables of the further questions."""
    x, y = found.point
    terminal.say(f"{x},{y}: {found.winner.name}, confidence {found.confidence:.1%}")
    terminal.table(scores_table(found))
    if len(found.classes) > CLASSES_SHOWN:
        more = len(found.classes) - CLASSES_SHOWN
        terminal.say(f"and {more} more {'class' if more == 1 else 'classes'}; --json lists all")
    for title, table in tables:
        terminal.say(f"\n{title}")
        terminal.table(table)


def scores_table(found: Explanation) -> Table:
    """The likeliest classes, each with what its logit is made of."""
    table = Table("class", box=None)
    for heading in ("probability", "logit", *found.winner.stages, "bias"):
        table.add_column(heading, justify="right")
    for score in found.classes[:CLASSES_SHOWN]:
        terms = (f"{term:+.3f}" for term in (*score.stages.values(), score.bias))
        table.add_row(score.name, f"{score.probability:.1%}", f"{score.logit:.3f}", *terms)
    return table


def margin_table(margin: Margin) -> Titled:
    """The stages by how much each puts the winner before the right class."""
    title = (
        f"{margin.ahead.name} is {margin.logit:.3f} ahead of {margin.behind.name}; "
        f"{margin.cause} caused it most"
    )
    table = Table("stage", box=None)
    for heading in (margin.ahead.name, margin.behind.name, "difference"):
        table.add_column(heading, justify="right")
    for name, difference in margin.ranked:
        both = (
            score.bias if name == "bias" else score.stages[name]
            for score in (margin.ahead, margin.behind)
        )
        table.add_row(name, *(f"{share:+.3f}" for share in both), f"{difference:+.3f}")
    table.add_row(
        "sum", f"{margin.ahead.logit:.3f}", f"{margin.behind.logit:.3f}", f"{margin.logit:+.3f}"
    )
    return title, table


def without_table(found: Explanation, taken_out: Sequence[WithoutStage]) -> Titled:
    """The class without each stage, and what becomes of the winner."""
    title = f"without one stage (its features: {taken_out[0].replacement})"
    table = Table("without", box=None)
    table.add_column("class")
    table.add_column("probability", justify="right")
    table.add_column(f"{found.winner.name} then", justify="right")
    for one in taken_out:
        then = next(chance for chance in one.classes if chance.id == found.winner.id)
        same = "" if one.winner.id == found.winner.id else "  (flips)"
        table.add_row(
            f"stage{one.stage}",
            one.winner.name + same,
            f"{one.winner.probability:.1%}",
            f"{then.probability:.1%}",
        )
    return title, table


def hidden_table(found: Counterfactual) -> Titled:
    """The pixel before and after a region was hidden."""
    region = ",".join(str(edge) for edge in found.region)
    flipped = float(found.flipped.mean())
    title = f"with {region} hidden ({found.filling}), {flipped:.1%} of the pixels flip"
    table = Table("picture", box=None)
    table.add_column("class")
    table.add_column("confidence", justify="right")
    names = found.before.classes
    for word, label, confidence in zip(("as it is", "hidden"), found.labels, found.confidences):
        table.add_row(word, names[label].name, f"{confidence:.1%}")
    return title, table


def sizes_table(study: Sequence[AtSize]) -> Titled:
    """What stays of the labels at each size."""
    judged = any(one.miou is not None for one in study)
    title = "the same picture at other sizes, against its own"
    table = Table("size", box=None)
    for heading in ("scale", "agreement", "confidence", *(("mIoU",) if judged else ()), "seconds"):
        table.add_column(heading, justify="right")
    for one in study:
        miou = () if not judged else ("-" if one.miou is None else f"{one.miou:.1%}",)
        table.add_row(
            f"{one.size[0]}x{one.size[1]}",
            f"{one.scale:g}",
            f"{one.agreement:.1%}",
            f"{one.confidence:.1%}",
            *miou,
            f"{one.seconds:.2f}",
        )
    return title, table
