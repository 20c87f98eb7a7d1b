"""Samples of a folder in the `png` layout: `images/`, `labels/<same path>.png`, `classes.json`."""

from __future__ import annotations

from pathlib import Path

from segcore.classes import ClassTable
from segcore.errors import TrainingError, readable
from segcore.images import find_images, read_image
from segcore.labels import LabelMap, read_label_map
from segcore.training.samples import Image, Weights

IMAGES, LABELS, CLASSES = "images", "labels", "classes.json"
SPLITS = ("train", "val", "test")


class PngFolder:
    """Pictures that have a label map; those without one are left out.

    Raises:
        TrainingError: the folder is not laid out so, or no picture of it has labels.
        ClassTableError: its `classes.json` cannot be used.
    """

    def __init__(self, folder: Path, split: str | None = None) -> None:
        self.folder = folder
        self.classes = ClassTable.read(_there(folder, CLASSES))
        images, labels = _there(folder, IMAGES), _there(folder, LABELS)
        if split is not None:
            images, labels = images / split, labels / split
        found = [(path, _label_file(path, images, labels)) for path in find_images(images)]
        self._root = images
        self._pairs = [(path, label) for path, label in found if label is not None]
        self.without_labels = len(found) - len(self._pairs)
        if not self._pairs:
            raise TrainingError(
                f"{readable(labels)}: none of the {len(found)} pictures has a label map "
                "(<name>.png) there; label some, or name another folder."
            )

    def __len__(self) -> int:
        return len(self._pairs)

    def name(self, index: int) -> str:
        """The path below the folder of images."""
        return self._pairs[index][0].relative_to(self._root).as_posix()

    def picture(self, index: int) -> Image:
        """(H, W, 3) uint8 RGB, upright; ImageError where it cannot be read."""
        return read_image(self._pairs[index][0])

    def labels(self, index: int) -> LabelMap:
        """(H, W) ids; ImageError where they cannot be read."""
        return read_label_map(self._pairs[index][1]).labels

    def weights(self, index: int) -> Weights | None:  # noqa: ARG002 - a PNG says who said what not
        """Every pixel counts 1."""
        return None

    def group(self, index: int) -> str:
        """The subfolder; in a flat folder every picture is a group of its own."""
        parent, _, _ = self.name(index).rpartition("/")
        return parent or self.name(index)


def splits_in(folder: Path) -> tuple[str, ...]:
    """Those of train, val and test that are subfolders of both `images` and `labels`."""
    return tuple(
        split
        for split in SPLITS
        if (folder / IMAGES / split).is_dir() and (folder / LABELS / split).is_dir()
    )


def _there(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.exists():
        raise TrainingError(
            f"{readable(folder)}: there is no {name} in it; name a project, or a folder with "
            f"{IMAGES}/, {LABELS}/ and {CLASSES}."
        )
    return path


def _label_file(picture: Path, images: Path, labels: Path) -> Path | None:
    relative = picture.relative_to(images)
    for name in (relative.with_suffix(".png"), relative.with_name(f"{relative.name}.png")):
        if (labels / name).is_file():
            return labels / name
    return None
