"""The files of `attention`: arrays and figures of one query or two, and of every head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from segcore.atomic import replacing
from segcore.errors import RequestError, readable

if TYPE_CHECKING:
    from segcore.inference import EncodedImage
    from segcore.inspection import AttentionMap, HeadSpread
    from segcore.inspection.attention_views import View

Write = Callable[[IO[bytes]], object]

_TITLES = {
    "row": "attention of",
    "towards": "attention towards",
    "received": "attention received, in the window of",
    "rollout": "attention rollout of",
}


@dataclass(frozen=True, eq=False)
class AttentionFiles:
    """What was found, on its way to a folder.

    Attributes:
        model: its name.
        encoded: the picture.
        show: which view.
        found: of each query, one or two, the maps in one order.
        spreads: of every head, or nothing.
    """

    model: str
    encoded: EncodedImage
    show: View
    found: Sequence[Sequence[AttentionMap]]
    spreads: Sequence[HeadSpread] = ()

    def write(self, folder: Path) -> list[str]:
        """Write everything; the names of the files. Nothing is written if a figure cannot be made.

        Raises:
            RequestError: the folder cannot be written to, or two queries cannot be compared.
        """
        files = self._files()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, write in files.items():
                with replacing(folder / name) as stream:
                    write(stream)
        except OSError as error:
            raise RequestError(
                f"{readable(folder)} cannot be written to ({error.strerror or error}): "
                "choose another output folder."
            ) from error
        return list(files)

    def report(self) -> dict[str, Any]:
        """What `--json` prints, without the names of the files."""
        first = self.found[0]
        said: dict[str, Any] = {
            "show": self.show,
            "point": list(first[0].point),
            "maps": [_facts(found) for found in first],
        }
        if len(self.found) > 1:
            said["compare"] = {
                "point": list(self.found[1][0].point),
                "maps": [_facts(found) for found in self.found[1]],
            }
        if self.spreads:
            said["spread"] = [spread.to_json() for spread in self.spreads]
        return said

    def _files(self) -> dict[str, Write]:
        from segcore.inspection.attention_compare import comparison_picture
        from segcore.inspection.attention_picture import attention_picture

        first, image = self.found[0], self.encoded.image
        window = self.encoded.windows[self.encoded.window_at(first[0].point)].box
        x, y = first[0].point
        title = f"{self.model}: {_TITLES[self.show]} {x},{y}"
        files: dict[str, Write] = {
            "attention.npz": _saving(first),
            "attention.png": _drawing(attention_picture(first, image, window, title=title)),
        }
        if len(self.found) > 1:
            second = self.found[1]
            title = f"{title} (A) and {second[0].point[0]},{second[0].point[1]} (B)"
            figure = comparison_picture(first, second, image, window, title=title)
            files["attention_compare.npz"] = _saving(second)
            files["attention_compare.png"] = _drawing(figure)
        return files | self._spread_files()

    def _spread_files(self) -> dict[str, Write]:
        import json

        from segcore.inspection.attention_chart import spread_csv, spread_figure

        if not self.spreads:
            return {}
        size = self.encoded.size
        numbers = {
            "model": self.model,
            "size": list(size),
            "heads": [spread.to_json() for spread in self.spreads],
        }
        figure = spread_figure(self.spreads, size, title=f"{self.model}: how far each head looks")
        text, table = json.dumps(numbers, indent=2), spread_csv(self.spreads, size)
        return {
            "attention_spread.json": lambda stream: stream.write(text.encode()),
            "attention_spread.csv": lambda stream: stream.write(table.encode()),
            "attention_spread.png": _drawing(figure),
        }


def _facts(found: AttentionMap) -> dict[str, Any]:
    return {
        "array": _key(found),
        "stage": found.stage,
        "block": found.block,
        "heads": found.heads,
        "grid": list(found.values.shape[1:]),
        "box": list(found.box),
    }


def _key(found: AttentionMap) -> str:
    """The array's name: a rollout has gone through all blocks, and has one map alone."""
    rolled = found.kind.startswith("rollout")
    return f"stage{found.stage}" if rolled else f"stage{found.stage}_block{found.block}"


def _values(found: AttentionMap) -> npt.NDArray[np.float32]:
    return found.values[0] if found.kind.startswith("rollout") else found.values


def _saving(maps: Sequence[AttentionMap]) -> Write:
    arrays: dict[str, Any] = {_key(found): _values(found) for found in maps}
    return lambda stream: np.savez(stream, allow_pickle=False, **arrays)


def _drawing(figure: Any) -> Write:
    return lambda stream: figure.savefig(stream, format="png")
