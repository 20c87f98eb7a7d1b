"""What the person looks at and holds in hand: nothing here is saved with the labels."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.tool_options import Options, Value
from app.tool_rows import BRUSH_SIZE, OPTIONS, default_options
from segcore.display import DisplayCurve
from segcore.edits import Protection

TOOLS = (
    "pan",
    "query",
    "brush",
    "eraser",
    "fill",
    "rectangle",
    "lasso",
    "polygon",
    "small",
    "boundary",
    "copy_last",
    "click",
    "scissors",
    "superpixels",
    "grabcut",
    "wand",
    "refine",
    "second_best",
    "region",
    "scribble",
)
OVERLAY_MODES = ("labels", "confidence", "entropy", "margin", "heat", "origins")
COMPARISONS = ("overlay", "side_by_side", "swipe")
SMALLEST_BRUSH = 1
LARGEST_BRUSH = 2000


class ViewState(QObject):
    """The tool, the active class, the brush and how the overlay is shown."""

    toolChanged = Signal(str)
    activeClassChanged = Signal(int)
    brushSizeChanged = Signal(int)
    overlayChanged = Signal()
    comparisonChanged = Signal()
    minimapChanged = Signal(bool)
    displayChanged = Signal(object)
    protectionChanged = Signal(object)
    optionsChanged = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tool = "pan"
        self._active_class = 0
        self._brush_size = 24
        self._overlay_opacity = 0.5
        self._overlay_visible = True
        self._overlay_mode = "labels"
        self._contours = False
        self._hidden_classes: frozenset[int] = frozenset()
        self._hidden_origins: frozenset[int] = frozenset()
        self._comparison = "overlay"
        self._divider = 0.5
        self._minimap = True
        self._display = DisplayCurve()
        self._protection = Protection()
        self._options = {tool: default_options(tool) for tool in OPTIONS}

    @property
    def tool(self) -> str:
        """One of `TOOLS`."""
        return self._tool

    @tool.setter
    def tool(self, name: str) -> None:
        if name not in TOOLS:
            raise ValueError(f"there is no tool {name!r}")
        if name != self._tool:
            self._tool = name
            self.toolChanged.emit(name)

    @property
    def active_class(self) -> int:
        """The class id that the brush and the fill put down."""
        return self._active_class

    @active_class.setter
    def active_class(self, class_id: int) -> None:
        if class_id != self._active_class:
            self._active_class = class_id
            self.activeClassChanged.emit(class_id)

    @property
    def brush_size(self) -> int:
        """Diameter of brush and eraser in image pixels, kept within the sizes there are."""
        return self._brush_size

    @brush_size.setter
    def brush_size(self, diameter: int) -> None:
        diameter = min(max(diameter, SMALLEST_BRUSH), LARGEST_BRUSH)
        if diameter != self._brush_size:
            self._brush_size = diameter
            self.brushSizeChanged.emit(diameter)

    @property
    def overlay_opacity(self) -> float:
        """0 (only the picture) to 1 (only the overlay)."""
        return self._overlay_opacity

    @overlay_opacity.setter
    def overlay_opacity(self, opacity: float) -> None:
        opacity = min(max(opacity, 0.0), 1.0)
        if opacity != self._overlay_opacity:
            self._overlay_opacity = opacity
            self.overlayChanged.emit()

    @property
    def overlay_visible(self) -> bool:
        """Whether anything is laid over the picture."""
        return self._overlay_visible

    @overlay_visible.setter
    def overlay_visible(self, visible: bool) -> None:
        if visible != self._overlay_visible:
            self._overlay_visible = visible
            self.overlayChanged.emit()

    @property
    def overlay_mode(self) -> str:
        """What is laid over the picture: one of `OVERLAY_MODES`."""
        return self._overlay_mode

    @overlay_mode.setter
    def overlay_mode(self, mode: str) -> None:
        if mode not in OVERLAY_MODES:
            raise ValueError(f"there is no overlay mode {mode!r}")
        if mode != self._overlay_mode:
            self._overlay_mode = mode
            self.overlayChanged.emit()

    @property
    def contours(self) -> bool:
        """Whether regions are shown by their outlines only."""
        return self._contours

    @contours.setter
    def contours(self, outlined: bool) -> None:
        if outlined != self._contours:
            self._contours = outlined
            self.overlayChanged.emit()

    @property
    def hidden_classes(self) -> frozenset[int]:
        """Class ids that the overlay leaves out."""
        return self._hidden_classes

    @hidden_classes.setter
    def hidden_classes(self, class_ids: frozenset[int]) -> None:
        if class_ids != self._hidden_classes:
            self._hidden_classes = class_ids
            self.overlayChanged.emit()

    @property
    def hidden_origins(self) -> frozenset[int]:
        """Rows of the origin table that the overlay by origin leaves out."""
        return self._hidden_origins

    @hidden_origins.setter
    def hidden_origins(self, rows: frozenset[int]) -> None:
        if rows != self._hidden_origins:
            self._hidden_origins = rows
            self.overlayChanged.emit()

    @property
    def comparison(self) -> str:
        """How picture and overlay are compared: one of `COMPARISONS`."""
        return self._comparison

    @comparison.setter
    def comparison(self, kind: str) -> None:
        if kind not in COMPARISONS:
            raise ValueError(f"there is no comparison {kind!r}")
        if kind != self._comparison:
            self._comparison = kind
            self.comparisonChanged.emit()

    @property
    def divider(self) -> float:
        """Where the line of the swipe is, as a share of the view's width."""
        return self._divider

    @divider.setter
    def divider(self, share: float) -> None:
        share = min(max(share, 0.0), 1.0)
        if share != self._divider:
            self._divider = share
            self.comparisonChanged.emit()

    @property
    def minimap(self) -> bool:
        """Whether a part of the picture in sight comes with a small view of the whole."""
        return self._minimap

    @minimap.setter
    def minimap(self, wanted: bool) -> None:
        if wanted != self._minimap:
            self._minimap = wanted
            self.minimapChanged.emit(wanted)

    @property
    def display(self) -> DisplayCurve:
        """How bright, contrasty and light in the shadows pictures are shown."""
        return self._display

    @display.setter
    def display(self, curve: DisplayCurve) -> None:
        if curve != self._display:
            self._display = curve
            self.displayChanged.emit(curve)

    @property
    def protection(self) -> Protection:
        """What the tools may change; `models` is left to whoever knows the project."""
        return self._protection

    @protection.setter
    def protection(self, protection: Protection) -> None:
        if protection != self._protection:
            self._protection = protection
            self.protectionChanged.emit(protection)

    def options(self, tool: str) -> Options:
        """What is set about a tool: option name to value."""
        options = dict(self._options.get(tool, {}))
        if BRUSH_SIZE.name in options:
            options[BRUSH_SIZE.name] = self._brush_size
        return options

    def set_option(self, tool: str, name: str, value: Value) -> None:
        """Set one option of a tool; a value that makes no sense becomes the default."""
        option = next(each for each in OPTIONS[tool] if each.name == name)
        value = option.kept(value)
        if value != self._options[tool][name]:
            self._options[tool][name] = value
            self.optionsChanged.emit(tool)

    @property
    def all_options(self) -> dict[str, dict[str, Value]]:
        """Every tool's options, to be kept."""
        return {tool: dict(values) for tool, values in self._options.items()}

    def restore_options(self, kept: dict[str, dict[str, Value]]) -> None:
        """Take over options that were kept; what no longer exists is left out."""
        for tool, options in OPTIONS.items():
            values = kept.get(tool, {})
            for option in options:
                if isinstance(values, dict) and option.name in values:
                    self.set_option(tool, option.name, values[option.name])
