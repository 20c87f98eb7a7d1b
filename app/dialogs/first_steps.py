"""What most people do first, with the keys that do it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.dialogs.facts import Fact, FactsDialog


class FirstStepsDialog(FactsDialog):
    """A row for each step: its keys, and what they do.

    Args:
        key_of: the key of an action, as it is written on this system; nothing where it has none.
    """

    def __init__(self, key_of: Callable[[str], str], parent: QWidget | None = None) -> None:
        def keys(*names: str) -> str:
            return ", ".join(filter(None, map(key_of, names))) or "–"

        facts: list[Fact] = [
            (
                keys("open_folder"),
                self.tr("Open a folder of your own, or drop pictures, a video or a project here."),
            ),
            (keys("previous", "next"), self.tr("Go through the pictures.")),
            (keys("toggle_overlay"), self.tr("Hide the labels, and show them again.")),
            (
                keys("predict", "predict_all"),
                self.tr("Have the model label this picture, or all. What you painted stays."),
            ),
            (
                keys("tool_brush", "tool_eraser", "tool_fill", "undo"),
                self.tr("Brush, eraser, fill, and take back. Digits choose the class."),
            ),
            (
                keys("tool_click", "tool_polygon", "tool_superpixels", "tool_refine"),
                self.tr(
                    "A click takes a whole thing, a polygon, superpixels, the model once more in a "
                    "box: Enter accepts what is proposed, Esc leaves everything as it was."
                ),
            ),
            (
                keys("tool_query"),
                self.tr("Click a pixel and see under Inspect why it got its class."),
            ),
            (
                keys("export_labels"),
                self.tr("Write the labels for a trainer. Nothing needs saving before."),
            ),
            (keys("shortcuts"), self.tr("Every key, to look up and to change.")),
        ]
        super().__init__(
            self.tr("First Steps"),
            self.tr("First steps"),
            self.tr(
                "Rest with the pointer on a button or a menu entry to read what it does, or what "
                "stands in its way."
            ),
            facts,
            parent,
        )
        self.setObjectName("dialog.first_steps")
