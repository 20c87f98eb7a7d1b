"""What the Why page says, in words that can be read aloud and in 300 pixels."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.panels.why import WhyPanel
from app.panels.why_hide import HideSection
from app.panels.why_sizes import SizeRow, SizesSection
from segcore.geometry import Box
from segcore.inspection.ablation import Chance, WithoutStage
from segcore.inspection.explanation import ClassScore, Explanation

NAMES = ("road", "car", "sky", "pavement with a long name indeed", "tree", "pole", "fence")
COLORS = {i: (30 * i, 20, 255 - 30 * i) for i in range(len(NAMES))}


def score(class_id: int, logit: float, stages: tuple[float, ...], bias: float) -> ClassScore:
    named = {f"stage{n}": value for n, value in enumerate(stages, start=1)}
    probability = 0.9 if class_id == 0 else 0.1 / (len(NAMES) - 1)
    return ClassScore(class_id, NAMES[class_id], logit, probability, named, bias)


def explanation(point: tuple[int, int] = (30, 40)) -> Explanation:
    scores = [
        score(0, 6.0, (0.5, 0.5, 3.0, 3.0), -1.0),
        score(1, 2.6, (0.4, 0.5, 0.9, 2.8), -2.0),
        score(2, 1.0, (0.5, 0.5, 3.0, 3.0), -6.0),
        *(score(i, 0.5 - i, (0.1,) * 4, 0.1 - i) for i in range(3, len(NAMES))),
    ]
    return Explanation(point, tuple(scores), Box(0, 0, 64, 64))


def without() -> tuple[WithoutStage, ...]:
    said = [(0, 0.8), (0, 0.7), (1, 0.6), (2, 0.999)]
    return tuple(
        WithoutStage(n, "zero", (Chance(i, NAMES[i], 2.0, share),))
        for n, (i, share) in enumerate(said, start=1)
    )


@pytest.fixture
def panel(qtbot: QtBot) -> WhyPanel:
    panel = WhyPanel()
    qtbot.addWidget(panel)
    panel.resize(310, 900)
    panel.show()
    return panel


def test_the_right_class_is_blamed_on_a_stage_and_the_runner_up_is_not(panel: WhyPanel) -> None:
    panel.set_explanation(explanation(), without(), COLORS, None)
    assert panel.headline.text() == "Pixel 30, 40: road, 90.0 %"
    assert panel.right.currentText() == "car"
    assert panel.cause.text() == (
        "Stage 3 decided it most: +2.10 of the 3.40 by which road is ahead of car."
    )
    panel.set_explanation(explanation(), without(), COLORS, 1)
    assert panel.cause.text() == (
        "Stage 3 caused it: +2.10 of the 3.40 by which road is ahead of car."
    )
    panel.right.setCurrentIndex(panel.right.findText("sky"))
    assert panel.cause.text().startswith("Bias caused it: +5.00 of the 5.00")
    assert [panel.right.itemText(i) for i in range(panel.right.count())] == list(NAMES[1:])


def test_the_class_that_was_picked_stays_while_the_pixel_does(panel: WhyPanel) -> None:
    panel.set_explanation(explanation(), without(), COLORS, None)
    panel.right.setCurrentIndex(panel.right.findText("sky"))
    panel.set_explanation(explanation(), without(), COLORS, None)
    assert panel.right.currentText() == "sky"
    panel.set_explanation(explanation((1, 1)), without(), COLORS, None)
    assert panel.right.currentText() == "car"


def test_five_classes_and_the_rest_on_demand(panel: WhyPanel) -> None:
    panel.set_explanation(explanation(), without(), COLORS, None)
    assert [bar.name for bar in panel.classes.bars] == list(NAMES[:5])
    assert panel.more.text() == "2 more"
    panel.more.click()
    assert len(panel.classes.bars) == 7
    assert panel.more.text() == "Fewer"


def test_everything_painted_is_in_words_too(panel: WhyPanel) -> None:
    panel.set_explanation(explanation(), without(), COLORS, None)
    assert "road: 90.0 %, logit +6.00" in panel.classes.accessibleDescription()
    words = panel.terms.accessibleDescription()
    assert "Stage 3: +3.00 to road, +0.90 to car, difference +2.10" in words
    assert "Bias: -1.00 to road, -2.00 to car, difference +1.00" in words
    third = panel.without.chips[2]
    assert third.text() == "Stage 3 out\n→ car 60.0 %"
    assert third.accessibleName().startswith("Without stage 3: car, 60.0 %")
    assert "→" not in panel.without.chips[0].text()


def test_nothing_is_wider_than_the_dock(panel: WhyPanel) -> None:
    panel.set_explanation(explanation(), without(), COLORS, None)
    panel.hiding.set_answer(("road", "pavement with a long name indeed"), (0.9, 0.5), 0.01)
    assert panel.body.minimumSizeHint().width() <= 296


def test_a_refusal_takes_the_place_of_the_answer(panel: WhyPanel) -> None:
    panel.set_explanation(explanation(), without(), COLORS, None)
    panel.set_asking((5, 6))
    panel.say("This decoder cannot be shared out: choose another model.")
    assert panel.headline.text().startswith("This decoder cannot")
    assert not panel.classes.isVisible()
    assert panel.hiding.isVisible(), "a region can be hidden all the same"
    panel.clear()
    assert panel.query_button.isVisible()
    assert not panel.hiding.isVisible()


def test_what_hiding_did_is_said_in_a_sentence(qtbot: QtBot) -> None:
    section = HideSection()
    qtbot.addWidget(section)
    section.show()
    section.set_answer(("road", "road"), (0.93, 0.995), 0.0004)
    assert section.words.text() == "Still road: 93.0 % → 99.5 %. <0.1 % of all pixels flip."
    section.set_answer(("road", "car"), (0.93, 0.6), 0.02)
    assert section.words.text() == "road 93.0 % → car 60.0 %. 2.0 % of all pixels flip."
    asked: list[str] = []
    section.changeRequested.connect(asked.append)
    section.changes["flipped"].click()
    section.changes["confidence"].click()
    section.changes["confidence"].click()
    assert asked == ["flipped", "confidence", ""]


def test_one_size_is_looked_at_at_a_time(qtbot: QtBot) -> None:
    section = SizesSection()
    qtbot.addWidget(section)
    picture = np.zeros((48, 64, 3), np.uint8)
    section.set_rows([SizeRow(f"{n}", "alike", f"size {n}", picture) for n in range(3)])
    asked: list[int] = []
    section.previewRequested.connect(asked.append)
    for number in (0, 2, 2):
        section.rows[number].click()
    assert asked == [0, 2, -1]
    assert not any(row.isChecked() for row in section.rows)
    assert section.rows[1].accessibleName() == "size 1"
