"""How a family calls the weights that this program has its own names for.

A layout is a table of rules, read in both directions: from a file's keys to own names when it is
loaded, and back when a sentence to the person must name a key as the file does, or when a file is
written. `{s}` stands for the stage from 0, `{S}` for the stage from 1, `{R}` for the stage counted
back from the deepest, which is 0, and `{i}` for the block.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch

_LEAF = r"(?P<leaf>weight|bias|running_mean|running_var|num_batches_tracked)"
_COUNTER = "num_batches_tracked"
_PLACEHOLDERS = {"s": "[0-3]", "S": "[1-4]", "R": "[0-3]", "i": "[0-9]+"}
_DEEPEST = 3
_KERNEL_AXES = 4


@dataclass(frozen=True)
class Rule:
    """One layer: own name and theirs, without the leaf (`.weight`, `.bias`, ...).

    A name with `{leaf}` in it says itself where the leaf stands. Where a family keeps several
    layers in one tensor (`kv`), this layer is part `part` of `parts` equal ones along the first
    axis. A `pointwise` layer is linear here and a 1 x 1 convolution there.
    """

    own: str
    theirs: str
    part: int = 0
    parts: int = 1
    pointwise: bool = False

    @cached_property
    def own_pattern(self) -> re.Pattern[str]:
        """Matches own full names."""
        return _pattern(self.own)

    @cached_property
    def their_pattern(self) -> re.Pattern[str]:
        """Matches the family's full names."""
        return _pattern(self.theirs)


def _pattern(template: str) -> re.Pattern[str]:
    escaped = re.escape(_with_leaf(template))
    for placeholder, digits in _PLACEHOLDERS.items():
        escaped = escaped.replace(rf"\{{{placeholder}\}}", f"(?P<{placeholder}>{digits})")
    return re.compile(escaped.replace(r"\{leaf\}", _LEAF))


def _with_leaf(template: str) -> str:
    return template if "{leaf}" in template else f"{template}.{{leaf}}"


def _filled(template: str, match: re.Match[str]) -> str:
    """`template` with the stage, block and leaf that another template's match found."""
    found = match.groupdict()
    values: dict[str, object] = {"i": found.get("i"), "leaf": found["leaf"]}
    stage = _stage(found)
    if stage is not None:
        values.update(s=stage, S=stage + 1, R=_DEEPEST - stage)
    return _with_leaf(template).format(**values)


def _stage(found: Mapping[str, str]) -> int | None:
    """The stage from 0, however the matched template counts; None for layers without a stage."""
    if "S" in found:
        return int(found["S"]) - 1
    if "R" in found:
        return _DEEPEST - int(found["R"])
    return int(found["s"]) if "s" in found else None


@dataclass(frozen=True)
class Layout:
    """One way of naming: the rules, and patterns of keys that such files hold for no use."""

    name: str
    rules: tuple[Rule, ...]
    unused: tuple[str, ...] = ()

    def own_names(self, key: str) -> list[tuple[str, Rule]]:
        """Own names of the layers that `key` holds; empty for a key that no rule knows."""
        found = []
        for rule in self.rules:
            match = rule.their_pattern.fullmatch(key)
            if match is not None:
                found.append((_filled(rule.own, match), rule))
        return found

    def their_name(self, own: str) -> str:
        """The family's key for an own name; the own name itself where the family has none."""
        for rule in self.rules:
            match = rule.own_pattern.fullmatch(own)
            if match is not None:
                return _filled(rule.theirs, match)
        return own

    def is_unused(self, key: str) -> bool:
        """True for a key that may be there and is not needed."""
        return key.endswith(_COUNTER) or any(re.fullmatch(word, key) for word in self.unused)

    def known_keys(self, keys: Iterable[str]) -> int:
        """How many of `keys` a rule of this layout knows."""
        return sum(any(rule.their_pattern.fullmatch(key) for rule in self.rules) for key in keys)


@dataclass
class Renamed:
    """Weights under own names, and what did not fit; keys in the lists are the file's own."""

    state: dict[str, torch.Tensor] = field(default_factory=dict)
    surplus: list[str] = field(default_factory=list)
    misshapen: list[str] = field(default_factory=list)


def rename(layout: Layout, tensors: Mapping[str, torch.Tensor]) -> Renamed:
    """Put `tensors` under own names; joined layers come apart, batch counters are dropped."""
    renamed = Renamed()
    for key, tensor in tensors.items():
        owners = layout.own_names(key)
        if layout.is_unused(key):
            continue
        if not owners:
            renamed.surplus.append(key)
        for own, rule in owners:
            layer = _layer(rule, own, tensor)
            if layer is None:
                renamed.misshapen.append(key)
                break
            renamed.state[own] = layer
    return renamed


def _layer(rule: Rule, own: str, tensor: torch.Tensor) -> torch.Tensor | None:
    """What `tensor` holds of the rule's layer, in its shape here; None where it cannot."""
    if rule.parts > 1:
        if tensor.ndim == 0 or tensor.shape[0] % rule.parts:
            return None
        return tensor.chunk(rule.parts)[rule.part]
    if rule.pointwise and own.endswith(".weight"):
        if tensor.ndim != _KERNEL_AXES or tensor.shape[2:] != (1, 1):
            return None
        return tensor[:, :, 0, 0]
    return tensor


def best_layout(layouts: Collection[Layout], keys: Collection[str]) -> tuple[Layout, int]:
    """The layout that knows most of `keys`, and how many it knows."""
    counted = [(layout.known_keys(keys), layout) for layout in layouts]
    known, layout = max(counted, key=lambda pair: pair[0])
    return layout, known
