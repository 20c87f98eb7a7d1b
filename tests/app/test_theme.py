from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from app.theme import DARK, ICON_PROPERTY, LIGHT, Theme, Tones, style_sheet


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp)


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = (QColor(color).redF(), QColor(color).greenF(), QColor(color).blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tones", [LIGHT, DARK])
@pytest.mark.parametrize("ground", ["window", "panel", "base", "raised", "accent_soft"])
def test_text_can_be_read(tones: Tones, ground: str) -> None:
    assert contrast(tones.text, getattr(tones, ground)) >= 7
    assert contrast(tones.muted, getattr(tones, ground)) >= 4.5


@pytest.mark.parametrize("tones", [LIGHT, DARK])
def test_words_on_coloured_grounds_can_be_read(tones: Tones) -> None:
    assert contrast(tones.on_accent, tones.accent) >= 4.5
    assert contrast(tones.text, tones.danger_soft) >= 7
    assert contrast(tones.warning, tones.warning_soft) >= 3


@pytest.mark.parametrize(("choice", "tones"), [("light", LIGHT), ("dark", DARK)])
def test_a_chosen_theme_is_applied(
    qapp: QApplication, qtbot: QtBot, theme: Theme, choice: str, tones: Tones
) -> None:
    with qtbot.waitSignal(theme.changed):
        theme.apply(choice)
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == tones.window
    assert theme.choice == choice


def test_every_tone_of_the_style_sheet_is_filled_in() -> None:
    assert "$" not in style_sheet(DARK).split("*/", 1)[1]


def test_icons_are_tinted_anew_with_the_theme(qtbot: QtBot, theme: Theme) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    button.setProperty(ICON_PROPERTY, "brush")

    def mean_lightness() -> float:
        theme.tint([button])
        image = button.icon().pixmap(24, 24).toImage()
        colors = [image.pixelColor(x, y) for x in range(24) for y in range(24)]
        opaque = [color.lightness() for color in colors if color.alpha() > 200]
        return sum(opaque) / len(opaque)

    theme.apply("light")
    dark_glyph = mean_lightness()
    theme.apply("dark")
    assert mean_lightness() > dark_glyph + 100
