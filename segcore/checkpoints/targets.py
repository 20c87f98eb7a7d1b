"""What models are converted to: families whose files can be written, each with its own reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from torch import Tensor

from segcore.checkpoints import mmseg, nvlabs, sithu31296, smp, transformers
from segcore.checkpoints.family import Family
from segcore.classes import ClassTable

TargetName = Literal["transformers", "nvlabs", "sithu31296", "smp", "mmseg"]
TARGET_NAMES: tuple[TargetName, ...] = get_args(TargetName)


@dataclass(frozen=True)
class Target:
    """A family that a model is converted to.

    Attributes:
        segmentation: the row of the table of families that reads what is written.
        encoder: the same for encoders without a decoder, None where the family has no such files.
        meta: whether its files hold the names and colours of classes, in mmcv's `meta`.
        asides: what a person should know of every such file, one sentence each.
    """

    name: TargetName
    segmentation: Family
    encoder: Family | None = None
    meta: bool = False
    asides: tuple[str, ...] = ()

    @property
    def is_folder(self) -> bool:
        """Whether it is a model folder, which also holds words beside the weights."""
        return self.segmentation.reads_folder

    def wrapped(
        self, tensors: dict[str, Tensor], classes: ClassTable, *, encoder_only: bool
    ) -> dict[str, Any]:
        """The content of the file; a bare state dict where the family writes no more."""
        if encoder_only or not self.meta:
            return tensors
        names = list(classes.names)
        palette = [list(info.color) for info in classes]
        meta: Mapping[str, Any] = {"CLASSES": tuple(names), "PALETTE": palette}
        if self.name == "mmseg":
            # mmseg 1.x looks for them here, 0.x there.
            meta = {**meta, "dataset_meta": {"classes": tuple(names), "palette": palette}}
        return {"meta": meta, "state_dict": tensors}


_NO_CONV_SEG = (
    "NVlabs' head has a classifier that it never uses, decode_head.conv_seg, which is not written: "
    "its own loader names it as missing and goes on."
)

TARGETS: dict[TargetName, Target] = {
    "transformers": Target("transformers", transformers.SEGMENTATION, transformers.IMAGENET),
    "nvlabs": Target(
        "nvlabs",
        nvlabs.SEGMENTATION,
        nvlabs.IMAGENET,
        meta=True,
        asides=(_NO_CONV_SEG,),
    ),
    "sithu31296": Target("sithu31296", sithu31296.SEGMENTATION),
    "smp": Target("smp", smp.SEGMENTATION),
    "mmseg": Target("mmseg", mmseg.SEGMENTATION, meta=True),
}
