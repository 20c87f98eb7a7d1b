"""`explain`: the classes that compete for one pixel, and what the winner's logit is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from app.cli.options import DeviceOption, JsonFlag, ModelOption, NumericsOption, parse_point
from app.cli.query import ImageArgument, PointOption, encode_picture, naming
from app.cli.terminal import Terminal
from segcore.errors import readable

OptionalFolder = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="DIR", help="Where --hide and --sizes write to."),
]


def explain(
    *,
    image: ImageArgument,
    model: ModelOption,
    point: PointOption,
    right: Annotated[
        str | None,
        typer.Option(
            "--right", metavar="CLASS", help="The class that is right: which stage missed it."
        ),
    ] = None,
    without: Annotated[
        bool, typer.Option("--without", help="Also the class there without each stage.")
    ] = False,
    replacement: Annotated[
        Literal["zero", "mean"],
        typer.Option("--replacement", help="What --without puts in the place of a stage."),
    ] = "zero",
    hide: Annotated[
        str | None,
        typer.Option("--hide", metavar="X0,Y0,X1,Y1", help="Hide this region and ask again."),
    ] = None,
    filling: Annotated[
        Literal["blur", "mean", "inpaint"],
        typer.Option("--filling", help="What --hide puts into the region."),
    ] = "blur",
    sizes: Annotated[
        str | None,
        typer.Option(
            "--sizes", metavar="LIST", help="Ask at these times the picture's size: 0.5,1,2."
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="FILE", help="For --sizes: the picture's true ids, PNG."),
    ] = None,
    output: OptionalFolder = None,
    device: DeviceOption = "auto",
    numerics: NumericsOption = "fast",
    as_json: JsonFlag = False,
) -> None:
    """Say why one pixel got its class: the competing classes, and what each stage adds."""
    pixel = parse_point(point)
    from app.cli import explain_options as parsed

    region = None if hide is None else parsed.parse_region(hide)
    scales = None if sizes is None else parsed.parse_sizes(sizes)
    parsed.check_together(region, scales, labels, output)
    import segcore
    from app.cli.explain_answers import Answers
    from app.cli.explain_words import print_answers

    terminal = Terminal()
    predictor, encoded = encode_picture(
        image, pixel, model=model, device=device, numerics=numerics, terminal=terminal
    )
    right_id = None if right is None else parsed.class_id_of(predictor, right)
    with naming(image):
        found = segcore.explain(predictor, encoded, pixel)
        answers = Answers(predictor, encoded, found, output, terminal)
        if right_id is not None:
            answers.add_margin(right_id)
        if without:
            answers.add_ablations(replacement)
        if region is not None:
            answers.add_hidden(region, filling, readable(image))
        if scales is not None:
            truth = None if labels is None else parsed.read_truth(labels, predictor)
            answers.add_sizes(scales, truth)
    for note in (*encoded.notes, *found.notes):
        terminal.note(note)
    if as_json:
        terminal.say_json(found.to_json() | answers.report)
        return
    print_answers(terminal, found, answers.tables)
    if output is not None:
        terminal.say(f"{', '.join(answers.written)} in {readable(output)}")
