"""Labels as other programs' own code reads them; run in a process of its own by a test.

    PYTHONPATH=.readers python tests/official_readers.py FORMAT=FOLDER …

FOLDER is an export with several pictures. `FOLDER.npz` gets one array for each, by its stem:
(H, W) int32, the number of the class in the order of the export's classes.json, -1 where nothing is
said. What this file does itself is only to hand over paths and to look names up; `.ci/readers`
brings the programs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Labels = npt.NDArray[np.int32]
Found = dict[str, Labels]
NOTHING = -1
IGNORE = 255


def ids_of(folder: Path) -> dict[str, int]:
    """Name -> number of every class of the export."""
    rows = json.loads((folder / "classes.json").read_text(encoding="utf-8"))["classes"]
    return {row["name"]: row["id"] for row in rows}


def by_datumaro(folder: Path, form: str) -> Found:
    """Datumaro's items: masks laid over each other in the order of their `z_order`."""
    import datumaro

    ids, found = ids_of(folder), {}
    data = datumaro.Dataset.import_from(str(folder), form)
    names = [row.name for row in data.categories()[datumaro.AnnotationType.label]]
    for item in data:
        masks = [each for each in item.annotations if each.type.name == "mask"]
        height, width = item.media.data.shape[:2]
        labels = np.full((height, width), NOTHING, np.int32)
        for mask in sorted(masks, key=lambda each: each.z_order):
            region = mask.image.astype(bool)
            labels[region] = ids.get(names[mask.label], NOTHING)
        found[item.id] = labels
    return found


def by_labelme(folder: Path) -> Found:
    """`read_label_file` and `shapes_to_label`, as labelme's own export scripts have it."""
    from labelme._label_file import read_label_file
    from labelme.utils.shape import shapes_to_label

    ids, found = ids_of(folder), {}
    values = {name: number + 1 for name, number in ids.items()} | {"__ignore__": 0}
    own = {"classes.json", "splits.json"}
    for path in sorted(folder.glob("**/*.json")):
        if path.name in own:
            continue
        read = read_label_file(str(path))
        size = np.asarray(Image.open(path.parent / read.image_path)).shape[:2]
        found[path.stem] = shapes_to_label(size, read.shapes, values)[0] - 1
    return found


def by_cityscapes_scripts(folder: Path) -> Found:
    """Their table of label ids; their evaluation has to give full marks, too."""
    from cityscapesscripts.evaluation import evalPixelLevelSemanticLabeling
    from cityscapesscripts.helpers.csHelpers import getCsFileInfo
    from cityscapesscripts.helpers.labels import id2label

    evaluation = evalPixelLevelSemanticLabeling
    ids, found = ids_of(folder), {}
    paths = sorted((folder / "gtFine").glob("*/*/*_gtFine_labelIds.png"))
    evaluation.args.evalInstLevelScore = evaluation.args.JSONOutput = False
    evaluation.args.quiet, evaluation.args.predictionPath = True, str(folder / "gtFine")
    evaluation.args.predictionWalk = None
    texts = [str(path) for path in paths]
    predictions = [evaluation.getPrediction(evaluation.args, text) for text in texts]
    scores = evaluation.evaluateImgLists(predictions, texts, evaluation.args)["classScores"]
    assert all(score == 1 or np.isnan(score) for score in scores.values()), scores
    for path in paths:
        values = np.asarray(Image.open(path))
        numbers = np.full(256, NOTHING, np.int32)
        for value in np.unique(values).tolist():
            numbers[value] = ids.get(id2label[value].name, NOTHING)
        info = getCsFileInfo(str(path))
        stem = f"{info.city}_{info.sequenceNb}_{info.frameNb}"
        (picture,) = (folder / "leftImg8bit").glob(f"*/*/{stem}_leftImg8bit.png")
        found[picture.stem] = numbers[values]
    return found


