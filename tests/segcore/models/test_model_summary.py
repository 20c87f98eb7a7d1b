"""Parameters and multiply-accumulates are the published ones."""

from __future__ import annotations

import pytest

from segcore.models import SegFormer, SegFormerConfig, count_macs, count_parameters, output_grid

# Parameters with 150 and with 19 classes (counted in released files), GMAC with 150 classes at
# 512 x 512 (B5: 640 x 640) and at 1024 x 2048 (the paper's tables 1 and 2; its Cityscapes column
# agrees with 150 classes, not with 19).
PUBLISHED = {
    "b0": (3_752_694, 3_719_027, 8.4, 125.5),
    "b1": (13_715_798, 13_682_131, 15.9, 243.7),
    "b2": (27_461_974, 27_361_235, 62.4, 717.1),
    "b3": (47_337_814, 47_237_075, 79.0, 962.9),
    "b4": (64_108_374, 64_007_635, 95.7, 1240.6),
    "b5": (84_708_694, 84_607_955, 183.3, 1460.4),
}


@pytest.mark.parametrize("variant", PUBLISHED)
def test_figures_are_the_published_ones(variant):
    ade, cityscapes, small, large = PUBLISHED[variant]
    size = (640, 640) if variant == "b5" else (512, 512)
    config = SegFormerConfig.named(variant, num_classes=150)
    rows = count_macs(config, size)
    assert sum(row.parameters for row in rows) == ade
    assert sum(row.macs for row in rows) / 1e9 == pytest.approx(small, rel=0.002)
    assert sum(row.macs for row in count_macs(config, (1024, 2048))) / 1e9 == pytest.approx(
        large, rel=0.015
    )
    other = SegFormer(SegFormerConfig.named(variant, num_classes=19), device="meta")
    assert count_parameters(other) == cityscapes


def test_rows_name_shapes_as_they_come_out(tiny_config):
    import torch

    network = SegFormer(tiny_config, device="meta").eval()
    pixels = torch.empty(1, 4, 75, 61, device="meta")
    rows = count_macs(tiny_config, (75, 61))
    assert [row.name for row in rows] == ["stage1", "stage2", "stage3", "stage4", "head"]
    shapes = [tuple(stage.shape[1:]) for stage in network.encode(pixels)]
    assert [row.shape for row in rows] == [*shapes, tuple(network(pixels).shape[1:])]


def test_grids_round_up():
    assert [output_grid((513, 65), stage) for stage in (1, 2, 3, 4)] == [
        (129, 17),
        (65, 9),
        (33, 5),
        (17, 3),
    ]
