"""Which part of the view shows the bare picture, and which what is laid over it."""

from __future__ import annotations

from dataclasses import dataclass

from segcore.geometry import Box, Size

COMPARISONS = ("overlay", "side_by_side", "swipe")
GAP = 3
"""Logical pixels between the halves, and how wide the line of the swipe is."""


@dataclass(frozen=True)
class Pane:
    """A part of the view.

    Attributes:
        box: the device pixels that it takes, in the view.
        left: where in the view the device pixels of its viewport begin.
        overlaid: whether it shows what lies over the picture.
    """

    box: Box
    left: int = 0
    overlaid: bool = True

    def to_view(self, device: Box) -> Box:
        """Device pixels of the pane's viewport as device pixels of the view, clipped to it."""
        return device.moved(self.left, 0).intersect(self.box)


@dataclass(frozen=True)
class Comparison:
    """How picture and overlay are compared.

    Attributes:
        kind: one of `COMPARISONS`: one over the other; the picture left and the same part of it
            with the overlay right; or one view in which a line parts the two.
        divider: where that line is, as a share of the width.
    """

    kind: str = "overlay"
    divider: float = 0.5

    def __post_init__(self) -> None:
        if self.kind not in COMPARISONS:
            raise ValueError(f"there is no comparison {self.kind!r}")
        object.__setattr__(self, "divider", min(max(self.divider, 0.0), 1.0))

    def pane_size(self, view: Size, ratio: float) -> Size:
        """(height, width) of what one viewport covers, in device pixels."""
        if self.kind != "side_by_side":
            return view
        return view[0], max((view[1] - round(GAP * ratio)) // 2, 1)

    def panes(self, view: Size, ratio: float) -> tuple[Pane, ...]:
        """The panes of a view of (height, width) device pixels, from the left."""
        height, width = view
        if self.kind == "overlay":
            return (Pane(Box(0, 0, width, height)),)
        if self.kind == "swipe":
            split = self.split(width)
            return (
                Pane(Box(0, 0, split, height), overlaid=False),
                Pane(Box(split, 0, width, height)),
            )
        half = self.pane_size(view, ratio)[1]
        return (
            Pane(Box(0, 0, half, height), overlaid=False),
            Pane(Box(width - half, 0, width, height), width - half),
        )

    def split(self, width: int) -> int:
        """The device pixel at which a swipe's overlay begins."""
        return round(self.divider * width)