def by_ultralytics(folder: Path, polygons: bool) -> Found:
    """What `SemanticDataset` and `PolygonSemanticDataset` hand to a trainer."""
    import torch  # noqa: F401  (before the packages of other programs)
    from ultralytics.data.build import build_yolo_dataset  # noqa: F401  (registers the readers)
    from ultralytics.data.dataset import PolygonSemanticDataset, SemanticDataset
    from ultralytics.data.utils import check_det_dataset

    data = check_det_dataset(str(folder / "data.yaml"), autodownload=False)
    assert list(data["names"].values()) == list(ids_of(folder))
    background = IGNORE
    kind = SemanticDataset
    if polygons:
        background = data["bg_class_idx"] = len(data["names"])
        data["nc"] = background + 1
        kind = PolygonSemanticDataset
    read = kind(img_path=data["train"], data=data, task="semantic", augment=False, rect=False)
    found = {}
    for index, row in enumerate(read.labels):
        mask = read.load_mask(index, image_shape=row["shape"]).astype(np.int32)
        assert mask.shape == tuple(row["shape"])
        found[Path(row["im_file"]).stem] = np.where(mask == background, NOTHING, mask)
    return found


def by_label_studio(folder: Path) -> Found:
    """The brushes as `decode_rle` of its converter has them."""
    import importlib.util

    # The package around this file wants a server's worth of others.
    (file,) = (
        path for root in sys.path for path in Path(root).glob("label_studio_sdk/converter/brush.py")
    )
    spec = importlib.util.spec_from_file_location("label_studio_brush", file)
    assert spec is not None
    assert spec.loader is not None
    brush: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(brush)
    ids, found = ids_of(folder), {}
    for task in json.loads((folder / "tasks.json").read_text(encoding="utf-8")):
        size = task["data"]["height"], task["data"]["width"]
        labels = np.full(size, NOTHING, np.int32)
        for result in task["annotations"][0]["result"]:
            value = result["value"]
            layer = brush.decode_rle(value["rle"]).reshape(*size, 4)[:, :, 3]
            labels[layer > 0] = ids[value["brushlabels"][0]]
        found[Path(task["data"]["image"]).stem] = labels
    return found


def by_transformers(folder: Path, reduced: bool) -> Found:
    """`SegformerImageProcessor`, the one beside the export or the one for ADE20K."""
    from transformers import SegformerImageProcessor

    pictures = "images/training" if reduced else "images/train"
    if reduced:
        processor = SegformerImageProcessor(do_reduce_labels=True, do_resize=False)
    else:
        processor = SegformerImageProcessor.from_pretrained(folder, do_resize=False)
    found = {}
    for path in sorted(p for p in (folder / pictures).rglob("*") if p.is_file()):
        below = path.relative_to(folder / pictures).with_suffix(".png")
        mask = Image.open(folder / pictures.replace("images", "annotations") / below)
        image = Image.open(path).convert("RGB")
        (read,) = processor(image, segmentation_maps=mask, return_tensors="np")["labels"]
        found[path.stem] = np.where(read == IGNORE, NOTHING, read).astype(np.int32)
    return found


READERS: dict[str, Callable[[Path], Found]] = {
    "datumaro": lambda folder: by_datumaro(folder, "common_semantic_segmentation"),
    "voc": lambda folder: by_datumaro(folder, "voc_segmentation"),
    "coco": lambda folder: by_datumaro(folder, "coco_instances"),
    "coco_panoptic": lambda folder: by_datumaro(folder, "coco_panoptic"),
    "cvat": lambda folder: by_datumaro(folder, "cvat"),
    "labelme": by_labelme,
    "cityscapes": by_cityscapes_scripts,
    "yolo": lambda folder: by_ultralytics(folder, polygons=False),
    "yolo_polygons": lambda folder: by_ultralytics(folder, polygons=True),
    "label_studio": by_label_studio,
    "hf": lambda folder: by_transformers(folder, reduced=False),
    "ade": lambda folder: by_transformers(folder, reduced=True),
}


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        form, _, place = argument.partition("=")
        np.savez(f"{place}.npz", **READERS[form](Path(place)))
