"""What assistants get from the model: asked for once, and kept for as long as it serves."""

from __future__ import annotations

import numpy as np

from app.assistants.scene import Scene
from app.inference.inquiries.assist import AroundInquiry, BoxInquiry, Looked
from app.inference.requests import ModelInfo
from app.tool_options import Options
from segcore.classes import ClassTable
from segcore.edits.planes import IdArray
from segcore.errors import RequestError
from segcore.geometry import Box, Point

_ROOM = 8
"""The part of the square's sides that has to lie between a point and the square's edge."""


def model_of(scene: Scene) -> ModelInfo:
    """The model in use.

    Raises:
        RequestError: there is none yet.
    """
    if scene.model is None:
        raise RequestError("This tool asks the model, and none is loaded yet: wait, or choose one.")
    return scene.model


def check_classes(scene: Scene) -> None:
    """There are classes that the model can choose from.

    Raises:
        RequestError: there are none yet.
    """
    if not len(scene.classes):
        raise RequestError(
            "This project has no classes yet, which the model would choose from: wait until the "
            "picture is predicted, or add classes."
        )


def looked_around(scene: Scene, point: Point) -> Looked:
    """What the model knows around a pixel; asked for again only where the pointer went far.

    Raises:
        RequestError: there is no model.
        SegcoreError: the model refuses.
        Cancelled: nobody wants it any more.
    """
    spec = model_of(scene).spec
    kept: list[Looked] = scene.memo.keep("looked around", spec, list)
    if not kept or not _serves(kept[0].evidence.box, point, scene.size):
        kept[:] = [scene.ask(AroundInquiry(spec, scene.image, point))]
    return kept[0]


def looked_in(scene: Scene, box: Box) -> Looked:
    """The model's logits over a box; those that were asked for around a pixel where they do.

    Raises: as `looked_around`.
    """
    spec = model_of(scene).spec
    around: list[Looked] = scene.memo.keep("looked around", spec, list)
    if around and around[0].evidence.box.covers(box):
        return around[0]
    kept: list[Looked] = scene.memo.keep("looked in", spec, list)
    if not kept or not kept[0].evidence.box.covers(box):
        kept[:] = [scene.ask(BoxInquiry(spec, scene.image, box))]
    return kept[0]


def at_hand(scene: Scene, box: Box) -> Looked | None:
    """What `looked_in` would answer, where it need not ask."""
    if scene.model is None:
        return None
    for name in ("looked around", "looked in"):
        kept: list[Looked] = scene.memo.keep(name, scene.model.spec, list)
        if kept and kept[0].evidence.box.covers(box):
            return kept[0]
    return None


def around_at_hand(scene: Scene, point: Point) -> Looked | None:
    """What `looked_around` would answer, where it need not ask."""
    if scene.model is None:
        return None
    kept: list[Looked] = scene.memo.keep("looked around", scene.model.spec, list)
    return kept[0] if kept and _serves(kept[0].evidence.box, point, scene.size) else None


def ready_around(scene: Scene, point: Point, _options: Options) -> None:
    """Have at hand what the model knows around a pixel, where there is a model.

    Raises: as `looked_around`.
    """
    if scene.model is not None:
        looked_around(scene, point)


def own_ids(model: ClassTable, project: ClassTable) -> IdArray:
    """(C,) the project's id of each of the model's classes, by name; ignore for what it lacks."""
    matches = [project.id_of(info.name) for info in model]
    ids = [project.ignore if match is None else match for match in matches]
    return np.array(ids, project.dtype)


def ids_of(looked: Looked, scene: Scene) -> IdArray:
    """(C,) `own_ids` of what the model was asked.

    Raises:
        RequestError: the project has none of its classes.
    """
    ids = own_ids(looked.classes, scene.classes)
    if (ids == scene.ignore).all():
        raise RequestError(
            "This project has none of the model's classes, so the model has nothing to propose: "
            "choose another model, or give the classes the names that it uses."
        )
    return ids


def _serves(box: Box, point: Point, size: tuple[int, int]) -> bool:
    """Whether a point lies well inside, or the box cannot reach further on its side."""
    across, down = box.width // _ROOM, box.height // _ROOM
    return (
        (box.x0 == 0 or point[0] >= box.x0 + across)
        and (box.y0 == 0 or point[1] >= box.y0 + down)
        and (box.x1 == size[1] or point[0] < box.x1 - across)
        and (box.y1 == size[0] or point[1] < box.y1 - down)
    )
