"""The table of families: a new one is a file and a row. The first that recognises a file has it."""

from __future__ import annotations

from segcore.checkpoints import (
    deeplab_mmseg,
    deeplab_smp,
    deeplab_vainf,
    mmseg,
    nvlabs,
    own_layout,
    sithu31296,
    smp,
    torchvision,
    transformers,
)
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
    own_layout.OWN,
    deeplab_vainf.SEGMENTATION,
    deeplab_smp.SEGMENTATION,
    deeplab_mmseg.SEGMENTATION,
    torchvision.IMAGENET,
)
