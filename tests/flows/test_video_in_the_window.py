"""A clip from the first frame to labels for every one, as a person works on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PySide6.QtCore import Qt

from segcore import resources
from segcore.edits import replace_all
from segcore.video import Video

FRAMES = 8


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """The first frames of the drawn drive, small."""
    source, _ = resources.sample_clip()
    path = tmp_path / "clips" / "drive.mp4"
    path.parent.mkdir()
    with Video(source) as video, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=12, options={"crf": "16"})
        stream.width, stream.height, stream.pix_fmt = 240, 180, "yuv420p"
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(video[number], format="rgb24")
            out.mux(stream.encode(frame.reformat(width=240, height=180)))
        out.mux(stream.encode())
    return path


def test_a_clip_is_opened_run_corrected_carried_mended_and_written(
    person: Any, clip: Path, tmp_path: Path
) -> None:
    person.opens(clip.parent)  # a folder that holds videos
    window, core = person.window, person.window.core
    video, document = core.video, core.document
    person.waits_for(lambda: video.clip.count == FRAMES and document.name == "drive.mp4/000000")
    person.waits_for(lambda: document.prediction is not None)
    assert window.timeline_dock.isVisible()
    person.waits_for(lambda: video.clip.times_known == FRAMES)
    assert video.clip.rate == 12
    assert video.clip.seconds_of(6) == pytest.approx(0.5)

    shown: list[int] = []
    video.playback.frameShown.connect(lambda frame: shown.append(frame.number))
    person.presses(Qt.Key.Key_K)
    person.waits_for(lambda: document.name == f"drive.mp4/{FRAMES - 1:06}")
    assert shown == sorted(shown)

    person.presses(Qt.Key.Key_Comma)
    person.waits_for(lambda: document.name == f"drive.mp4/{FRAMES - 2:06}")
    video.clip.go_to(0)
    person.waits_for(lambda: document.name == "drive.mp4/000000")
    window.actions_by_name["predict_clip"].trigger()
    project = core.session.project
    assert project is not None
    person.waits_for(lambda: len(project.labelled()) == FRAMES)
    person.waits_until_nothing_runs()
    plain = project.labels("drive.mp4/000005")

    window.actions_by_name["smooth_clip"].setChecked(True)
    states: list[bool] = []
    core.client.jobChanged.connect(lambda status: states.append(status.paused))
    window.actions_by_name["predict_clip"].trigger()
    person.waits_for(window.actions_by_name["pause_run"].isEnabled)
    window.actions_by_name["pause_run"].trigger()
    person.waits_for(lambda: any(states))
    window.actions_by_name["pause_run"].trigger()
    person.waits_for(lambda: not window.actions_by_name["pause_run"].isEnabled())
    person.waits_until_nothing_runs()
    by_name = {row.name: row.id for row in project.origin_rows}
    smoothed = [
        (project.origins(name) == by_name["street-b0, smoothed 0.5"]).any()
        for name in video.clip.names[1:]
    ]
    assert all(smoothed)
    assert 0 < (project.labels("drive.mp4/000005") != plain).mean() < 0.2

    assert document.labels is not None
    assert document.origins is not None
    corrected = document.labels.copy()
    corrected[100:] = 3
    edit = replace_all(
        document.labels, document.origins, corrected, np.ones(256, np.bool_), document.person
    )
    assert edit is not None
    document.push(edit, applied=False, text="Correct")
    ends: list[str] = []
    video.propagation.ended.connect(ends.append)
    window.timeline.reach.setValue(3)
    window.timeline.preview.setChecked(True)
    window.actions_by_name["propagate_forward"].trigger()
    person.waits_for(lambda: video.propagation.has_preview)
    window.actions_by_name["cancel"].trigger()
    assert not video.propagation.has_preview
    assert not ends

    def goes_on_at_once(_preview: object) -> None:
        assert video.propagation.has_preview
        window.actions_by_name["propagate_forward"].trigger()

    video.propagation.previewReady.connect(goes_on_at_once)
    window.actions_by_name["propagate_forward"].trigger()
    person.waits_for(lambda: bool(ends))
    propagated = project.origin_id("propagated")
    said = [(project.origins(name) == propagated).mean() for name in video.clip.names]
    assert said == [0.0, 1.0, 1.0, 1.0, *([0.0] * (FRAMES - 4))]
    assert (project.labels("drive.mp4/000002")[140:] == 3).mean() > 0.9
    assert project.status("drive.mp4/000002") == "predicted", "no person has looked at it"
    person.waits_for(lambda: video.marks.corrected.tolist() == [0])

    window.actions_by_name["measure_flicker"].trigger()
    person.waits_for(lambda: bool(np.isfinite(video.flicker.shares[1:]).all()))
    worst = int(np.nanargmax(video.flicker.shares))
    window.actions_by_name["next_worst"].trigger()
    person.waits_for(lambda: document.name == video.clip.name_of(worst))

    video.clip.go_to(2)
    person.waits_for(lambda: document.name == "drive.mp4/000002")
    before = document.labels.copy()
    window.actions_by_name["undo"].trigger()
    person.waits_for(lambda: not np.array_equal(document.labels, before))

    core.inspection.query(120, 120)
    person.presses(Qt.Key.Key_Period)
    person.waits_for(lambda: document.name == "drive.mp4/000003")
    person.waits_for(lambda: core.inspection.point is not None)
    followed = core.inspection.point
    assert max(abs(followed[0] - 120), abs(followed[1] - 120)) < 12

    saved: list[str] = []
    video.export.saved.connect(saved.append)
    target = tmp_path / "overlay.mp4"
    video.export.export(target, 0.6, side_by_side=True)
    person.waits_for(lambda: saved == [str(target)])
    with Video(target) as written:
        assert len(written) == FRAMES
        assert written.size == (180, 480)


def test_a_file_that_is_no_video_leaves_what_is_open(person: Any, tmp_path: Path) -> None:
    person.waits_for(lambda: person.window.core.document.name is not None)
    name = person.window.core.document.name
    (tmp_path / "broken.mp4").write_bytes(b"\0" * 500)
    person.opens(tmp_path / "broken.mp4")
    person.waits_for(lambda: "broken.mp4" in person.window.banner.text.text())
    assert person.window.core.document.name == name
