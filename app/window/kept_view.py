"""What the settings keep of the view: between them and the parts that it is about."""

from __future__ import annotations

from app.settings import Settings
from app.window.core import Core


def restore_view(core: Core, settings: Settings) -> None:
    """Make the overlay, the brush and the habits as the settings say."""
    state = core.view_state
    state.overlay_opacity = settings.overlay_opacity
    state.contours = settings.contours
    state.brush_size = settings.brush_size
    state.restore_options(settings.tool_options)
    state.comparison = settings.comparison
    state.divider = settings.divider
    state.minimap = settings.minimap
    core.prediction.automatic = settings.auto_predict


def keep_view(core: Core, settings: Settings) -> None:
    """Write into the settings what a person changed in the window itself."""
    state = core.view_state
    settings.overlay_opacity = state.overlay_opacity
    settings.contours = state.contours
    settings.brush_size = state.brush_size
    settings.tool_options = state.all_options
    settings.comparison = state.comparison
    settings.divider = state.divider
    settings.minimap = state.minimap
