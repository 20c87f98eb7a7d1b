from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.panels.inspect import InspectPanel, target_title
from segcore.geometry import Box
from segcore.heatmap import HeatMap

BOX = Box(0, 0, 160, 120)
TARGETS = ("stage1", "stage2", "stage3", "stage4", "head")


def heat_map(meaning: str, shape: tuple[int, int] = (6, 8)) -> HeatMap:
    rng = np.random.default_rng(len(meaning))
    return HeatMap(rng.random(shape, np.float32), meaning, BOX)


@pytest.fixture
def panel(qtbot: QtBot) -> InspectPanel:
    panel = InspectPanel()
    qtbot.addWidget(panel)
    panel.resize(310, 700)
    panel.set_structure((2, 2, 2, 2), (1, 2, 5, 8))
    panel.show()
    return panel


def answer(panel: InspectPanel, heads: int = 2) -> None:
    panel.set_point((40, 30), "Road 97 %")
    maps = [heat_map(f"head {i}") for i in range(heads)]
    panel.set_attention(maps, heat_map("mean"), (40, 30), title="Attention")
    fields = {target: heat_map(target, (120, 160)) for target in TARGETS}
    figures = {target: (f"half of {target}", f"all of {target}") for target in TARGETS}
    panel.set_fields(fields, figures, (40, 30))


def test_before_a_query_there_is_a_hint_with_the_tool(qtbot: QtBot, panel: InspectPanel) -> None:
    assert panel.query_button.isVisible()
    assert not panel.attention.isVisible()
    with qtbot.waitSignal(panel.queryToolRequested):
        panel.query_button.click()


def test_an_answer_shows_heads_mean_and_five_fields(panel: InspectPanel) -> None:
    answer(panel, heads=5)
    assert not panel.query_button.isVisible()
    assert [button.text() for button in panel.attention.buttons] == [
        "mean",
        *(f"head {i}" for i in range(5)),
    ]
    assert [button.text() for button in panel.fields.buttons] == [
        f"{target_title(target)}\nhalf of {target}" for target in TARGETS
    ]
    assert all(not button.icon().isNull() for button in panel.fields.buttons)
    assert panel.fields.buttons[3].toolTip() == "all of stage4"


def test_fewer_heads_leave_no_old_ones(panel: InspectPanel) -> None:
    answer(panel, heads=8)
    answer(panel, heads=1)
    assert [button.text() for button in panel.attention.buttons] == ["mean", "head 0"]
    assert sum(button.isVisible() for button in panel.attention._buttons) == 2


def test_a_click_lays_a_map_over_and_a_second_takes_it_away(
    qtbot: QtBot, panel: InspectPanel
) -> None:
    answer(panel)
    with qtbot.waitSignal(panel.heatMapRequested) as asked:
        panel.fields.buttons[3].click()
    assert asked.args is not None
    assert asked.args[0].meaning == "stage4"
    assert asked.args[1] == "log"
    with qtbot.waitSignal(panel.heatMapRequested) as asked:
        panel.fields.buttons[3].click()
    assert asked.args is not None
    assert asked.args[0] is None


def test_one_map_at_a_time_is_chosen(panel: InspectPanel) -> None:
    answer(panel)
    panel.fields.buttons[0].click()
    panel.attention.buttons[1].click()
    chosen = [b.text() for b in (*panel.fields.buttons, *panel.attention.buttons) if b.isChecked()]
    assert chosen == ["head 0"]


def test_a_chosen_map_follows_the_next_query(qtbot: QtBot, panel: InspectPanel) -> None:
    answer(panel)
    panel.attention.buttons[0].click()
    with qtbot.waitSignal(panel.heatMapRequested) as asked:
        answer(panel)
    assert asked.args is not None
    assert asked.args[0].meaning == "mean"


def test_stage_and_block_are_asked_for(qtbot: QtBot, panel: InspectPanel) -> None:
    with qtbot.waitSignal(panel.stageRequested) as asked:
        panel.stages[2].click()
    assert asked.args == [3]
    with qtbot.waitSignal(panel.blockRequested) as asked:
        panel.block.setCurrentIndex(1)
    assert asked.args == [1]


def test_the_blocks_are_those_of_the_stage(qtbot: QtBot, panel: InspectPanel) -> None:
    panel.set_structure((3, 6, 40, 3), (1, 2, 5, 8))
    with qtbot.assertNotEmitted(panel.blockRequested):
        panel.set_stage(3, 39)
    assert panel.block.count() == 40
    assert panel.block.currentIndex() == 39
    assert panel.stages[2].isChecked()


def test_what_is_of_another_block_is_dim_until_its_answer_comes(panel: InspectPanel) -> None:
    answer(panel)
    panel.set_stage(2, 0)
    assert not panel.attention.isEnabled()
    answer(panel)
    assert panel.attention.isEnabled()


def test_clearing_brings_the_hint_back(panel: InspectPanel) -> None:
    answer(panel)
    panel.clear()
    assert panel.query_button.isVisible()
    assert len(panel.fields.buttons) == 0
