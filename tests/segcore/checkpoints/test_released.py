"""The catalogue of released checkpoints says what the networks themselves say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segcore import resources
from segcore.checkpoints.released import Released, released, released_models
from segcore.models import ImageClassifier, SegFormer, SegFormerConfig


def test_every_released_checkpoint_is_there_once() -> None:
    names = [one.name for one in released_models()]
    assert len(names) == len(set(names)) == 6 + 6 + 3 + 6
    for size in range(6):
        assert released(f"nvidia/mit-b{size}") is not None
        assert released(f"nvidia/segformer-b{size}-finetuned-cityscapes-1024-1024") is not None
    assert released("NVIDIA/SegFormer-B5-finetuned-ade-640-640") is not None
    assert released("nvidia/segformer-b5-finetuned-ade-512-512") is None


@pytest.mark.parametrize("one", released_models(), ids=lambda one: one.name)
def test_numbers_are_those_of_the_network(one: Released) -> None:
    config = replace(SegFormerConfig.named(one.variant), num_classes=one.classes)
    model = (ImageClassifier if one.encoder_only else SegFormer)(config, device="meta")
    assert sum(tensor.numel() for tensor in model.parameters()) == one.parameters
    words = one.name.split("-")
    if one.encoder_only:
        assert one.miou is None
        return
    assert one.input_size == (int(words[-2]), int(words[-1]))
    assert len(resources.class_table(one.data_set.lower())) == one.classes
    assert one.miou is not None
    assert 35 < one.miou < (one.miou_multi_scale or 100)
    assert one.licence.non_commercial
