"""Why the model said so: attention of the queried pixel, and what reaches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.panels.stage_chooser import StageChooser
from app.panels.thumbnails import Thumbnail, ThumbnailGrid
from segcore.geometry import Box
from segcore.heatmap import HeatMap


class InspectPanel(QWidget):
    """Shows attention heads and receptive fields; asks for stage, block and a map to lay over.

    `heatMapRequested` carries a heat map, or None, and how its values fall on the colours.
    """

    stageRequested = Signal(int)
    blockRequested = Signal(int)
    heatMapRequested = Signal(object, str)
    queryToolRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel.inspect")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._maps: dict[str, HeatMap] = {}
        self._chosen = ""

        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget(area)
        body.setObjectName("panel.inspect_body")
        self._layout = QVBoxLayout(body)
        self._layout.setContentsMargins(10, 10, 10, 10)
        self._layout.setSpacing(8)
        area.setWidget(body)
        outer.addWidget(area)

        self._add_hint()
        self._add_attention()
        self._add_fields()
        self._layout.addStretch(1)
        self.clear()

    def set_structure(self, depths: Sequence[int], heads: Sequence[int]) -> None:
        """Offer the blocks of a model: blocks and heads per stage."""
        attends = bool(heads)
        self.attention_title.setText(
            self.tr("Attention")
            if attends
            else self.tr("This network has no attention: choose a SegFormer to see where it looks.")
        )
        if not attends:
            self._replace("attention", {})
            self.attention.show_thumbnails([])
        self._chooser.set_depths(depths if attends else ())
        self.attention.setEnabled(False)

    def set_stage(self, stage: int, block: int) -> None:
        """Show which stage (from 1) and block (from 0) the attention is of."""
        self._chooser.set_stage(stage, block)
        # What is shown is of another block until the answer is there.
        self.attention.setEnabled(False)

    def set_point(self, point: tuple[int, int], text: str) -> None:
        """Say which pixel is asked about; what was known of another one is greyed out."""
        self.point.setText(
            self.tr("Pixel {}, {}").format(*point) + (f"  ·  {text}" if text else "")
        )
        self._hint.hide()
        self._answer.show()
        self._answer.setEnabled(False)

    def set_attention(
        self, heads: Sequence[HeatMap], mean: HeatMap, point: tuple[int, int], *, title: str
    ) -> None:
        """Show the heads of one block."""
        maps = {"mean": mean} | {f"head{i}": head for i, head in enumerate(heads)}
        names = [self.tr("mean"), *(self.tr("head {}").format(i) for i in range(len(heads)))]
        self._replace("attention", maps)
        self._show_answer()
        self.attention_title.setText(title)
        self.attention.setEnabled(True)
        self.attention.show_thumbnails(
            [
                Thumbnail(key, name, heat_map, marker=_marker(point, heat_map.box))
                for (key, heat_map), name in zip(maps.items(), names)
            ],
            chosen=self._chosen.removeprefix("attention."),
        )
        self._show_chosen_again("attention")

    def set_fields(
        self,
        fields: Mapping[str, HeatMap],
        figures: Mapping[str, tuple[str, str]],
        point: tuple[int, int],
    ) -> None:
        """Show the receptive fields; `figures` has a short and a long text for each target."""
        self._replace("field", fields)
        self._show_answer()
        self.fields_title.setVisible(True)
        self.fields.show_thumbnails(
            [
                Thumbnail(
                    target,
                    f"{target_title(target)}\n{figures[target][0]}",
                    heat_map,
                    tip=figures[target][1],
                    marker=_marker(point, heat_map.box),
                    scale="log",
                )
                for target, heat_map in fields.items()
            ],
            chosen=self._chosen.removeprefix("field."),
        )
        self._show_chosen_again("field")

    def clear(self) -> None:
        """Forget the query."""
        self._maps.clear()
        self._chosen = ""
        self.attention.show_thumbnails([])
        self.fields.show_thumbnails([])
        self.fields_title.setVisible(False)
        self._answer.hide()
        self._hint.show()

    def choose(self, key: str) -> None:
        """Lay one of the maps over the picture: `attention.mean`, `field.stage4`, "" for none."""
        self._chosen = key
        self.attention.set_chosen(key.removeprefix("attention."))
        self.fields.set_chosen(key.removeprefix("field."))
        heat_map = self._maps.get(key)
        self.heatMapRequested.emit(heat_map, "log" if key.startswith("field.") else "linear")

    def follow_chosen(self, heat_map: HeatMap | None) -> None:
        """Another page's map, or none, lies over the picture now: mark none of these."""
        if self._chosen and all(heat_map is not own for own in self._maps.values()):
            self._chosen = ""
            self.attention.set_chosen("")
            self.fields.set_chosen("")

    def _add_hint(self) -> None:
        self._hint = QWidget(self)
        layout = QVBoxLayout(self._hint)
        layout.setContentsMargins(0, 6, 0, 6)
        layout.setSpacing(10)
        heading = QLabel(self.tr("Ask about a pixel"), self._hint)
        heading.setProperty("role", "heading")
        words = QLabel(
            self.tr(
                "Choose the query tool and click in the picture. Here you will see where each "
                "attention head of a stage looks from that pixel, and which part of the picture "
                "reaches it: its effective receptive field."
            ),
            self._hint,
        )
        words.setWordWrap(True)
        words.setProperty("role", "muted")
        self.query_button = QPushButton(self.tr("Query tool  (Q)"), self._hint)
        self.query_button.setObjectName("inspect.query_tool")
        self.query_button.clicked.connect(self.queryToolRequested)
        layout.addWidget(heading)
        layout.addWidget(words)
        layout.addWidget(self.query_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._layout.addWidget(self._hint)

    def _add_attention(self) -> None:
        self._answer = QWidget(self)
        answer = QVBoxLayout(self._answer)
        answer.setContentsMargins(0, 0, 0, 0)
        answer.setSpacing(8)
        self.point = QLabel(self._answer)
        self.point.setObjectName("inspect.point")
        self.point.setWordWrap(True)
        self.attention_title = QLabel(self.tr("Attention"), self._answer)
        self.attention_title.setProperty("role", "heading")
        self.attention_title.setWordWrap(True)
        self.attention = ThumbnailGrid("inspect.attention", self._answer)
        self.attention.chosen.connect(self._choose_attention)

        self._chooser = StageChooser("inspect", self)
        self._chooser.stageRequested.connect(self.stageRequested)
        self._chooser.blockRequested.connect(self.blockRequested)
        self.stages, self.block = self._chooser.stages, self._chooser.block
        self._layout.addWidget(self._chooser)
        answer.addWidget(self.point)
        answer.addWidget(self.attention_title)
        answer.addWidget(self.attention)
        self._layout.addWidget(self._answer)

    def _add_fields(self) -> None:
        layout = self._answer.layout()
        assert isinstance(layout, QVBoxLayout)
        self.fields_title = QLabel(self.tr("Effective receptive field"), self._answer)
        self.fields_title.setProperty("role", "heading")
        self.fields = ThumbnailGrid("inspect.fields", self._answer)
        self.fields.chosen.connect(self._choose_field)
        layout.addSpacing(6)
        layout.addWidget(self.fields_title)
        layout.addWidget(self.fields)

    def _choose_attention(self, key: str) -> None:
        self.choose(f"attention.{key}" if key else "")

    def _choose_field(self, key: str) -> None:
        self.choose(f"field.{key}" if key else "")

    def _replace(self, prefix: str, maps: Mapping[str, HeatMap]) -> None:
        kept = {key: value for key, value in self._maps.items() if not key.startswith(prefix)}
        self._maps = kept | {f"{prefix}.{key}": value for key, value in maps.items()}

    def _show_answer(self) -> None:
        self._hint.hide()
        self._answer.show()
        self._answer.setEnabled(True)

    def _show_chosen_again(self, prefix: str) -> None:
        """A map that was laid over the picture is laid over it anew when its pixel moved."""
        if self._chosen.startswith(prefix):
            self.choose(self._chosen if self._chosen in self._maps else "")


def target_title(target: str) -> str:
    """`stage1` as `Stage 1`, `head` as `Head`."""
    return f"Stage {target[5:]}" if target.startswith("stage") else target.capitalize()


def _marker(point: tuple[int, int], box: Box) -> tuple[float, float] | None:
    if box.is_empty:
        return None
    x = (point[0] + 0.5 - box.x0) / box.width
    y = (point[1] + 0.5 - box.y0) / box.height
    return (x, y) if 0 <= x <= 1 and 0 <= y <= 1 else None
