"""Labels carried along a video, weighed against what the model says of the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.errors import RequestError
from segcore.inference.blocks import Block
from segcore.inference.encoded import EncodedImage
from segcore.inference.passes import pieces_of
from segcore.inference.quads import Labels
from segcore.inference.uncertainty import MakesRoom
from segcore.inference.upsample import upsampled_strips
from segcore.progress import CancelToken

CARRIED_WEIGHT = 12.0
"""What a carried label of confidence 1 adds to its class's logit. Measured on CamVid's validation
sequence (`docs/video.md`): from 8 to 24 the result hardly differs."""

_LEAST = 1e-30


@dataclass(frozen=True, eq=False)
class Fused:
    """What carried labels and the model say together.

    Attributes:
        labels: (H, W) ids of the carried labels' class table.
        confidence: (H, W) float16, the probability of that id, 0 to 1.
        carried: (H, W) bool, where the id is the carried one; elsewhere it is the model's.
    """

    labels: Labels
    confidence: npt.NDArray[np.float16]
    carried: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Carried:
    labels: Tensor
    bonus: Tensor


def fused_labels(
    predictor: MakesRoom,
    encoded: EncodedImage,
    labels: Labels,
    confidence: npt.NDArray[np.float32],
    ids: Sequence[int],
    *,
    weight: float = CARRIED_WEIGHT,
    cancel: CancelToken | None = None,
) -> Fused:
    """The likeliest class of each pixel when the carried label speaks with the model's logits.

    At each pixel `weight` times the confidence is added to the logit of the carried class, and the
    softmax is taken of that. A carried class that the model does not know starts from the logit of
    the model's winner: it wins as soon as anything is carried.

    Args:
        predictor: whose model `encoded` belongs to.
        encoded: the frame.
        labels: (H, W) carried ids of the project's classes.
        confidence: (H, W) float32, 0 to 1; 0 where nothing is carried.
        ids: the project's id of each class of the model, in the model's order.

    Raises:
        Cancelled: `cancel` was called; it is looked at between strips.
        RequestError: sizes differ, or memory runs out on the CPU too.
    """
    if labels.shape != encoded.size or confidence.shape != encoded.size:
        raise RequestError(
            f"The carried labels are {labels.shape}, the frame is {encoded.size}: they must agree."
        )
    table = np.full(int(np.iinfo(labels.dtype).max) + 1, -1, np.int64)
    table[np.asarray(ids, np.int64)] = np.arange(len(ids))
    fused = Fused(
        np.empty(encoded.size, labels.dtype),
        np.empty(encoded.size, np.float16),
        np.empty(encoded.size, np.bool_),
    )
    own = np.asarray(ids, labels.dtype)

    def write(rows: slice, columns: slice, logits: Tensor) -> None:
        carried = labels[rows, columns]
        model_ids = torch.from_numpy(table[carried]).to(logits.device)
        bonus = torch.from_numpy(np.float32(weight) * confidence[rows, columns]).to(logits.device)
        winner, share, is_carried = _fuse(logits, _Carried(model_ids, bonus))
        said = own[winner.cpu().numpy()]
        taken = is_carried.cpu().numpy()
        fused.labels[rows, columns] = np.where(taken, carried, said)
        fused.confidence[rows, columns] = share.half().cpu().numpy()
        fused.carried[rows, columns] = taken

    @torch.inference_mode()
    def run() -> None:
        for piece in pieces_of(encoded, cancel, None):
            if isinstance(piece, Block):
                columns = slice(piece.box.x0, piece.box.x1)
                for rows, logits in upsampled_strips(piece):
                    if cancel is not None:
                        cancel.raise_if_cancelled()
                    write(rows, columns, logits)
            else:
                write(piece.rows, slice(None), piece.probabilities.clamp_min(_LEAST).log())

    predictor.with_less_memory(encoded, run)
    return fused


def _fuse(logits: Tensor, carried: _Carried) -> tuple[Tensor, Tensor, Tensor]:
    """Winner of the model (h, w), probability of what is said, whether that is what is carried."""
    best, winner = logits.max(dim=0)
    total = logits.logsumexp(dim=0)
    known = carried.labels >= 0
    at = logits.gather(0, carried.labels.clamp_min(0)[None])[0]
    base = torch.where(known, at, best)
    lifted = base + carried.bonus
    # A known class gives up its own share of the sum for the lifted one; a foreign one is added.
    others = torch.where(known, total + torch.log1p(-(at - total).exp().clamp(max=1 - 1e-7)), total)
    fused_total = torch.logaddexp(others, lifted)
    speaks = carried.bonus > 0
    takes = speaks & (lifted >= best)
    score = torch.where(takes, lifted, best)
    share = (score - torch.where(speaks, fused_total, total)).exp().clamp(0, 1)
    return winner, share, takes
