"""Light and dark: one set of tones for palette, style sheet and icons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication

from app.icons import icon
from segcore import resources

ICON_PROPERTY = "iconName"


@dataclass(frozen=True)
class Tones:
    """The colours of a theme as `#rrggbb`."""

    dark: bool
    window: str
    panel: str
    base: str
    raised: str
    hover: str
    pressed: str
    border: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_soft: str
    on_accent: str
    canvas: str
    success: str
    warning: str
    danger: str
    danger_soft: str
    warning_soft: str


LIGHT = Tones(
    dark=False,
    window="#f3f4f6",
    panel="#fafbfc",
    base="#ffffff",
    raised="#ffffff",
    hover="#e6e9ee",
    pressed="#d8dde5",
    border="#d3d8df",
    text="#1d232b",
    muted="#566170",
    disabled="#a4adb8",
    accent="#1f6feb",
    accent_soft="#dce9fd",
    on_accent="#ffffff",
    canvas="#dfe3e8",
    success="#2e9e5b",
    warning="#b7791f",
    danger="#c9302c",
    danger_soft="#fdeceb",
    warning_soft="#fdf4e0",
)
DARK = Tones(
    dark=True,
    window="#202327",
    panel="#25292e",
    base="#1a1d20",
    raised="#2d3238",
    hover="#343a41",
    pressed="#3e454d",
    border="#3a4048",
    text="#e3e7ec",
    muted="#a4aebb",
    disabled="#626c78",
    accent="#4c93ff",
    accent_soft="#243d5c",
    on_accent="#0b1320",
    canvas="#15171a",
    success="#45c17a",
    warning="#e0b04c",
    danger="#ff6b64",
    danger_soft="#472a2b",
    warning_soft="#443a23",
)


def palette_of(tones: Tones) -> QPalette:
    """The Qt palette of a theme."""
    role = QPalette.ColorRole
    palette = QPalette()
    for key, color in {
        role.Window: tones.window,
        role.WindowText: tones.text,
        role.Base: tones.base,
        role.AlternateBase: tones.panel,
        role.Text: tones.text,
        role.PlaceholderText: tones.muted,
        role.Button: tones.raised if tones.dark else tones.window,
        role.ButtonText: tones.text,
        role.BrightText: tones.danger,
        role.ToolTipBase: tones.raised,
        role.ToolTipText: tones.text,
        role.Highlight: tones.accent,
        role.HighlightedText: tones.on_accent,
        role.Link: tones.accent,
        role.LinkVisited: tones.accent,
        role.Accent: tones.accent,
        role.Light: tones.hover,
        role.Midlight: tones.hover,
        role.Mid: tones.border,
        role.Dark: tones.border,
        role.Shadow: "#000000" if tones.dark else tones.muted,
    }.items():
        palette.setColor(key, QColor(color))
    for key in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(tones.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(tones.border))
    return palette


def style_sheet(tones: Tones) -> str:
    """`resources/style/studio.qss` with the tones filled in."""
    text = resources.style_path("studio.qss").read_text("utf-8")
    return Template(text).substitute(asdict(tones))


class Theme(QObject):
    """Applies the chosen theme to the application and follows the system where it is asked to."""

    changed = Signal(object)

    def __init__(self, app: QApplication, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._choice = "system"
        self._system_palette_dark = app.palette().window().color().lightness() < 128
        self.tones = LIGHT
        # The one style that looks alike, and takes palettes, on every system.
        app.setStyle("Fusion")
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)

    @property
    def choice(self) -> str:
        """`system`, `light` or `dark`."""
        return self._choice

    def apply(self, choice: str) -> None:
        """Show the window in `system`, `light` or `dark` colours."""
        self._choice = choice
        hints = QGuiApplication.styleHints()
        scheme = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(choice)
        # The platform then draws window frames and file dialogs alike, where it can.
        if scheme is None:
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(scheme)
        self._show(DARK if self._wants_dark() else LIGHT)

    def tint(self, things: Iterable[QAction | QAbstractButton]) -> None:
        """Give actions and buttons the icons that their `iconName` property names."""
        for thing in things:
            name = thing.property(ICON_PROPERTY)
            if name:
                thing.setIcon(icon(name, self.tones.text, self.tones.disabled, self.tones.accent))

    def _wants_dark(self) -> bool:
        if self._choice != "system":
            return self._choice == "dark"
        scheme = QGuiApplication.styleHints().colorScheme()
        if scheme == Qt.ColorScheme.Unknown:
            return self._system_palette_dark
        return scheme == Qt.ColorScheme.Dark

    def _follow_system(self) -> None:
        if self._choice == "system":
            self._show(DARK if self._wants_dark() else LIGHT)

    def _show(self, tones: Tones) -> None:
        self.tones = tones
        self._app.setPalette(palette_of(tones))
        # Fusion draws the edge of a box from the window's colour: too faint to see, in the dark.
        boxes = palette_of(tones)
        boxes.setColor(QPalette.ColorRole.Window, QColor(tones.muted))
        for kind in ("QCheckBox", "QRadioButton"):
            QApplication.setPalette(boxes, kind)  # type: ignore[arg-type] # it takes no bytes
        self._app.setStyleSheet(style_sheet(tones))
        self.changed.emit(tones)
