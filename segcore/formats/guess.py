"""Which format the labels in a folder or file are of, told by what lies there.

Names of files and folders are looked at, and the beginnings of a few JSON and XML files; nothing
is read whole. What is guessed is proposed to a person, who may know better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from segcore.formats.beside import names_in

_HEAD = 1 << 16
_MOST_JSON = 20
"""JSON files looked into before giving up."""
_MOST_LOOKED_AT = 5000
"""Names looked at below a folder in search of labels of a kind."""


def guess_format(path: Path) -> str | None:
    """The name of the format that a folder or file most likely holds, or None."""
    if path.is_file():
        return _of_file(path)
    for name, is_there in _SIGNS:
        if is_there(path):
            return name
    return _of_files_in(path)


def _of_file(path: Path) -> str | None:
    ending = path.suffix.lower()
    if ending == ".json":
        return _of_json(path)
    if ending == ".xml":
        return "cvat" if _is_cvat(path) else None
    if ending in (".yaml", ".yml"):
        return "yolo" if _has(path.parent, "masks") else "yolo_polygons"
    return None


def _of_files_in(folder: Path) -> str | None:
    """By the first file that says something, those at the top before those below."""
    places = [*_ending(folder, ".xml"), *_ending(folder, ".json")]
    places += islice((path for path in folder.rglob("*.json") if path.parent != folder), _MOST_JSON)
    for path in places[: 2 * _MOST_JSON]:
        found = _of_file(path)
        if found is not None:
            return found
    return None


def _of_json(path: Path) -> str | None:
    head = _head(path)
    if '"shapes"' in head:
        return "labelme"
    if head.lstrip().startswith("["):
        return "label_studio" if '"annotations"' in head or '"data"' in head else None
    if '"segments_info"' in head or path.stem.startswith("panoptic"):
        return "coco_panoptic"
    coco = ('"images"', '"annotations"', '"categories"', '"segmentation"')
    return "coco" if sum(word in head for word in coco) >= 2 or _is_coco(path) else None


def _is_coco(path: Path) -> bool:
    return path.stem.startswith("instances")


def _is_cvat(path: Path) -> bool:
    return "<annotations" in _head(path)


def _is_yolo(folder: Path) -> bool:
    return bool(_ending(folder, ".yaml")) and _has(folder, "masks")


def _is_yolo_polygons(folder: Path) -> bool:
    return bool(_ending(folder, ".yaml")) and _holds(folder / "labels", ".txt")


def _is_voc(folder: Path) -> bool:
    return _has(folder, "SegmentationClass")


def _is_datumaro(folder: Path) -> bool:
    return any((place / "dataset_meta.json").is_file() for place in (folder, *_folders_in(folder)))


def _is_mmseg(folder: Path) -> bool:
    return _has(folder, "img_dir") and _has(folder, "ann_dir")


def _is_ade(folder: Path) -> bool:
    return any(_has(folder / "annotations", name) for name in ("training", "validation"))


def _is_hf(folder: Path) -> bool:
    return (folder / "id2label.json").is_file()


def _is_label_studio(folder: Path) -> bool:
    return (folder / "label_config.xml").is_file()


def _is_panoptic(folder: Path) -> bool:
    return any(_of_json(path) == "coco_panoptic" for path in _annotation_files(folder))


def _is_coco_folder(folder: Path) -> bool:
    return any(_of_json(path) == "coco" for path in _annotation_files(folder))


_SIGNS: tuple[tuple[str, Callable[[Path], bool]], ...] = (
    ("cityscapes", lambda folder: _has(folder, "gtFine")),
    ("voc", _is_voc),
    ("yolo", _is_yolo),
    ("yolo_polygons", _is_yolo_polygons),
    ("datumaro", _is_datumaro),
    ("hf", _is_hf),
    ("mmseg", _is_mmseg),
    ("ade", _is_ade),
    ("coco_panoptic", _is_panoptic),
    ("coco", _is_coco_folder),
    ("label_studio", _is_label_studio),
    ("npz", lambda folder: _holds(folder / "labels", ".npz")),
    ("png", lambda folder: _holds(folder / "labels", ".png")),
)
"""What each format is told by; the first sign that is there counts."""


def _annotation_files(folder: Path) -> list[Path]:
    return _ending(folder / "annotations", ".json")


def _ending(folder: Path, ending: str) -> list[Path]:
    """The files of a folder that end so, without the program's own, in order."""
    own = ("classes.json", "splits.json")
    names = sorted(name for name in names_in(folder) if name.lower().endswith(ending))
    return [folder / name for name in names if name not in own][:_MOST_JSON]


def _folders_in(folder: Path) -> Iterator[Path]:
    return (place for name in sorted(names_in(folder)) if (place := folder / name).is_dir())


def _has(folder: Path, name: str) -> bool:
    return (folder / name).is_dir()


def _holds(folder: Path, ending: str) -> bool:
    """Whether a file below a folder ends so."""
    try:
        below = islice(folder.rglob("*"), _MOST_LOOKED_AT)
        return any(path.suffix.lower() == ending for path in below)
    except OSError:
        return False


def _head(path: Path) -> str:
    """How a file begins; nothing where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""
