"""What a person may choose of receptive fields; the maths are in `segcore.inspection`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from segcore.heatmap import Normalisation

TARGETS = ("stage1", "stage2", "stage3", "stage4", "fused", "head")


@dataclass(frozen=True)
class FieldChoices:
    """How a receptive field is measured and shown.

    Attributes:
        contribution: what of the gradient counts: `relu`, `abs` or `signed`.
        seed: what is differentiated: `relu_sum` or `sum` over channels, `channel_norm` (every
            channel by itself) or `class_logit`: of the head, the logit of `class_id` alone.
        class_id: for `class_logit`; other targets than the head then keep `relu_sum`.
        before_norm: stages are taken before their last norm instead of after it.
        recentred: the place that a cell has under the grid of the convolutions is moved to the
            pixel that was asked about.
        squared: pictures go in at 1024 x 1024, bicubic, instead of as the model's preprocessing
            says.
        log_areas: area ratios are taken of log10(v + 1) instead of the map itself.
        display: how values fall on the colours; `replknet` is log10(v + 1) of un-scaled values.
    """

    contribution: str = "relu"
    seed: str = "relu_sum"
    class_id: int = 0
    before_norm: bool = False
    recentred: bool = False
    squared: bool = False
    log_areas: bool = False
    display: Normalisation = "log"

    @property
    def measured(self) -> FieldChoices:
        """Only what the values depend on: without the display."""
        return replace(self, display="log")

    @property
    def preset(self) -> str:
        """The preset that these choices are, or nothing."""
        return next((name for name, choices in PRESETS.items() if choices == self), "")


PRESETS = {
    "contract": FieldChoices(),
    "replknet": FieldChoices(squared=True, log_areas=True, display="replknet"),
    "luo": FieldChoices(contribution="signed", seed="sum", before_norm=True, display="linear"),
}
"""The program's own; RepLKNet's script; Luo et al. 2016."""
