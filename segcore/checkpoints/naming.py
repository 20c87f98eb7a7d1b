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
_STATISTIC = "running_mean"
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
        rule = self.rule_of(own)
        match = None if rule is None else rule.own_pattern.fullmatch(own)
        return own if rule is None or match is None else _filled(rule.theirs, match)

    def rule_of(self, own: str) -> Rule | None:
        """The rule of the layer with that own name."""
        return next((rule for rule in self.rules if rule.own_pattern.fullmatch(own)), None)

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


def restore(layout: Layout, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """`rename` backwards: weights under own names put under the family's, joined where it joins.

    Every BatchNorm gets the counter that strict readers look for; evaluation never reads it.
    """
    parts: dict[str, list[tuple[int, torch.Tensor]]] = {}
    for own, tensor in state.items():
        if own.endswith(_COUNTER):
            continue
        rule = layout.rule_of(own)
        layer = tensor if rule is None else _their_layer(rule, own, tensor)
        parts.setdefault(layout.their_name(own), []).append((rule.part if rule else 0, layer))
        if own.endswith(_STATISTIC):
            counter = layout.their_name(f"{own.removesuffix(_STATISTIC)}{_COUNTER}")
            parts[counter] = [(0, torch.zeros((), dtype=torch.int64))]
    return {key: _joined(layers) for key, layers in parts.items()}


def _their_layer(rule: Rule, own: str, tensor: torch.Tensor) -> torch.Tensor:
    """A layer in the family's shape; the inverse of what `_layer` does to a pointwise one."""
    if rule.pointwise and own.endswith(".weight"):
        return tensor[:, :, None, None]
    return tensor


def _joined(layers: list[tuple[int, torch.Tensor]]) -> torch.Tensor:
    """The layers of one tensor, in the family's order; a copy that shares nothing."""
    ordered = [tensor.detach().cpu() for _, tensor in sorted(layers, key=lambda pair: pair[0])]
    return torch.cat(ordered) if len(ordered) > 1 else ordered[0].clone().contiguous()


def best_layout(layouts: Collection[Layout], keys: Collection[str]) -> tuple[Layout, int]:
    """The layout that knows most of `keys`, and how many it knows."""
    counted = [(layout.known_keys(keys), layout) for layout in layouts]
    known, layout = max(counted, key=lambda pair: pair[0])
    return layout, known
