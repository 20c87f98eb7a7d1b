"""Makes the screenshots of the documents from the real window: `python docs/screenshots.py`.

Starts with settings and projects of its own in a temporary folder and needs no display.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.dialogs.compare import CompareDialog
    from app.main_window import MainWindow
    from app.panels.stages import StagesPanel

IMAGES = Path(__file__).resolve().parent / "images"
SIZE = (1440, 900)
QUERY = (430, 300)
WHY_QUERY = (396, 262)
WHY_REGION = (408, 215, 490, 270)
CLICKS = ((629, 171),)
CLICKED_CLASS = 1
PATIENCE = 300.0  # seconds for everything that the model does for one screenshot


def main() -> int:
    """Write `images/studio-light.png` (labels), `images/studio-dark.png` (a heat map), scenes."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA"):
            os.environ[name] = str(Path(home) / name.lower())
        for theme, heat_map in (("light", ""), ("dark", "field.stage4")):
            path = IMAGES / f"studio-{theme}.png"
            make_screenshot(path, theme, heat_map, Path(home) / f"{theme}.ini")
            sys.stdout.write(f"{path}\n")
        for name, show in SCENES.items():
            for theme in ("light", "dark"):
                path = IMAGES / f"{name}-{theme}.png"
                make_scene(path, theme, show, Path(home) / f"{name}-{theme}.ini")
                sys.stdout.write(f"{path}\n")
    return 0


def make_screenshot(path: Path, theme: str, heat_map: str, settings_path: Path) -> None:
    """Open the drawn street, ask about a pixel, lay a map over it if one is named, and save."""
    from app.settings import Settings
    from app.studio import open_window

    window = open_window(settings=Settings(path=settings_path, theme=theme))
    try:
        window.resize(*SIZE)
        document, inspect = window.core.document, window.inspect
        wait_for(window, lambda: document.labelled and window.core.prediction.model is not None)
        window.core.view_state.tool = "query"
        window.core.inspection.set_stage(3)
        window.core.inspection.query(*QUERY)
        wait_for(window, lambda: len(inspect.fields.buttons) == 5 and inspect.attention.isEnabled())
        inspect.choose(heat_map)
        rest(1.0)
        window.grab().save(str(path))
    finally:
        window.close()


def make_scene(
    path: Path, theme: str, show: Callable[[MainWindow], QWidget], settings_path: Path
) -> None:
    """Open the drawn street, have `show` lead the window where it is to be, and save that part."""
    from app.settings import Settings
    from app.studio import open_window

    window = open_window(settings=Settings(path=settings_path, theme=theme))
    try:
        window.resize(*SIZE)
        document = window.core.document
        wait_for(window, lambda: document.labelled and window.core.prediction.model is not None)
        shown = show(window)
        rest(1.0)
        shown.grab().save(str(path))
    finally:
        window.close()


def show_page(window: MainWindow, name: str) -> QWidget:
    """Bring a page of the Inspect tab to the front."""
    window.tabs.setCurrentWidget(window.inspect_pages)
    window.inspect_pages.show_page(name)
    page = window.inspect_pages.currentWidget()
    assert page is not None
    return page


def show_stages(window: MainWindow) -> QWidget:
    """The network's stages, and the reduction of the first block's keys over the picture."""
    from app.panels.stages import StagesPanel

    panel = show_page(window, "stages")
    assert isinstance(panel, StagesPanel)
    walk, features = panel.walk, panel.features
    wait_for(window, lambda: features.isVisible() and panel.table.timed)
    for step in ("1 of", "2 of", "3 of", "4 of"):
        walk.on.click()
        wait_for(window, partial(_has_come_to, panel, step))
    features.components.buttons[0].click()
    return window


def _has_come_to(panel: StagesPanel, words: str) -> bool:
    return panel.features.isEnabled() and panel.walk.title.text().startswith(words)


def show_stages_panel(window: MainWindow) -> QWidget:
    """The same page from top to bottom."""
    from app.panels.stages import StagesPanel

    show_stages(window)
    panel = window.inspect_pages.currentWidget()
    assert isinstance(panel, StagesPanel)
    body = panel.widget()
    assert body is not None
    return body


