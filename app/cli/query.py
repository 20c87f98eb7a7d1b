"""One pixel of one picture: what the commands that ask about it have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segcore.errors import RequestError, readable

if TYPE_CHECKING:
    from app.cli.terminal import Terminal
    from segcore.inference import EncodedImage, Predictor

ImageArgument = Annotated[
    Path, typer.Argument(metavar="IMAGE", help="A picture.", show_default=False)
]
PointOption = Annotated[
    str, typer.Option("--point", metavar="X,Y", help="The query: a pixel, from 0.")
]


def encode_picture(
    path: Path,
    point: tuple[int, int],
    *,
    model: str,
    device: str,
    numerics: str,
    terminal: Terminal,
) -> tuple[Predictor, EncodedImage]:
    """The picture ready to be asked about, in fp32: reduced precision would show in the answer.

    Raises:
        SegcoreError: the picture or the model cannot be used, or the point is outside.
    """
    from segcore.geometry import check_point
    from segcore.images import read_image
    from segcore.inference import Predictor

    image = read_image(path)
    with naming(path):
        check_point(point, (image.shape[0], image.shape[1]))
    predictor = Predictor.load(model, device, "fp32", numerics)
    for note in predictor.notes:
        terminal.note(note)
    return predictor, predictor.encode(image)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the picture's name before whatever is wrong with a request about it."""
    try:
        yield
    except RequestError as error:
        raise RequestError(f"{readable(path)}: {error}") from error
