"""NVlabs, the paper's authors: `.pth` files of `{state_dict, meta}` and flat `mit_b*` encoders.

Others took over their names of the weights, and not their epsilons; see `bears_nvlabs_marks`.
"""

from __future__ import annotations

import re

from segcore.checkpoints.family import Family
from segcore.checkpoints.naming import Layout, Rule
from segcore.checkpoints.storage import StoredWeights
from segcore.models.config import NormEpsilons


def encoder_rules(prefix: str) -> tuple[Rule, ...]:
    """The encoder's rules with every key below `prefix`; key and value share one tensor, `kv`."""
    own = "encoder.stages.{s}.blocks.{i}"
    theirs = f"{prefix}block{{S}}.{{i}}"
    return (
        Rule("encoder.stages.{s}.patch_embed.proj", f"{prefix}patch_embed{{S}}.proj"),
        Rule("encoder.stages.{s}.patch_embed.norm", f"{prefix}patch_embed{{S}}.norm"),
        Rule(f"{own}.norm1", f"{theirs}.norm1"),
        Rule(f"{own}.attention.query", f"{theirs}.attn.q"),
        Rule(f"{own}.attention.key", f"{theirs}.attn.kv", part=0, parts=2),
        Rule(f"{own}.attention.value", f"{theirs}.attn.kv", part=1, parts=2),
        Rule(f"{own}.attention.sr", f"{theirs}.attn.sr"),
        Rule(f"{own}.attention.sr_norm", f"{theirs}.attn.norm"),
        Rule(f"{own}.attention.output", f"{theirs}.attn.proj"),
        Rule(f"{own}.norm2", f"{theirs}.norm2"),
        Rule(f"{own}.mlp.fc1", f"{theirs}.mlp.fc1"),
        Rule(f"{own}.mlp.depthwise", f"{theirs}.mlp.dwconv.dwconv"),
        Rule(f"{own}.mlp.fc2", f"{theirs}.mlp.fc2"),
        Rule("encoder.stages.{s}.norm", f"{prefix}norm{{S}}"),
    )


HEAD_RULES = (
    Rule("decoder.linears.{s}", "decode_head.linear_c{S}.proj"),
    Rule("decoder.fuse", "decode_head.linear_fuse.conv"),
    Rule("decoder.norm", "decode_head.linear_fuse.bn"),
    Rule("decoder.classifier", "decode_head.linear_pred"),
)

# The head inherits a classifier from its base class and never uses it.
_UNUSED_CLASSIFIER = "decode_head.conv_seg"
_NEVER_USED = (rf"{re.escape(_UNUSED_CLASSIFIER)}\.(weight|bias)",)
_MMCV_WRAPPING = "state_dict"


def bears_nvlabs_marks(stored: StoredWeights) -> bool:
    """Whether a file with NVlabs' names came out of NVlabs' own training.

    It did where mmcv wrapped it in `{state_dict, meta}` or where the head's unused classifier is
    among its keys: sithu31296's code base, which shares every other name, writes neither. Shapes
    and names tell no more, so two kinds of files are taken for the other's: NVlabs' weights saved
    anew without the wrapping and without that classifier, and sithu31296's that somebody put below
    `state_dict`. The two differ in epsilons alone, which moves logits in their fifth digit.
    """
    unused = (f"{_UNUSED_CLASSIFIER}.{leaf}" for leaf in ("weight", "bias"))
    # Lightning's wrapping has the same name, and the module's attribute before every key.
    wrapped = stored.wrapping == _MMCV_WRAPPING and stored.prefix in ("", "module.")
    return wrapped or any(key in stored.tensors for key in unused)


def has_decoder(stored: StoredWeights) -> bool:
    """Whether any weight is a decoder's, as transformers, NVlabs and mmsegmentation name it."""
    return any(key.startswith("decode_head.") for key in stored.tensors)


def has_no_decoder(stored: StoredWeights) -> bool:
    """Whether it is an encoder, with ImageNet's classifier or without."""
    return not has_decoder(stored)


def _is_whole_and_of_nvlabs(stored: StoredWeights) -> bool:
    return has_decoder(stored) and bears_nvlabs_marks(stored)


SEGMENTATION = Family(
    name="nvlabs",
    title="NVlabs",
    layouts=(Layout("nvlabs", encoder_rules("backbone.") + HEAD_RULES, unused=_NEVER_USED),),
    epsilons=NormEpsilons.NVLABS,
    says_more=_is_whole_and_of_nvlabs,
)
_CLASSIFIER = Rule("classifier", "head")
IMAGENET = Family(
    name="nvlabs-imagenet",
    title="NVlabs' encoder",
    layouts=(
        Layout("nvlabs", (*encoder_rules(""), _CLASSIFIER)),
        Layout("nvlabs backbone", (*encoder_rules("backbone."), _CLASSIFIER)),
    ),
    epsilons=NormEpsilons.NVLABS,
    encoder_only=True,
    says_more=has_no_decoder,
)