def show_why(window: MainWindow) -> QWidget:
    """One pixel explained, and what changes once a part of the car beside it is hidden."""
    from app.panels.why import WhyPanel
    from segcore.geometry import Box

    panel = show_page(window, "why")
    assert isinstance(panel, WhyPanel)
    window.core.inspection.query(*WHY_QUERY)
    wait_for(window, lambda: bool(panel.classes.bars))
    window.canvas.regionRequested.emit(Box(*WHY_REGION))
    wait_for(window, panel.hiding.peek.isVisible)
    panel.hiding.changes["confidence"].click()
    return window


def show_why_panel(window: MainWindow) -> QWidget:
    """The same page from top to bottom, with other input sizes."""
    from app.panels.why import WhyPanel

    show_why(window)
    panel = window.inspect_pages.currentWidget()
    assert isinstance(panel, WhyPanel)
    panel.sizes.start.click()
    wait_for(window, lambda: bool(panel.sizes.rows))
    rest(0.5)
    return panel.body


def show_native_grid(window: MainWindow) -> QWidget:
    """The cells in which the network decides, near the cars."""
    window.actions_by_name["native_grid"].trigger()
    wait_for(window, lambda: window.canvas.shows_native_grid)
    window.canvas.zoom_to(3.0)
    window.canvas.centre_on(*QUERY)
    return window.canvas


def show_attention(window: MainWindow) -> QWidget:
    """Two queries of a head, the chart of all heads, and the difference over the picture."""
    from app.panels.attention import AttentionPanel

    panel = show_page(window, "attention")
    assert isinstance(panel, AttentionPanel)
    window.core.view_state.tool = "query"
    window.core.inspection.set_stage(2)
    window.core.inspection.query(*QUERY)
    wait_for(window, lambda: len(panel.maps.buttons) == 3)
    panel.comparison.pin.click()
    window.core.inspection.query(200, 330)
    wait_for(window, lambda: len(panel.comparison.maps.buttons) == 3)
    panel.spread.measure.click()
    wait_for(window, panel.spread.chart.isVisible)
    panel.choose("head0")
    panel.choose("difference")
    return window


def show_attention_region(window: MainWindow) -> QWidget:
    """Half of what a head looks at, outlined to be labelled."""
    from app.panels.attention import AttentionPanel

    panel = show_page(window, "attention")
    assert isinstance(panel, AttentionPanel)
    window.core.view_state.tool = "query"
    window.core.view_state.active_class = 8
    window.core.inspection.set_stage(3)
    window.core.inspection.query(300, 300)
    wait_for(window, lambda: len(panel.maps.buttons) == 6)
    panel.choose("head2")
    window.view_parts.region.outline.click()
    return window


def show_fields(window: MainWindow) -> QWidget:
    """What reaches a pixel, at every stage and through the head; stage 4's over the picture."""
    from app.panels.fields import FieldsPanel

    panel = show_page(window, "fields")
    assert isinstance(panel, FieldsPanel)
    window.core.view_state.tool = "query"
    window.core.inspection.query(*QUERY)
    wait_for(window, lambda: len(panel.maps.buttons) == 6 and panel.maps.isEnabled())
    panel.choose("stage4")
    return window


def show_fields_figure(window: MainWindow) -> QWidget:
    """The model beside the same network with random weights, in a window of its own."""
    from app.panels.fields import FieldsPanel
    from app.window.figures import Figures

    show_fields(window)
    panel = window.inspect_pages.currentWidget()
    assert isinstance(panel, FieldsPanel)
    panel.compare.add_row("random:street-b0", "random weights")
    panel.compare.compare.click()
    figures = Figures.of(window)
    wait_for(window, lambda: any(each.is_drawn for each in figures.windows))
    shown = figures.windows[0]
    shown.resize(1400, 720)
    rest(0.5)
    wait_for(window, lambda: shown.is_drawn)
    return shown


def show_labelling_click(window: MainWindow) -> QWidget:
    """A region found by a click, proposed and not yet taken."""
    from app.gesture import Gesture

    core = window.core
    core.view_state.tool, core.view_state.active_class = "click", CLICKED_CLASS
    window.canvas.fit()
    core.assisting.ask(Gesture("click", CLICKS, (False,) * len(CLICKS)))
    wait_for(window, lambda: core.assisting.preview is not None and not core.assisting.is_busy)
    return window


def show_labelling_walk(window: MainWindow) -> QWidget:
    """The first region of the walk through what the model doubts."""
    walk = window.review.walk.controller
    window.actions_by_name["walk_start"].trigger()
    wait_for(window, lambda: walk.region is not None)
    wait_for(window, lambda: not window.core.assisting.is_busy)
    return window


