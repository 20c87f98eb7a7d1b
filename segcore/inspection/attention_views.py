"""The four ways of looking at attention, asked for and answered alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from segcore.errors import RequestError
from segcore.geometry import Box, Point
from segcore.heatmap import HeatMap
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.inspection.attention import AttentionMap, attention_map
from segcore.inspection.attention_received import attention_received, attention_towards
from segcore.inspection.attention_rollout import attention_rollout
from segcore.progress import CancelToken, ProgressCallback

View = Literal["row", "towards", "received", "rollout"]
"""`row`: what the query looks at; `towards`: who looks at it; `received`: where all look;
`rollout`: what reaches its token through all blocks up to the end of the stage."""


@dataclass(frozen=True, eq=False)
class HeadMaps:
    """A view of one block as heat maps.

    Attributes:
        view: which of the four.
        stage, block: stages from 1, blocks from 0; a rollout has gone through all blocks.
        point: the query, (x, y) in image pixels.
        cell: the image pixels of the stage's token that the query falls in.
        mean: of all heads.
        heads: each head; empty for a rollout, which has heads no longer.
    """

    view: View
    stage: int
    block: int
    point: Point
    cell: Box
    mean: HeatMap
    heads: tuple[HeatMap, ...]

    def of_head(self, head: int | None) -> HeatMap:
        """The map of one head, from 0; the mean for None and where there is no such head."""
        return self.mean if head is None or head >= len(self.heads) else self.heads[head]


def attention_view(
    predictor: Predictor,
    encoded: EncodedImage,
    view: View,
    *,
    stage: int,
    block: int,
    point: Point,
    cancel: CancelToken | None = None,
    progress: ProgressCallback | None = None,
) -> AttentionMap:
    """One of the four views; see `attention_map`, `attention_towards`, and so on.

    A rollout comes as a map of one head, over the tokens of stage 1.

    Raises:
        RequestError: the point is outside the image, there is no such stage or block, or nothing
            can attend to the point.
        Cancelled: it was called off.
    """
    if view == "row":
        return attention_map(predictor, encoded, stage, block, point)
    if view == "towards":
        return attention_towards(predictor, encoded, stage, block, point, cancel=cancel)
    if view == "received":
        return attention_received(predictor, encoded, stage, block, point, cancel=cancel)
    if view != "rollout":
        raise RequestError(
            f'Attention cannot be shown as "{view}": choose row, towards, received or rollout.'
        )
    rolled = attention_rollout(predictor, encoded, stage, point, cancel=cancel, progress=progress)
    cell = encoded.windows[encoded.window_at(point)].stage_cell(point, stage)
    values = np.asarray(rolled)[None]
    last = encoded.backend.attention_config.depths[stage - 1] - 1
    return AttentionMap(values, stage, last, point, cell, rolled.box, "rollout, ")


def head_maps(
    predictor: Predictor,
    encoded: EncodedImage,
    view: View,
    *,
    stage: int,
    block: int,
    point: Point,
    cancel: CancelToken | None = None,
    progress: ProgressCallback | None = None,
) -> HeadMaps:
    """As `attention_view`, as heat maps with the query's token.

    Raises:
        RequestError: as `attention_view`.
        Cancelled: it was called off.
    """
    found = attention_view(
        predictor,
        encoded,
        view,
        stage=stage,
        block=block,
        point=point,
        cancel=cancel,
        progress=progress,
    )
    window = encoded.windows[encoded.window_at(point)]
    grid = encoded.backend.attention_config.grid(window.model_size, stage)
    heads = () if view == "rollout" else tuple(found.heat_map(n) for n in range(found.heads))
    return HeadMaps(
        view,
        stage,
        found.block,
        point,
        window.cell_box(found.cell, grid),
        found.heat_map(None),
        heads,
    )
