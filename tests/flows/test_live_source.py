"""A stream is watched in the window: the model follows, a frame is kept, the picture comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

STREAM = "lavfi:testsrc=size=160x120:rate=20"


def test_a_stream_is_watched_a_frame_kept_and_a_missing_camera_said(
    person: Any, street: Path
) -> None:
    window, core = person.window, person.window.core
    person.opens(street)
    person.waits_for(lambda: len(core.session.names) == 3 and core.document.prediction is not None)
    before = core.document.name
    window.actions_by_name["open_live"].trigger()
    dialog, live = window.view_parts.live.dialog, window.view_parts.live.controller
    shown: list[Any] = []
    found: list[Any] = []
    live.frameShown.connect(shown.append)
    live.labelsFound.connect(found.append)

    dialog.source.setEditText(STREAM)
    dialog.watch.click()
    assert core.document.image is None
    person.waits_for(lambda: len(shown) > 2 and len(found) > 1)
    assert found[0].labels.shape == (120, 160)
    assert any((image != shown[0]).any() for image in shown), "the picture moves"
    person.clicks((20, 20))  # no tool finds anything to work on
    dialog.keep.click()
    person.waits_for(lambda: len(core.session.names) == 4)
    more = len(shown)
    person.waits_for(lambda: len(shown) > more)

    dialog.watch.click()
    person.waits_for(lambda: core.document.name == core.session.names[3])
    kept = core.document.image
    assert kept.shape == (120, 160, 3)
    assert any((kept == image).all() for image in shown), "the frame that was shown"
    assert core.session.project.image_path(core.session.names[3]).exists()

    core.session.open_index(0)
    person.waits_for(lambda: core.document.name == before)
    dialog.source.setEditText("87")
    dialog.watch.click()
    person.waits_for(window.banner.isVisible)
    assert "Camera 87 is not there" in window.banner.text.text()
    person.waits_for(lambda: core.document.name == before and core.document.image is not None)
    assert window.settings.recent_streams == [STREAM]
    dialog.close()
