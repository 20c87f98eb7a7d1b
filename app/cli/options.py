"""Options that several commands share, and how their values are written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import typer

Precision = Literal["auto", "fp32", "bf16", "fp16"]
Numerics = Literal["fast", "exact"]

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


def parse_device(text: str) -> str:
    """A device as torch writes it, or `auto`; anything else is wrong usage."""
    if not _DEVICE.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not auto, cpu, mps, cuda or cuda:N")
    return text


def parse_point(text: str) -> tuple[int, int]:
    """`X,Y` in pixels of the upright image, from 0."""
    match = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*", text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is not X,Y in pixels, such as 320,200")
    return int(match[1]), int(match[2])


def parse_size(text: str) -> tuple[int, int]:
    """`HxW` in pixels to (height, width)."""
    match = re.fullmatch(r"(\d+)[x×](\d+)", text.strip().lower())
    if match is None or 0 in (int(match[1]), int(match[2])):
        raise typer.BadParameter(f"{text!r} is not HxW in pixels, such as 512x1024")
    return int(match[1]), int(match[2])


def parse_choices(text: str, known: tuple[str, ...], aliases: dict[str, str]) -> tuple[str, ...]:
    """A list with commas, of `known` words or their aliases, without repetition."""
    chosen: list[str] = []
    for word in (part.strip() for part in text.split(",")):
        name = aliases.get(word, word)
        if name not in known:
            raise typer.BadParameter(f"{word!r} is not one of {', '.join(known)}")
        if name not in chosen:
            chosen.append(name)
    return tuple(chosen)


ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A bundled name, a file, a folder, or a hub name.")
]
ModelOption = Annotated[
    str,
    typer.Option(
        "-m", "--model", metavar="MODEL", help="A bundled name, a file, a folder, or a hub name."
    ),
]
Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="INPUT", help="Pictures, and folders with pictures in them."),
]
OutputFolder = Annotated[
    Path, typer.Option("-o", "--output", metavar="DIR", help="The folder to write to.")
]
DeviceOption = Annotated[
    str,
    typer.Option(
        "--device", callback=parse_device, help="auto, cpu, cuda, cuda:N or mps.", metavar="DEVICE"
    ),
]
PrecisionOption = Annotated[
    Precision, typer.Option("--precision", help="What the network computes in.")
]
NumericsOption = Annotated[
    Numerics,
    typer.Option(
        "--numerics", help="fast, or exact: the reference's order of operations, for study."
    ),
]
BackendOption = Annotated[
    str,
    typer.Option(
        "--backend", metavar="BACKEND", help="What runs the network: auto, torch or openvino."
    ),
]
JsonFlag = Annotated[
    bool, typer.Option("--json", help="Machine-readable results on stdout, and nothing else.")
]
