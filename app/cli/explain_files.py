"""What `explain` writes: the figure of a hidden region, and figures as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from segcore.atomic import replacing
from segcore.errors import RequestError, readable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from segcore.inspection import Counterfactual


def write_picture(
    output: Path, found: Counterfactual, image: npt.NDArray[np.uint8], title: str
) -> None:
    """Write `hidden.png`.

    Raises:
        RequestError: nothing can be written to `output`.
    """
    from segcore.inspection.counterfactual_picture import counterfactual_picture

    figure = counterfactual_picture(found, image, title=title)
    _write(output / "hidden.png", lambda stream: figure.savefig(stream, format="png"))


def write_json(output: Path, name: str, data: dict[str, Any]) -> None:
    """Write figures under a name.

    Raises:
        RequestError: nothing can be written to `output`.
    """
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    _write(output / name, lambda stream: stream.write(text.encode()))


def _write(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            write(stream)
    except OSError as error:
        raise RequestError(
            f"{readable(path.parent)} cannot be written to ({error.strerror or error}): "
            "choose another output folder."
        ) from error