def show_labelling_export(window: MainWindow) -> QWidget:
    """What an export to Cityscapes would lose, said before it is written."""
    names = list(window.core.session.names)
    window.core.review.set_status(names[:1], "approved")
    window.actions_by_name["export_labels"].trigger()
    dialog = window.label_files.export_dialog
    assert dialog is not None
    dialog.formats.choose("cityscapes")
    dialog.folder.setText("/data/my street/labels-cityscapes")
    wait_for(window, lambda: bool(dialog.findings.sentences))
    rest(1.0)
    return dialog


def show_difference(window: MainWindow) -> QWidget:
    """What the model says against how the street was drawn: the walk's first region."""
    differences = window.review.differences
    compare_with_drawn(window).walk.click()
    wait_for(window, lambda: differences.controller.region is not None)
    return window


def show_comparison(window: MainWindow) -> QWidget:
    """How well both agree."""
    dialog = compare_with_drawn(window)
    dialog.tabs.setCurrentWidget(dialog.classes)
    dialog.b.path.setText("/data/my street/drawn")
    return dialog


def compare_with_drawn(window: MainWindow) -> CompareDialog:
    """Compare the open project with the labels that the streets were drawn with."""
    from segcore import resources

    window.actions_by_name["compare_labels"].trigger()
    dialog = window.review.comparison.dialog
    assert dialog is not None
    drawn = Path(os.environ["XDG_DATA_HOME"]) / f"{window.theme.tones.dark:d}" / "drawn"
    pictures = resources.sample_paths()
    shutil.copytree(pictures[0][1].parent, drawn, dirs_exist_ok=True)
    shutil.copy(pictures[0][1].parent.parent / "classes.json", drawn)
    dialog.b.choose_kind("path", place=drawn)
    dialog.go.click()
    wait_for(window, dialog.walk.isEnabled)
    return dialog


def show_video(window: MainWindow) -> QWidget:
    """The drawn drive: predicted, one frame corrected and carried on, the worst frame shown."""
    import numpy as np

    from segcore import resources
    from segcore.edits import replace_all
    from segcore.labels import read_label_map

    core, video = window.core, window.core.video
    clip, truths = resources.sample_clip()
    window.files.open_paths([clip])
    document = core.document
    wait_for(window, lambda: video.clip.count == len(truths) and document.labelled)
    video.clip.set_range((0, 23))
    window.actions_by_name["predict_clip"].trigger()
    project = core.session.project
    assert project is not None
    wait_for(window, lambda: len(project.labelled()) >= 24 and window.jobs.shown is None)
    video.clip.go_to(8)
    wait_for(window, lambda: document.name == video.clip.name_of(8))
    truth = read_label_map(truths[8]).labels
    edit = replace_all(
        document.labels, document.origins, truth, np.ones(256, np.bool_), document.person
    )
    if edit is not None:  # the other theme's picture was made before
        document.push(edit, applied=False, text="Correct")
    ends: list[str] = []
    video.propagation.ended.connect(ends.append)
    window.timeline.reach.setValue(6)
    window.actions_by_name["propagate_forward"].trigger()
    wait_for(window, lambda: bool(ends))
    window.actions_by_name["measure_flicker"].trigger()
    wait_for(window, lambda: bool(np.isfinite(video.flicker.shares[1:24]).all()))
    window.actions_by_name["next_worst"].trigger()
    rest(2.0)
    window.banner.hide()
    rest(0.5)
    return window


SCENES: dict[str, Callable[[MainWindow], QWidget]] = {
    "stages": show_stages,
    "stages-page": show_stages_panel,
    "attention": show_attention,
    "attention-region": show_attention_region,
    "why": show_why,
    "why-page": show_why_panel,
    "native-grid": show_native_grid,
    "fields": show_fields,
    "fields-figure": show_fields_figure,
    "labelling-click": show_labelling_click,
    "labelling-walk": show_labelling_walk,
    "labelling-export": show_labelling_export,
    "comparison": show_comparison,
    "difference": show_difference,
    "video": show_video,
}
"""What is shown in light and dark, by the name of its file."""


def wait_for(window: MainWindow, condition: Callable[[], bool]) -> None:
    """Let the window work until it is so.

    Raises:
        TimeoutError: it never is; the banner may say why.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            said = window.banner.current
            raise TimeoutError(said.sentence if said else "the window did not come so far")
        rest(0.02)


def rest(seconds: float) -> None:
    """Let the window work for a while."""
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.exit(main())
