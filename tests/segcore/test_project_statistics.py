from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from segcore.project import Project
from segcore.project.statistics import Counts
from segcore.review.charts import CHARTS, figure_of, table_of

SIZE = (8, 10)


def make_project(folder: Path, count: int) -> Project:
    folder.mkdir()
    for number in range(count):
        Image.new("RGB", SIZE[::-1]).save(folder / f"{number}.png")
    project = Project.create(folder, ["road", "sky", "car"])
    project.add([folder])
    return project


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_figures_are_those_of_counting_every_pixel(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    with make_project(tmp_path_factory.mktemp("statistics") / "p", 4) as project:
        model = project.origin_id("model", "m", "0" * 64)
        person = project.origin_id("person")
        maps = {}
        for name in project.images[:3]:
            labels = rng.choice(np.array([0, 1, 2, 255], np.uint8), SIZE)
            origins = np.where(rng.random(SIZE) < 0.5, model, person).astype(np.uint8)
            origins[labels == 255] = 0
            project.save(name, labels, origins)
            maps[name] = (labels, origins)
        project.flush(folded=True)
        counts = Counts(project)
        assert counts.update() == 3
        found = counts.statistics()
        for class_id in range(3):
            own = [int((labels == class_id).sum()) for labels, _ in maps.values()]
            assert found.pixels[class_id] == sum(own)
            assert found.pictures[class_id] == sum(n > 0 for n in own)
            having = {name for name, n in zip(maps, own) if n}
            assert counts.pictures_with(class_id) == having
        assert found.unlabelled == sum(int((labels == 255).sum()) for labels, _ in maps.values())
        said = sum(int((origins == person).sum()) for _, origins in maps.values())
        assert found.origins.get("person", 0) == said
        assert found.labelled == 3
        assert sum(found.statuses.values()) == 4
        assert sum(n for _, n in found.by_day) == 3
        counts.close()


def test_only_what_has_changed_is_counted_again(tmp_path: Path) -> None:
    with make_project(tmp_path / "p", 3) as project:
        for name in project.images:
            project.save(name, np.zeros(SIZE, np.uint8), project.origin_id("person"))
        project.flush(folded=True)
        counts = Counts(project)
        assert counts.update() == 3
        counts.close()
        again = Counts(project)
        assert again.update() == 0
        project.record("1.png", (0, 0, 2, 2), np.full((2, 2), 2, np.uint8))
        project.flush()
        assert again.update() == 1
        assert again.statistics().pixels.tolist() == [3 * 80 - 4, 0, 4]
        again.close()


def test_a_damaged_file_of_counts_is_made_anew(tmp_path: Path) -> None:
    with make_project(tmp_path / "p", 1) as project:
        project.save("0.png", np.ones(SIZE, np.uint8), project.origin_id("person"))
        project.flush(folded=True)
        (project.folder / "statistics.db").write_bytes(b"nothing of the kind" * 100)
        counts = Counts(project)
        counts.update()
        statistics = counts.statistics()
        assert statistics.pixels.tolist() == [0, 80, 0]
        counts.close()
        for chart in CHARTS:
            columns, rows = table_of(statistics, chart)
            assert all(len(row) == len(columns) for row in rows)
            assert len(figure_of(statistics, chart).axes) == 1
