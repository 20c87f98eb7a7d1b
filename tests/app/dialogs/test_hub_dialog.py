"""The dialog of models to download: what may be pressed when, and what it asks for."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.hub import HubDialog
from app.dialogs.hub_table import DATA_SET, MIOU, NAME
from segcore.checkpoints.released import Licence, released_models
from segcore.progress import Progress

B0 = released_models()[0].name


@pytest.fixture
def dialog(qtbot: QtBot) -> HubDialog:
    dialog = HubDialog(released_models())
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_nothing_is_downloaded_before_the_licence_is_accepted(
    dialog: HubDialog, qtbot: QtBot
) -> None:
    assert not dialog.download.isEnabled()
    dialog.table.selectRow(0)
    assert "research" in dialog.licence.text.text()
    assert not dialog.download.isEnabled()
    dialog.licence.accept.click()
    with qtbot.waitSignal(dialog.downloadRequested) as asked:
        dialog.download.click()
    assert asked.args == [B0, "nvidia-source-code-license"]
    dialog.table.selectRow(1)
    assert not dialog.licence.accept.isChecked()
    assert not dialog.download.isEnabled()


def test_the_filter_takes_several_words(dialog: HubDialog) -> None:
    dialog.filter.setText("b2 city")
    assert dialog.rows.rowCount() == 1
    assert dialog.rows.index(0, NAME).data().startswith("nvidia/segformer-b2-finetuned-city")
    dialog.filter.setText("")
    assert dialog.rows.rowCount() == len(released_models())


def test_scores_are_sorted_as_numbers(dialog: HubDialog) -> None:
    dialog.table.sortByColumn(MIOU, Qt.SortOrder.DescendingOrder)
    assert dialog.rows.index(0, DATA_SET).data() == "Cityscapes"
    assert dialog.rows.index(0, MIOU).data() == "82.4 / 84.0"


def test_a_model_that_is_here_can_be_used_and_not_downloaded(
    dialog: HubDialog, qtbot: QtBot
) -> None:
    dialog.table.selectRow(0)
    dialog.licence.accept.click()
    dialog.set_here({B0})
    assert not dialog.download.isEnabled()
    with qtbot.waitSignal(dialog.modelRequested) as asked:
        dialog.use.click()
    assert asked.args == [B0]


def test_progress_and_the_ways_it_ends(dialog: HubDialog, qtbot: QtBot) -> None:
    dialog.table.selectRow(0)
    dialog.licence.accept.click()
    dialog.show_started(B0)
    assert not dialog.download.isEnabled()
    dialog.show_progress(B0, Progress(5_000_000, 20_000_000, "", 75.0))
    assert dialog.bar.value() == 250
    assert "5.0 of 20.0 MB, 1:15 left" in dialog.state.text()
    with qtbot.waitSignal(dialog.cancelRequested):
        dialog.cancel.click()
    dialog.show_cancelled(B0)
    assert not dialog.bar.isVisible()
    assert dialog.download.isEnabled()
    dialog.show_started(B0)
    dialog.show_failure(f"{B0}: the connection broke.")
    assert dialog.state.text() == f"{B0}: the connection broke."
    dialog.show_started(B0)
    dialog.show_downloaded(B0)
    assert dialog.use.isEnabled()


def test_a_hub_cannot_put_markup_into_the_licence(dialog: HubDialog) -> None:
    licence = Licence(
        id="x",
        title="<b>x</b>",
        non_commercial=False,
        summary="<img src=y>",
        url='http://z"><img>',
    )
    dialog.show_offer("a/b", licence)
    assert "<img" not in dialog.licence.text.text()
    assert dialog.chosen == "a/b"


def test_any_other_name_is_looked_up(dialog: HubDialog, qtbot: QtBot) -> None:
    dialog.name.setText("someone")
    assert not dialog.look_up.isEnabled()
    dialog.name.setText(" someone/streets ")
    with qtbot.waitSignal(dialog.lookUpRequested) as asked:
        qtbot.keyClick(dialog.name, Qt.Key.Key_Return)
    assert asked.args == ["someone/streets"]
    assert dialog.isVisible()


def test_everything_is_reached_by_keys_and_has_a_name(dialog: HubDialog, qtbot: QtBot) -> None:
    dialog.table.selectRow(0)
    dialog.licence.accept.click()
    dialog.name.setText("a/b")
    dialog.set_here({B0})
    reached: set[str] = set()
    focus: QWidget | None = dialog.filter
    for _step in range(20):
        assert focus is not None
        reached.add(focus.objectName())
        named = isinstance(focus, QAbstractButton) and focus.text()
        assert named or focus.accessibleName()
        focus = focus.nextInFocusChain()
        while not (focus.isVisible() and focus.isEnabled() and _takes_tab(focus)):
            focus = focus.nextInFocusChain()
    wanted = {"hub.filter", "hub.table", "hub.name", "hub.look_up", "hub.accept", "hub.use"}
    assert wanted <= reached


def _takes_tab(widget: QWidget) -> bool:
    inner = isinstance(widget.parent(), QLineEdit)
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and not inner
