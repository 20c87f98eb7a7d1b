"""One model's part in `erf`: its maps summed over the pictures, their means and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from segcore.errors import ImageError, RequestError
from segcore.progress import ProgressCallback

if TYPE_CHECKING:
    import numpy.typing as npt

    from segcore.heatmap import HeatMap
    from segcore.inference import Predictor


@dataclass(frozen=True)
class ErfSettings:
    """What the maps depend on beside the model and the pictures."""

    targets: tuple[str, ...]
    point: tuple[int, int] | None
    size: tuple[int, int] | None
    contribution: str
    seed: str


@dataclass
class Side:
    """A model and what was measured with it; `key` is empty, or `compare` for the second one."""

    key: str
    predictor: Predictor
    class_id: int | None
    settings: ErfSettings
    pictures: list[str] = field(default_factory=list)
    _sums: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    _first: dict[str, HeatMap] = field(default_factory=dict)

    def measure(
        self, name: str, image: npt.NDArray[np.uint8], progress: ProgressCallback
    ) -> dict[str, HeatMap]:
        """The maps of one picture; ImageError where they differ in size from the first one's."""
        from segcore.inspection import receptive_field

        settings = self.settings
        maps = receptive_field(
            self.predictor,
            image,
            targets=settings.targets,
            point=settings.point,
            contribution=settings.contribution,
            seed=settings.seed,
            class_id=self.class_id,
            size=settings.size,
            progress=progress,
        )
        for target, heat_map in maps.items():
            wanted = self._first.get(target, heat_map).shape
            if heat_map.shape != wanted:
                raise ImageError(
                    f"{name}: it goes into the model at {_written(heat_map.shape)} and the first "
                    f"picture at {_written(wanted)}, which cannot be averaged; give one --size."
                )
        return maps

    def add(self, name: str, maps: Mapping[str, HeatMap]) -> None:
        """Count a picture's maps."""
        for target, heat_map in maps.items():
            self._first.setdefault(target, heat_map)
            values = np.asarray(heat_map, np.float64)
            self._sums[target] = self._sums.get(target, np.zeros_like(values)) + values
        self.pictures.append(name)

    def means(self) -> dict[str, HeatMap]:
        """The maps averaged over the pictures, un-normalised."""
        return {
            target: replace(
                self._first[target], values=(total / len(self.pictures)).astype(np.float32)
            )
            for target, total in self._sums.items()
        }

    def settings_json(self, means: Mapping[str, HeatMap]) -> dict[str, Any]:
        """Everything that the numbers depend on."""
        settings, predictor = self.settings, self.predictor
        return {
            "model": predictor.name,
            "sha256": predictor.sha256,
            "numerics": predictor.numerics,
            "precision": predictor.precision,
            "device": predictor.device,
            "images": self.pictures,
            "targets": list(settings.targets),
            "point": None if settings.point is None else list(settings.point),
            "size": list(next(iter(means.values())).shape),
            "resized": settings.size is not None or predictor.preprocess.do_resize,
            "contribution": settings.contribution,
            "seed": settings.seed,
            "class": self.class_id,
        }


def class_id_of(predictor: Predictor, word: str | None) -> int | None:
    """The class that a person named, by name or id; RequestError where the model has none such."""
    if word is None:
        return None
    named = predictor.classes.id_of(word)
    if named is not None:
        return named
    if word.isdecimal() and int(word) < len(predictor.classes):
        return int(word)
    raise RequestError(
        f"{predictor.name} has no class {word}: give an id from 0 to "
        f"{len(predictor.classes) - 1} or a name that `segformer-studio models show` lists."
    )


def _written(shape: tuple[int, int]) -> str:
    return f"{shape[0]}x{shape[1]}"
