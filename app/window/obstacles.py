"""What stands in the way of several actions alike, in a sentence; nothing where nothing does."""

from __future__ import annotations

from app.i18n import translate
from app.window.core import Core

_CONTEXT = "obstacles"


def no_picture(core: Core) -> str:
    """Said while no picture is open."""
    if core.document.image is not None:
        return ""
    return translate(_CONTEXT, "No picture is open.")


def no_pictures(core: Core) -> str:
    """Said while no picture is listed."""
    return "" if core.session.names else translate(_CONTEXT, "There are no pictures: open some.")


def no_model(core: Core) -> str:
    """Said while no model is in use, or one is still being loaded."""
    if core.prediction.model is not None:
        return ""
    return translate(_CONTEXT, "No model is in use yet: choose one above the picture.")


def not_writable(core: Core) -> str:
    """Said while there is no project to change."""
    project = core.session.project
    if project is None:
        return translate(_CONTEXT, "There are no pictures: open some.")
    if project.read_only:
        return translate(_CONTEXT, "The project is read-only here.")
    return ""
