"""What the program remembers between two starts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from platformdirs import user_config_path
from PySide6.QtCore import QByteArray, QSettings

APPLICATION = "segformer-studio"
THEMES = ("system", "light", "dark")
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
COMPARISONS = ("overlay", "side_by_side", "swipe")
RECENT_LIMIT = 12


def settings_path() -> Path:
    """The INI file in the person's configuration folder."""
    return user_config_path(APPLICATION, appauthor=False) / "studio.ini"


@dataclass
class Settings:
    """The remembered choices; `save()` writes them to the file they came from."""

    path: Path = field(default_factory=settings_path)
    theme: str = "system"
    language: str = ""
    model: str = "street-b0"
    device: str = "auto"
    precision: str = "auto"
    protocol: dict[str, Any] = field(default_factory=dict)
    """How pictures go in, as `InferenceProtocol.to_json` has it; empty: as the model says."""
    auto_predict: bool = True
    overlay_opacity: float = 0.55
    contours: bool = False
    brush_size: int = 24
    tool_options: dict[str, Any] = field(default_factory=dict)
    """What is set about each tool: tool to option to value."""
    comparison: str = "overlay"
    divider: float = 0.5
    minimap: bool = True
    pictures_folder: str = ""
    """Where a mask, an overlay or a view was saved last."""
    last_folder: str = ""
    last_paths: list[str] = field(default_factory=list)
    """What was open last, to be opened again at the next start."""
    last_picture: str = ""
    recent_paths: list[str] = field(default_factory=list)
    recent_streams: list[str] = field(default_factory=list)
    """Addresses of live streams that were watched."""
    recent_models: list[str] = field(default_factory=list)
    shortcuts: dict[str, list[str]] = field(default_factory=dict)
    """Actions with other keys than their own: object name to portable key sequences."""
    declined_labels: list[str] = field(default_factory=list)
    """Labels that lie beside pictures and were not wanted: `labelme:/folder`."""
    geometry: bytes = b""
    state: bytes = b""

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Read the file; what is missing in it, or makes no sense, keeps its default."""
        settings = cls() if path is None else cls(path=path)
        store = settings._store()
        for entry in fields(cls):
            if entry.name != "path" and store.contains(entry.name):
                default = getattr(settings, entry.name)
                setattr(settings, entry.name, _decoded(store.value(entry.name), default))
        settings._keep_in_range()
        return settings

    def save(self) -> None:
        """Write every choice to the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        store = self._store()
        for entry in fields(self):
            if entry.name != "path":
                store.setValue(entry.name, _encoded(getattr(self, entry.name)))
        store.sync()

    def remember_path(self, path: Path) -> None:
        """Put a file, folder or project first among the recent ones."""
        self.recent_paths = _first(str(path.absolute()), self.recent_paths)

    def remember_model(self, source: str) -> None:
        """Put a model file or folder first among the recent ones."""
        self.recent_models = _first(source, self.recent_models)

    def _store(self) -> QSettings:
        return QSettings(str(self.path), QSettings.Format.IniFormat)

    def _keep_in_range(self) -> None:
        if self.theme not in THEMES:
            self.theme = "system"
        if self.device.split(":")[0] not in DEVICES:
            self.device = "auto"
        if self.precision not in PRECISIONS:
            self.precision = "auto"
        self.overlay_opacity = min(max(self.overlay_opacity, 0.0), 1.0)
        self.brush_size = min(max(self.brush_size, 1), 2000)
        if self.comparison not in COMPARISONS:
            self.comparison = "overlay"
        self.divider = min(max(self.divider, 0.0), 1.0)


def _first(item: str, items: list[str]) -> list[str]:
    return [item, *(other for other in items if other != item)][:RECENT_LIMIT]


def _encoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return QByteArray(value)
    if isinstance(value, list | dict):
        return json.dumps(value)
    return value


def _decoded(stored: Any, default: Any) -> Any:
    """The stored value in the type of the default, or the default where it cannot be read."""
    try:
        if isinstance(default, bytes):
            return bytes(stored.data()) if isinstance(stored, QByteArray) else default
        if isinstance(default, bool):
            return {"true": True, "false": False}.get(str(stored).lower(), default)
        if isinstance(default, list | dict):
            value = json.loads(str(stored))
            return value if isinstance(value, type(default)) else default
        return type(default)(stored)
    except (ValueError, TypeError):
        return default
