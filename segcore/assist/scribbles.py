"""Teaching in seconds: a classifier fitted to a few scribbles, on features that a model has anyway.

It is linear in the features of the four stages and in colours around a cell: Fisher's linear
discriminant with a shrunken spread, in closed form. Being linear it commutes with upsampling, as
the All-MLP head's projections do: each stage is projected on its own grid, and only as many
numbers as there are classes are brought to the finest one (`scribble_features`). Classes that no
checkpoint knows are like all others.

Plain NumPy: fitting, keeping and reading a classifier need no model.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.assist.strokes import stroke_selection
from segcore.atomic import replacing
from segcore.classes import ClassTable
from segcore.errors import RequestError, SegcoreError, readable
from segcore.geometry import Point, Size

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

SUFFIX = ".taught"
GROUP_SCALE = (1.0, 1.0, 1.0, 0.4, 1.0)
"""How much each group of features counts: stages 1 to 4, colours. See `docs/teaching.md`."""
SHRINKAGE = 0.03
"""What is added to the spread of the scaled features within classes."""
MOST_SAMPLES = 2400
"""Pixels that a fit looks at, evenly from all classes; more of them change little."""
_LEAST_SPREAD = 1e-3
_VERSION = 1


@dataclass(frozen=True)
class Scribble:
    """A thin stroke that says what the pixels under it are.

    Attributes:
        points: (x, y) of the brush's middle, whole image pixels.
        class_id: of the project's class table.
        diameter: image pixels.
    """

    points: tuple[Point, ...]
    class_id: int
    diameter: float = 3.0

    def pixels(self, size: Size) -> tuple[Ints, Ints]:
        """(x, y) of the pixels that it covers of a picture of (height, width)."""
        place, region = stroke_selection(self.points, self.diameter, size)
        rows, columns = np.nonzero(region)
        return columns + place.x0, rows + place.y0


@dataclass(frozen=True, eq=False)
class Samples:
    """What the model sees at scribbled pixels.

    Attributes:
        values: (n, D) float32, the groups one after the other.
        ids: (n,) the class of each.
        channels: of each group; they add up to D.
    """

    values: Floats
    ids: Ints
    channels: tuple[int, ...]

    @classmethod
    def together(cls, parts: Sequence[Samples]) -> Samples:
        """Those of several strokes or pictures.

        Raises:
            RequestError: there are none, or they are not of one model.
        """
        if not parts:
            raise RequestError("Nothing has been scribbled yet: draw over two classes at least.")
        if len({part.channels for part in parts}) > 1:
            raise RequestError(
                "The scribbles were read by different models: draw them again with this one."
            )
        return cls(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.ids for part in parts]),
            parts[0].channels,
        )

    def thinned(self, most: int) -> Samples:
        """At most so many, as evenly from all classes as there are, always the same ones."""
        known, counts = np.unique(self.ids, return_counts=True)
        if len(self.ids) <= most:
            return self
        share = _even_share(counts, most)
        places = [
            np.flatnonzero(self.ids == class_id)[
                np.linspace(0, count - 1, min(count, share)).astype(np.intp)
            ]
            for class_id, count in zip(known, counts)
        ]
        chosen = np.concatenate(places)
        return Samples(self.values[chosen], self.ids[chosen], self.channels)


@dataclass(frozen=True, eq=False)
class TaughtClassifier:
    """A linear map from features to classes.

    Attributes:
        classes: the table that `ids` are of.
        ids: (K,) the classes that were taught, ascending.
        weights: (D, K) float32.
        bias: (K,) float32.
        channels: of each group of features.
        model, model_sha256: whose features it was fitted to.
    """

    classes: ClassTable
    ids: Ints
    weights: Floats
    bias: Floats
    channels: tuple[int, ...]
    model: str
    model_sha256: str

    @classmethod
    def fitted(
        cls, samples: Samples, classes: ClassTable, *, model: str, model_sha256: str
    ) -> TaughtClassifier:
        """The linear discriminant of the samples, every class counting alike; deterministic.

        Raises:
            RequestError: fewer than two classes are scribbled, or an id is no class.
        """
        samples = samples.thinned(MOST_SAMPLES)
        ids, place = np.unique(samples.ids, return_inverse=True)
        if len(ids) < 2:
            raise RequestError("One class alone teaches nothing: draw over a second one too.")
        if not 0 <= ids[0] <= ids[-1] < len(classes):
            raise RequestError(
                f"There is no class {ids[-1]} in a table of {len(classes)}: draw that one again."
            )
        weights, bias = _discriminant(samples, place, len(ids))
        return cls(classes, ids, weights, bias, samples.channels, model, model_sha256)

    @cached_property
    def sha256(self) -> str:
        """Of everything that its answers depend on."""
        digest = hashlib.sha256(self.model_sha256.encode())
        for part in (self.ids, self.weights, self.bias):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    @property
    def parts(self) -> list[Floats]:
        """The weights of each group, (its channels, K)."""
        return np.split(self.weights, np.cumsum(self.channels)[:-1])

    def winners(self, places: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Numbers 0 to K - 1 as ids, in the dtype of the class table's label maps."""
        found: npt.NDArray[Any] = self.ids.astype(self.classes.dtype)[places]
        return found

    def check_model(self, sha256: str, name: str) -> None:
        """Refuse features of another model.

        Raises:
            RequestError: it was taught on another one.
        """
        if sha256 != self.model_sha256:
            raise RequestError(
                f'This was taught on the features of "{self.model}", not of "{name}": choose that '
                "model, or teach anew."
            )

    def save(self, path: Path) -> None:
        """Write it, whole or not at all.

        Raises:
            RequestError: the file cannot be written.
        """
        facts = {
            "version": _VERSION,
            "classes": self.classes.to_json(),
            "channels": list(self.channels),
            "model": self.model,
            "model_sha256": self.model_sha256,
        }
        try:
            with replacing(path) as stream:
                np.savez_compressed(
                    stream,
                    facts=np.frombuffer(json.dumps(facts).encode(), np.uint8),
                    ids=self.ids,
                    weights=self.weights,
                    bias=self.bias,
                )
        except OSError as error:
            raise RequestError(
                f"{readable(path)} cannot be written ({error.strerror or error}): "
                "choose another folder."
            ) from error

    @classmethod
    def read(cls, path: Path) -> TaughtClassifier:
        """Read what `save` wrote.

        Raises:
            RequestError: it is not there, or no such file.
        """
        try:
            with np.load(path, allow_pickle=False) as held:
                facts = json.loads(bytes(held["facts"]).decode())
                arrays = {name: held[name] for name in ("ids", "weights", "bias")}
            return cls._checked(facts, arrays)
        except OSError as error:
            raise RequestError(
                f"{readable(path)} cannot be read ({error.strerror or error}): check the name."
            ) from error
        except (ValueError, KeyError, TypeError, zipfile.BadZipFile, SegcoreError) as error:
            raise RequestError(
                f"{readable(path)} is no taught classifier, or damaged: "
                f"choose a file that ends in {SUFFIX}."
            ) from error

    @classmethod
    def _checked(
        cls, facts: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> TaughtClassifier:
        classes = ClassTable.from_json(facts["classes"])
        channels = tuple(int(count) for count in facts["channels"])
        ids = arrays["ids"].astype(np.int64)
        weights, bias = (arrays[name].astype(np.float32) for name in ("weights", "bias"))
        fits = weights.shape == (sum(channels), len(ids)) and bias.shape == ids.shape
        known = len(ids) > 1 and 0 <= ids.min() <= ids.max() < len(classes)
        finite = bool(np.isfinite(weights).all() and np.isfinite(bias).all())
        if facts["version"] != _VERSION or not (fits and known and finite):
            raise ValueError("what it holds does not go together")
        return cls(
            classes,
            ids,
            weights,
            bias,
            channels,
            str(facts["model"]),
            str(facts["model_sha256"]),
        )


def _discriminant(samples: Samples, place: npt.NDArray[Any], count: int) -> tuple[Floats, Floats]:
    """Weights (D, K) and bias (K,) of raw features: centring and scaling are folded in."""
    order = np.argsort(place, kind="stable")
    numbers = np.bincount(place, minlength=count)
    values = samples.values[order]
    mean = values.mean(axis=0)
    values -= mean
    deviation = np.sqrt(np.einsum("nd,nd->d", values, values) / np.float32(len(values)))
    scale = _scale(samples.channels) / (deviation + np.float32(_LEAST_SPREAD))
    values *= scale
    begins = np.concatenate([[0], np.cumsum(numbers)[:-1]])
    middles = np.add.reduceat(values, begins, axis=0) / numbers[:, None].astype(np.float32)
    # Every class counts alike, however much of it was scribbled.
    for begin, number, middle in zip(begins, numbers, middles):
        part = values[begin : begin + number]
        part -= middle
        part *= np.float32(1 / np.sqrt(number * count))
    # The product of a matrix with itself: NumPy has half of it worked out.
    spread = values.T @ values
    spread[np.diag_indices_from(spread)] += SHRINKAGE
    solved = np.linalg.solve(spread, middles.T).astype(np.float32)
    level = -0.5 * np.einsum("kd,dk->k", middles, solved)
    weights = solved * scale[:, None]
    return weights, np.asarray(level - mean @ weights, np.float32)


def _scale(channels: Sequence[int]) -> Floats:
    """(D,) what makes groups count as `GROUP_SCALE` says, however many channels they have."""
    parts = [
        np.full(count, scale / np.sqrt(max(count, 1)))
        for count, scale in zip(channels, GROUP_SCALE, strict=True)
    ]
    return np.concatenate(parts).astype(np.float32)


def _even_share(counts: Ints, most: int) -> int:
    """The largest number that, taken of every class that has as many, stays within `most`."""
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        if np.minimum(counts, middle).sum() <= most:
            low = middle
        else:
            high = middle - 1
    return low
