"""What windows leave behind: logits that decide some pixels of the picture."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from segcore.geometry import Box
from segcore.inference.spans import Span


@dataclass(frozen=True)
class Block:
    """Finished logits that decide some pixels of the image.

    Attributes:
        logits: (C, h, w) float32, the cells named by the spans.
        rows, columns: the pixels that they decide.
    """

    logits: Tensor
    rows: Span
    columns: Span

    @property
    def box(self) -> Box:
        """The pixels that are decided, in the image."""
        return Box(self.columns.start, self.rows.start, self.columns.stop, self.rows.stop)
