"""Left click adds, right click removes: the region that the clicks mean."""

from __future__ import annotations

import itertools
from pathlib import Path

from app.assistants.model import around_at_hand, looked_around
from app.assistants.scene import Outcome, Scene
from app.assistants.snapping import snapped
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP, translate
from app.tool_options import Options
from segcore.assist.click import ClickGround, click_region
from segcore.assist.sam import Embedding, SamModel
from segcore.edits import Selection
from segcore.errors import RequestError
from segcore.geometry import Box, Point

_WITHOUT_MODEL = QT_TRANSLATE_NOOP("assistants", "by colours alone: no model is loaded")
_UNTIL_THE_MODEL_HAS_LOOKED = QT_TRANSLATE_NOOP("assistants", "by colours, the model is looking")


def click(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """The region of all clicks so far, by the model's features or by the person's own click model.

    Clicks outside the picture do not count.
    """
    right, wrong = _clicked(scene, gesture)
    if not right:
        return None
    if options["engine"] == "onnx":
        return snapped(scene, Outcome(_by_onnx(scene, right, wrong, options)), options)
    ground, note = _ground(scene, right[-1])
    return snapped(scene, Outcome(click_region(ground, right, wrong), note), options)


def rough_click(scene: Scene, gesture: Gesture, options: Options) -> Outcome | None:
    """The region by colours alone, while the model has yet to look; None where it need not."""
    right, wrong = _clicked(scene, gesture)
    if not right or options["engine"] == "onnx" or scene.model is None:
        return None
    if around_at_hand(scene, right[-1]) is not None:
        return None
    ground = _ground_by_colours(scene, right[-1])
    note = translate("assistants", _UNTIL_THE_MODEL_HAS_LOOKED)
    return Outcome(click_region(ground, right, wrong), note)


def ready_for_clicks(scene: Scene, point: Point, options: Options) -> None:
    """Have at hand what clicks around a pixel are answered from."""
    if options["engine"] != "onnx":
        _ground_by_colours(scene, point)
        _ground(scene, point)
    elif options["encoder"] and options["decoder"]:
        _embedded(scene, point, options)


def _ground(scene: Scene, point: Point) -> tuple[ClickGround, str]:
    """The part of the picture that clicks around a pixel are answered from."""
    if scene.model is None:
        return _ground_by_colours(scene, point), translate("assistants", _WITHOUT_MODEL)
    looked = looked_around(scene, point)
    evidence = looked.evidence
    ground = scene.memo.keep(
        "click ground", evidence, lambda: ClickGround.with_model(scene.image, evidence)
    )
    return ground, ""


def _ground_by_colours(scene: Scene, point: Point) -> ClickGround:
    kept: list[ClickGround] = scene.memo.keep("click ground by colours", None, list)
    if not kept or not kept[0].box.contains(point):
        kept[:] = [ClickGround.without_model(scene.image, point)]
    return kept[0]


def _clicked(scene: Scene, gesture: Gesture) -> tuple[list[Point], list[Point]]:
    """The pixels of the picture that were clicked as right, and as wrong."""
    everywhere = Box.of_size(scene.size)
    right, wrong = (
        [
            point
            for point, removes in itertools.zip_longest(gesture.points, gesture.removing)
            if bool(removes) == removing and everywhere.contains(point)
        ]
        for removing in (False, True)
    )
    return right, wrong


def _by_onnx(scene: Scene, right: list[Point], wrong: list[Point], options: Options) -> Selection:
    if not options["encoder"] or not options["decoder"]:
        raise RequestError(
            "No click model is chosen: choose its two files in Model > Use a click model, or "
            "another way of clicking."
        )
    model, embedding = _embedded(scene, right[-1], options)
    return model.select(embedding, right, wrong)


def _embedded(scene: Scene, point: Point, options: Options) -> tuple[SamModel, Embedding]:
    """The person's click model, and what it made of the picture around a pixel."""
    encoder, decoder = str(options["encoder"]), str(options["decoder"])
    model = scene.memo.keep("sam", (encoder, decoder), lambda: _loaded(encoder, decoder))
    scene.cancel.raise_if_cancelled()
    kept: list[Embedding] = scene.memo.keep("embedding", (encoder, decoder), list)
    if not kept or not kept[0].box.contains(point):
        kept[:] = [model.embed(scene.image, point)]
    scene.cancel.raise_if_cancelled()
    return model, kept[0]


_models: dict[tuple[str, str], SamModel] = {}
"""The click model in use: it is kept from picture to picture. Used on the assistants' thread."""


def _loaded(encoder: str, decoder: str) -> SamModel:
    if (encoder, decoder) not in _models:
        _models.clear()
        _models[encoder, decoder] = SamModel(Path(encoder), Path(decoder))
    return _models[encoder, decoder]
