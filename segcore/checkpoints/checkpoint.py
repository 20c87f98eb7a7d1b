"""A checkpoint that was read: weights under own names and all that is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from segcore.classes import ClassTable
from segcore.errors import CheckpointError
from segcore.models import ModelConfig, SegFormerConfig, architecture_title
from segcore.preprocess import Preprocess


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Weights, complete and of the right shapes for `config`, and what belongs to them.

    Attributes:
        name: bundled name, or base name of the file or folder.
        path: the file or folder that was read.
        family: row of the table of families, `transformers`, `nvlabs`, `sithu31296`, ...
        config: of a SegFormer, or of another network that the program knows.
        state: own names to tensors as stored (float32, float16 or bfloat16).
        classes: what the outputs are called; empty for an ImageNet classifier.
        sha256: of the weights file, or of all shards one after another; 64 hexadecimal digits.
        licence: as the model card's front matter has it, None where there is no card.
        encoder_only: it has no decoder and cannot segment; see `headless`.
        summary: one line for people.
        notes: what a person should know of how it was read, one sentence each.
    """

    name: str
    path: Path
    family: str
    config: ModelConfig
    state: dict[str, Tensor]
    classes: ClassTable
    preprocess: Preprocess
    sha256: str
    licence: str | None
    encoder_only: bool
    summary: str
    notes: tuple[str, ...] = ()

    @property
    def segformer(self) -> SegFormerConfig:
        """The configuration, for what only SegFormers can do.

        Raises:
            CheckpointError: it is another network.
        """
        if not isinstance(self.config, SegFormerConfig):
            raise CheckpointError(
                f"{self.name}: its network is {architecture_title(self.config)} and no SegFormer; "
                "name a SegFormer, or load it with segcore.load_model."
            )
        return self.config

    @property
    def headless(self) -> bool:
        """Whether it is an encoder alone, without so much as ImageNet's classifier."""
        return self.encoder_only and "classifier.weight" not in self.state
