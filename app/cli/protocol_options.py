"""Options that say how pictures go into the network, and what they come to."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from app.cli.options import parse_size
from segcore.errors import RequestError
from segcore.inference.protocol import NAMES, InferenceProtocol, protocol_of


def parse_protocol(text: str) -> str:
    """The name of a protocol; anything else is wrong usage."""
    if text not in NAMES:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(NAMES)}")
    return text


def parse_scales(text: str) -> tuple[float, ...]:
    """Numbers with commas between them."""
    try:
        scales = tuple(float(word) for word in text.split(","))
    except ValueError:
        scales = ()
    if not scales or not all(map(math.isfinite, scales)):
        raise typer.BadParameter(f"{text!r} is no list of scales, such as 0.5,1,1.5")
    return scales


ProtocolOption = Annotated[
    str,
    typer.Option(
        "--protocol",
        callback=parse_protocol,
        metavar="PROTOCOL",
        help=f"How pictures go in: {', '.join(NAMES)}; preprocess is as the model says.",
    ),
]
ProtocolSizeOption = Annotated[
    str,
    typer.Option(
        "--size",
        metavar="HxW",
        help="The size of fixed, the box of ratio (short x long side), the window of slide.",
    ),
]
StrideOption = Annotated[
    int | None,
    typer.Option(
        "--stride", metavar="N", help="Pixels from one window of slide to the next.", min=1
    ),
]
BlendFlag = Annotated[
    bool, typer.Option("--blend", help="Blend the windows of slide; else all count the same.")
]
FlipFlag = Annotated[
    bool, typer.Option("--flip", help="Also mirrored; the probabilities are averaged.")
]
ScalesOption = Annotated[
    str,
    typer.Option(
        "--scales",
        metavar="LIST",
        help="Each of these times the size, such as 0.5,1,1.5; the probabilities are averaged.",
    ),
]


def chosen_protocol(
    name: str, size: str, stride: int | None, *, blend: bool, flip: bool, scales: str
) -> InferenceProtocol:
    """The protocol that the options make; `size` and `scales` as they were typed.

    Raises:
        BadParameter: they make none; status 2.
    """
    try:
        return protocol_of(
            name,
            size=parse_size(size) if size else None,
            stride=stride,
            blended=blend,
            flip=flip,
            scales=parse_scales(scales),
        )
    except RequestError as error:
        raise typer.BadParameter(str(error)) from error
