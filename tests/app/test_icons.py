from __future__ import annotations

import pytest
from PySide6.QtGui import QIcon
from pytestqt.qtbot import QtBot

from app.action_rows import ACTIONS
from app.icons import application_icon, icon


@pytest.mark.parametrize("name", sorted({info.icon for info in ACTIONS if info.icon}))
def test_every_icon_that_an_action_names_is_in_the_font(qtbot: QtBot, name: str) -> None:
    image = icon(name, "#000000", "#808080").pixmap(20, 20).toImage()
    opaque = sum(
        image.pixelColor(x, y).alpha() > 128
        for x in range(image.width())
        for y in range(image.height())
    )
    assert opaque > 0.05 * image.width() * image.height()


def test_disabled_and_checked_have_their_own_colours(qtbot: QtBot) -> None:
    made = icon("square", "#ff0000", "#00ff00", "#0000ff")
    states = {
        "#ff0000": (QIcon.Mode.Normal, QIcon.State.Off),
        "#00ff00": (QIcon.Mode.Disabled, QIcon.State.Off),
        "#0000ff": (QIcon.Mode.Normal, QIcon.State.On),
    }
    for color, (mode, state) in states.items():
        image = made.pixmap(20, mode, state).toImage()
        assert image.pixelColor(image.width() // 2, image.height() // 2).name() == color


def test_the_program_has_an_icon_of_its_own(qtbot: QtBot) -> None:
    assert not application_icon().pixmap(64, 64).isNull()


def test_an_unknown_glyph_is_an_error() -> None:
    with pytest.raises(KeyError):
        icon("no-such-glyph", "#000000", "#808080")
