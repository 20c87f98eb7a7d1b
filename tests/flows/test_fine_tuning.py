"""A fine-tuning from the window with the real command, and what its model would change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import segcore
from app.settings import Settings
from app.window.figures import Figures
from segcore.classes import ClassTable
from segcore.models import SegFormer, SegFormerConfig

CLASSES = ClassTable.from_names(["ground", "disc", "bar"])
COLOURS = np.array([(60, 110, 60), (200, 60, 50), (50, 70, 210)], np.uint8)
SIDE = 64


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A disc and a bar on the ground: picture and labels."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE]
    labels = np.zeros((SIDE, SIDE), np.uint8)
    top = int(rng.integers(0, SIDE - 12))
    labels[top : top + 12] = 2
    middle = rng.integers(12, SIDE - 12, 2)
    labels[(y - middle[0]) ** 2 + (x - middle[1]) ** 2 < 140] = 1
    noise = rng.normal(0, 12, (SIDE, SIDE, 3))
    return np.clip(COLOURS[labels] + noise, 0, 255).astype(np.uint8), labels


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Five small pictures, labelled by a person; nobody has said anything of half of the last."""
    folder = tmp_path / "shapes"
    folder.mkdir()
    with segcore.Project.create(folder / "work", CLASSES) as project:
        for number in range(5):
            picture, labels = drawn(number)
            Image.fromarray(picture).save(folder / f"{number}.png")
            project.add([folder / f"{number}.png"])
            origins = np.full(labels.shape, project.origin_id("person"), np.uint8)
            if number == 4:
                labels[:, SIDE // 2 :] = CLASSES.ignore
                origins[:, SIDE // 2 :] = 0
            project.save(project.images[-1], labels, origins)
    return folder / "work"


@pytest.fixture
def small_model(tmp_path: Path) -> Path:
    config = SegFormerConfig(
        widths=(8, 16, 24, 32),
        depths=(1, 1, 1, 1),
        heads=(1, 2, 3, 4),
        decoder_width=16,
        num_classes=3,
    )
    network = SegFormer(config)
    network.initialise(torch.Generator().manual_seed(0))
    return segcore.save_model(network, tmp_path / "small", CLASSES)


@pytest.fixture
def settings(tmp_path: Path, small_model: Path) -> Settings:
    """The small model was in use when the window was last closed: no larger one is loaded."""
    place = tmp_path / "config" / "studio.ini"
    return Settings(path=place, theme="light", model=str(small_model))


@pytest.fixture
def tuner(person: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The project open, the small model in use, the Teach tab in front."""
    # Threads that wait for each other cost the training of so small a network half of its time.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    person.opens(project)
    models = person.window.models
    person.waits_for(lambda: models.model is not None)
    assert models.model.name == "small"
    person.waits_until_nothing_runs()
    person.window.tabs.setCurrentWidget(person.window.teach_link.panel)
    return person


def test_a_fine_tuning_from_start_to_the_way_back(tuner: Any, project: Path) -> None:
    window, core = tuner.window, tuner.window.core
    section, tuning = window.teach_link.panel.tuning, window.teach_link.tuning
    compare = window.teach_link.compare

    # Begun, paused, gone on with, called off: nothing has changed.
    section.steps.setValue(100_000)
    section.start.click()
    tuner.waits_for(lambda: len(section.chart.losses) > 2)
    assert 0 < section.bar.value() < section.bar.maximum() == 100_000
    section.pause.click()
    tuner._qtbot.wait(200)  # what was on its way
    done = len(section.chart.losses)
    tuner._qtbot.wait(300)
    assert len(section.chart.losses) == done
    section.pause.click()
    tuner.waits_for(lambda: len(section.chart.losses) > done)
    section.cancel.click()
    tuner.waits_for(lambda: not tuning.is_running)
    assert tuning.compared is None
    assert "nothing has changed" in section.words.text()

    # To its end.
    section.steps.setValue(3)
    section.start.click()
    tuner.waits_for(lambda: not tuning.is_running)
    assert tuning.new_model == project / "models" / "tuned-2", section.words.text()
    assert [step for step, _ in section.chart.losses] == [1, 2, 3]
    assert section.chart.mious

    # What it would change: in numbers, and over the picture, one that opens later too.
    section.preview.click()
    tuner.waits_for(lambda: "flip (pictures: 5)" in section.words.text())
    section.flips.click()
    tuner.waits_for(lambda: compare.controller.shown is not None)
    assert compare.controller.shown.flips == tuning.by_picture[core.document.name]
    core.session.open_index(4)
    tuner.waits_for(lambda: core.document.name == core.session.names[4])
    tuner.waits_for(lambda: compare.controller.shown is not None)
    shown = compare.controller.shown
    assert shown.flips == tuning.by_picture[core.document.name]
    assert shown.flips.flipped > 0
    painted = window.canvas.grab().toImage()
    section.flips.click()
    assert window.canvas.grab().toImage() != painted
    assert not section.legend.isVisibleTo(section)

    # Both side by side.
    section.attention.click()
    tuner.waits_for(lambda: any(each.canvas for each in Figures.of(window).windows))
    figure = Figures.of(window).windows[0]
    assert "small (A) and tuned-2 (B)" in figure.windowTitle()
    figure.close()
    section.fields.click()
    tuner.waits_for(lambda: any(each.canvas for each in Figures.of(window).windows))
    assert "small and tuned-2" in Figures.of(window).windows[0].windowTitle()

    # Used, and given back.
    section.accept.click()
    tuner.waits_for(lambda: window.models.model.name == "tuned-2")
    section.back.click()
    tuner.waits_for(lambda: window.models.model.name == "small")
    assert tuning.compared is None
