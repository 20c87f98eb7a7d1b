"""`erf --overlap-for`: from a field to the sliding windows that keep enough of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.cli.options import parse_size
from segcore.errors import RequestError

if TYPE_CHECKING:
    from segcore.inspection.erf_report import ErfEntry

TARGET = "head"
_SMALLEST_WINDOW = 512
_MULTIPLE = 32
_MOST = 0.75


@dataclass(frozen=True)
class Windows:
    """Sliding windows that keep a share of a field, and the command that uses them."""

    share: float
    reach: int
    overlap: int
    window: tuple[int, int]
    command: str
    resized: bool
    filled: bool

    @property
    def stride(self) -> int:
        """Pixels from one window to the next."""
        return min(self.window) - self.overlap

    def to_json(self) -> dict[str, Any]:
        """As in `erf.json` under `overlap`."""
        return {
            "target": TARGET,
            "share": self.share,
            "reach": self.reach,
            "overlap": self.overlap,
            "window": list(self.window),
            "stride": self.stride,
            "command": self.command,
        }

    def sentences(self) -> list[str]:
        """For people."""
        first = (
            f"{100 * self.share:g} % of the field of {TARGET} lies within {self.reach} pixels: "
            f"windows should share {self.overlap}."
        )
        said = [first, self.command]
        if self.filled:
            said.append(
                "The field fills most of these pictures; larger ones may show that it reaches "
                "further."
            )
        if self.resized:
            said.append(
                "The pictures were resized for this; windows slide over pictures of their own "
                "size, so measure without --size as well."
            )
        return said


def windows_for(entry: ErfEntry, share: float, window: str | None, words: str) -> Windows:
    """The least overlap that keeps the share, and a command with it.

    `words` are the pictures and the model as the command has them.

    Raises:
        RequestError: the field is zero, or no overlap of such windows keeps the share.
    """
    from segcore.inspection.erf_overlap import overlap_for, reach_of

    field, point = entry.average.maps[TARGET], entry.average.settings.point
    reach, overlap = reach_of(field, share, point), overlap_for(field, share, point)
    side = max(-(-2 * overlap // _MULTIPLE) * _MULTIPLE, _SMALLEST_WINDOW)
    size = (side, side) if window is None else parse_size(window)
    if overlap >= min(size):
        raise RequestError(
            f"Windows of {size[0]}x{size[1]} cannot share the {overlap} pixels that keep "
            f"{100 * share:g} % of the field: give larger windows, or a smaller share."
        )
    stride = min(size) - overlap
    command = (
        f"segformer-studio predict {words} -o labels --protocol slide "
        f"--size {size[0]}x{size[1]} --stride {stride}"
    )
    filled = 2 * reach > _MOST * min(field.shape)
    return Windows(share, reach, overlap, size, command, entry.resized, filled)
