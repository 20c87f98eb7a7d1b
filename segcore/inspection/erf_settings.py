"""What an effective receptive field depends on beside the model and the pictures; no torch here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from segcore.errors import RequestError
from segcore.geometry import Point, Size

Contribution = Literal["relu", "abs", "signed"]
Seed = Literal["relu_sum", "sum", "channel_norm", "class_logit"]
NormSide = Literal["after", "before"]
Resample = Literal["model", "bicubic"]
Analysis = Literal["plain", "replknet"]
PresetName = Literal["contract", "replknet", "luo"]

TARGETS = ("stage1", "stage2", "stage3", "stage4", "fused", "head")
STAGE_TARGETS = TARGETS[:4]
DEFAULT_TARGETS = ("stage1", "stage2", "stage3", "stage4", "head")
CONTRIBUTIONS: tuple[Contribution, ...] = get_args(Contribution)
SEEDS: tuple[Seed, ...] = get_args(Seed)
NORM_SIDES: tuple[NormSide, ...] = get_args(NormSide)
RESAMPLES: tuple[Resample, ...] = get_args(Resample)
ANALYSES: tuple[Analysis, ...] = get_args(Analysis)

SMALLEST_SIDE = 32

PRESETS: dict[PresetName, dict[str, str | bool]] = {
    "contract": {
        "contribution": "relu",
        "seed": "relu_sum",
        "norm": "after",
        "recentre": False,
        "resample": "model",
        "analysis": "plain",
    },
    "replknet": {
        "contribution": "relu",
        "seed": "relu_sum",
        "norm": "after",
        "recentre": False,
        "resample": "bicubic",
        "analysis": "replknet",
    },
    "luo": {
        "contribution": "signed",
        "seed": "sum",
        "norm": "before",
        "recentre": False,
        "resample": "model",
        "analysis": "plain",
    },
}
"""What each published procedure chooses; `contract` is this program's own default."""


@dataclass(frozen=True)
class ErfSettings:
    """How a receptive field is taken and measured.

    Attributes:
        targets: of `stage1` … `stage4` (the stage outputs), `fused` (the head's features after
            their last ReLU) and `head` (the logits at H/4). Stages and head: SegFormer paper,
            Fig. 3.
        point: the query, (x, y) in pixels of the picture; None is the cell (h // 2, w // 2) of
            each target's grid, as in Luo et al. 2016 and in RepLKNet's script.
        size: (height, width) at which pictures go in, None as the model's preprocessing says.
            RepLKNet's script has 1024 x 1024.
        contribution: what of the gradient of each pixel and channel counts: `relu`, its positive
            part (RepLKNet's script); `abs`, its magnitude; `signed`, as it is (Luo et al. 2016,
            whose averages over pictures keep the sign).
        seed: what is differentiated. `relu_sum`, the sum over the cell's channels of their
            positive part (RepLKNet's script). `sum`, gradient 1 in every channel (Luo et al.
            2016). `channel_norm`, each channel by itself, then the Euclidean norm of the
            channels' gradients: no sign cancels, at one backward pass a channel. `class_logit`,
            the logit of `class_id` without a ReLU, which would silence a class whose logit is
            negative; it is a seed of `head`, other targets have no classes and keep `relu_sum`.
        class_id: for `head`, the one class whose logit counts instead of all.
        norm: stages `after` or `before` their closing LayerNorm. After it, the plain sum of all
            channels does not depend on the picture where the norm's gain is uniform, so that its
            gradient is zero. A ResNet's stages have no such norm and are the same either way.
        recentre: cell i of a target of stride s is centred on pixel s·i of the input under the
            convolutions' grid, while the query falls anywhere in it: shift each map so that the
            cell's pixel comes to lie on the query's, whichever target. Pixels that are shifted in
            are 0.
        resample: the filter for `size`: the `model`'s own, or `bicubic` (RepLKNet's script).
        analysis: how area ratios are taken: `plain`, of the map itself, or as RepLKNet's script
            (`replknet`): of log10(v + 1) over its largest value.

    Raises RequestError, in one sentence, for values that make no sense.
    """

    targets: tuple[str, ...] = DEFAULT_TARGETS
    point: Point | None = None
    size: Size | None = None
    contribution: Contribution = "relu"
    seed: Seed = "relu_sum"
    class_id: int | None = None
    norm: NormSide = "after"
    recentre: bool = False
    resample: Resample = "model"
    analysis: Analysis = "plain"

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", tuple(dict.fromkeys(self.targets)))
        unknown = [target for target in self.targets if target not in TARGETS]
        if unknown or not self.targets:
            named = f'"{unknown[0]}"' if unknown else "nothing"
            raise RequestError(f"{named} is no target: choose from {', '.join(TARGETS)}.")
        for value, known, noun in (
            (self.contribution, CONTRIBUTIONS, "contribution"),
            (self.seed, SEEDS, "seed"),
            (self.norm, NORM_SIDES, "side of the norm"),
            (self.resample, RESAMPLES, "filter"),
            (self.analysis, ANALYSES, "analysis"),
        ):
            if value not in known:
                raise RequestError(f'"{value}" is no {noun}: choose from {", ".join(known)}.')
        if self.size is not None and min(self.size) < SMALLEST_SIDE:
            raise RequestError(
                f"The size {self.size[0]}x{self.size[1]} is too small for a receptive field: give "
                f"{SMALLEST_SIDE}x{SMALLEST_SIDE} pixels or more."
            )
        if self.seed == "class_logit" and self.class_id is None:
            raise RequestError("The seed class_logit needs a class: name one.")

    @classmethod
    def of_preset(cls, name: str, **chosen: Any) -> ErfSettings:
        """The settings of a published procedure: `contract`, `replknet` or `luo`.

        Fields in `chosen` are taken instead of the preset's.

        Raises:
            RequestError: no such preset, or values that make no sense.
        """
        for preset, values in PRESETS.items():
            if preset == name:
                return cls(**{**values, **chosen})
        raise RequestError(f'"{name}" is no preset: choose from {", ".join(PRESETS)}.')

    @property
    def preset(self) -> str:
        """The name of the preset whose choices these are, or `custom`."""
        for name, values in PRESETS.items():
            if all(getattr(self, field) == value for field, value in values.items()):
                return name
        return "custom"

    def seed_of(self, target: str) -> Seed:
        """What is differentiated for one target: only the head has classes."""
        if self.seed == "class_logit" and target != "head":
            return "relu_sum"
        return self.seed

    def with_class(self, class_id: int | None) -> ErfSettings:
        """The same with another class: tables of classes differ from model to model."""
        return replace(self, class_id=class_id)

    def to_json(self) -> dict[str, Any]:
        """Every field by its name, and the preset's."""
        values = asdict(self)
        for name in ("targets", "point", "size"):
            values[name] = None if values[name] is None else list(values[name])
        return {**values, "preset": self.preset}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ErfSettings:
        """What `to_json` wrote; further keys are passed over.

        Raises:
            RequestError: values that make no sense.
        """
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        for name in ("targets", "point", "size"):
            if values.get(name) is not None:
                values[name] = tuple(values[name])
        return cls(**values)
