from __future__ import annotations

import pytest
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from app.dialogs.protocol import ProtocolDialog
from segcore.inference.protocol import NAMES, PAPER_SCALES, InferenceProtocol, protocol_of


def opened(qtbot: QtBot, protocol: InferenceProtocol) -> ProtocolDialog:
    dialog = ProtocolDialog(protocol)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_is_what_was_chosen_before(qtbot: QtBot, name: str) -> None:
    sized = name in ("fixed", "ratio", "slide")
    before = protocol_of(
        name,
        size=(224, 352) if sized else None,
        stride=96 if name == "slide" else None,
        blended=name == "slide",
        flip=True,
        scales=PAPER_SCALES,
    )
    dialog = opened(qtbot, before)
    assert dialog.protocol() == before
    assert "12 times" in dialog.words.text()
    with qtbot.waitSignal(dialog.protocolRequested) as told:
        dialog.accept()
    assert told.args == [before]


def test_what_means_nothing_cannot_be_accepted_and_says_why(qtbot: QtBot) -> None:
    dialog = opened(qtbot, InferenceProtocol())
    ok = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
    assert ok.isEnabled()
    assert not dialog.height_box.isEnabled()
    dialog.way.setCurrentIndex(dialog.way.findData("slide"))
    assert dialog.protocol() == protocol_of("slide")
    dialog.stride.setValue(5000)
    assert not ok.isEnabled()
    assert "leaves gaps" in dialog.words.text()
    with qtbot.assertNotEmitted(dialog.protocolRequested):
        dialog.accept()
    assert dialog.isVisible()
    dialog.way.setCurrentIndex(dialog.way.findData("whole"))
    assert ok.isEnabled()
    dialog.scales.setEditText("1, two")
    assert not ok.isEnabled()
