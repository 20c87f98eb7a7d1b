"""The table of families: a new one is a file and a row. The first that recognises a file has it."""

from __future__ import annotations

from segcore.checkpoints import mmseg, nvlabs, sithu31296, smp, transformers
from segcore.checkpoints.family import Family

FAMILIES: tuple[Family, ...] = (
    transformers.SEGMENTATION,
    transformers.IMAGENET,
    nvlabs.SEGMENTATION,
    nvlabs.IMAGENET,
    sithu31296.SEGMENTATION,
    smp.SEGMENTATION,
    smp.ENCODER,
    mmseg.SEGMENTATION,
    mmseg.ENCODER,
)
