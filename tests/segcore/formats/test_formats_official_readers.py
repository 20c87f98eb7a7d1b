"""Label maps as Datumaro, labelme, cityscapesScripts, Ultralytics and others read our exports.

Their code runs in processes of their own (`official_readers.py`), from a folder that `.ci/readers`
fills; what is not there is skipped. pycocotools: `test_region_formats.py`.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segcore.classes import ClassTable
from segcore.formats.cityscapes_names import LABEL_IDS
from segcore.formats.contract import LabelledPicture, LabelledSet
from segcore.formats.export import export_set
from segcore.formats.table import FORMATS
from segcore.labels import LabelMap

REPOSITORY = Path(__file__).resolve().parents[3]
SCRIPT = REPOSITORY / "tests" / "official_readers.py"
FEW, MANY, MOST = 6, 130, 300

PROGRAMS = {
    "datumaro": ("datumaro", "voc", "coco", "coco_panoptic", "cvat"),
    "labelme": ("labelme",),
    "cityscapesscripts": ("cityscapes",),
    "ultralytics": ("yolo", "yolo_polygons"),
    "label_studio_sdk": ("label_studio",),
    "transformers": ("hf", "ade"),
}
TO_8_BITS = {"datumaro", "voc", "yolo", "yolo_polygons", "hf", "ade"}
"""Formats, or readers of them, that keep no more."""
TOO_SMALL = {"ultralytics": {"line", "pixel"}}
"""Pictures that a program does not take: Ultralytics wants ten pixels a side."""


@pytest.fixture(scope="module")
def readers() -> Path:
    """The folder with the programs; empty where `.ci/readers` has not run."""
    named = os.environ.get("SEGFORMER_STUDIO_READERS")
    return Path(named) if named else REPOSITORY / ".readers"


def maps_of(classes: ClassTable) -> dict[str, LabelMap]:
    """Holes, one-pixel regions, diagonals, ignore, an empty picture, one pixel, odd sizes."""
    random, last, ignore = np.random.default_rng(5), len(classes) - 1, classes.ignore
    used = np.append(random.integers(0, len(classes), 9), last)
    noise = random.choice(used, (33, 17))
    noise[random.random(noise.shape) < 0.2] = ignore
    flat = np.full((41, 67), ignore)
    flat[3:38, 5:60] = last
    flat[10:30, 20:50] = 0
    flat[15:20, 30:41] = ignore
    flat[17, 35], flat[0, 0], flat[40, 66] = last, 1, 1
    flat[np.arange(5, 15), np.arange(40, 50)] = 2
    found = {
        "noise": noise,
        "flat": flat,
        "turned": flat,
        "line": np.array([[0, last, ignore, last, last, 1, ignore, 0, 0, 2, last]]),
        "pixel": np.array([[last]]),
        "empty": np.full((19, 12), ignore),
        "full": np.full((12, 11), last),
    }
    return {name: labels.astype(classes.dtype) for name, labels in found.items()}


def labelled_in(folder: Path, classes: ClassTable) -> LabelledSet:
    """Those maps with pictures, of which EXIF turns one."""
    folder.mkdir()
    pictures = []
    for stem, labels in maps_of(classes).items():
        height, width = labels.shape
        path = folder / f"{stem}.jpg"
        exif = Image.Exif()
        if stem == "turned":
            exif[0x0112] = 6
            height, width = width, height
        Image.effect_noise((width, height), 60).convert("RGB").save(path, exif=exif)
        pictures.append(
            LabelledPicture(path.name, path, labels.shape, lambda labels=labels: labels)  # type: ignore[misc]
        )
    return LabelledSet(classes, pictures)


def table_of(count: int, name: str) -> ClassTable:
    """That many classes, some of one colour, with the names that a format wants."""
    names = list(LABEL_IDS) if name == "cityscapes" else [f"class {n}" for n in range(count)]
    colors = [(8, 8, 8), (8, 8, 8), (224, 224, 192)]
    colors += [(9, number % 256, number // 256) for number in range(len(names))]
    return ClassTable.from_names(names, colors[: len(names)])


def counts_of(name: str) -> tuple[int, ...]:
    """How many classes a format is tried with; readers that keep 8 bits get no more."""
    if name == "cityscapes":
        return (FEW,)
    return (FEW, MANY) if name in TO_8_BITS else (FEW, MOST)


@pytest.mark.parametrize("program", PROGRAMS)
def test_their_own_readers_give_every_pixel_back(
    program: str, readers: Path, tmp_path: Path
) -> None:
    if program != "transformers" and not (readers / program).is_dir():
        pytest.skip(f"{program} is not in {readers.name}: run .ci/readers")
    exported: dict[Path, tuple[str, dict[str, LabelMap]]] = {}
    for name in PROGRAMS[program]:
        for count in counts_of(name):
            classes = table_of(count, name)
            labelled = labelled_in(tmp_path / f"in-{name}-{count}", classes)
            folder = tmp_path / f"{name}-{count}"
            report = export_set(labelled, folder, FORMATS[name])
            assert not [finding for finding in report.findings if finding.kind == "loss"]
            exported[folder] = name, maps_of(classes)

    found = read_by(program, {folder: name for folder, (name, _) in exported.items()}, readers)

    for folder, (_, maps) in exported.items():
        stems = {stem_of(key): read for key, read in found[folder].items()}
        assert set(stems) == set(maps) - TOO_SMALL.get(program, set()), folder.name
        for stem, read in stems.items():
            np.testing.assert_array_equal(read, said(maps[stem]), f"{folder.name}: {stem}")


def read_by(
    program: str, exported: dict[Path, str], readers: Path
) -> dict[Path, dict[str, NDArray[np.int32]]]:
    """What a program finds in each folder; transformers is here, all others run elsewhere."""
    if program == "transformers":
        spec = importlib.util.spec_from_file_location("official_readers", SCRIPT)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return {folder: module.READERS[name](folder) for folder, name in exported.items()}
    place = next(iter(exported)).parent
    environment = os.environ | {
        "PYTHONPATH": str(readers),
        "QT_QPA_PLATFORM": "offscreen",
        "YOLO_CONFIG_DIR": str(place / "ultralytics"),
        "YOLO_OFFLINE": "1",
    }
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *(f"{name}={folder}" for folder, name in exported.items())],
        env=environment,
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = {}
    for folder in exported:
        with np.load(f"{folder}.npz") as arrays:
            found[folder] = dict(arrays)
    return found


def stem_of(key: str) -> str:
    """The picture's stem out of a program's name for it."""
    return key.rpartition("/")[2].partition("_")[0]


def said(labels: LabelMap) -> NDArray[np.int32]:
    """Ids, and -1 for ignore."""
    ignore = np.iinfo(labels.dtype).max
    return np.where(labels == ignore, -1, labels.astype(np.int32))
