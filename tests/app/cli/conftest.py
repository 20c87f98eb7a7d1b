"""Running a command as a person does, and what it needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.cli.main import main


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The whole of stdout, which must be JSON and nothing else."""
        return json.loads(self.out)


@pytest.fixture
def command(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    """Run `segformer-studio` with these arguments, in this process; no traceback may be shown.

    Lines of progress, which depend on the machine's speed, are kept out of stderr.
    """
    monkeypatch.setattr("app.cli.terminal._SECONDS_BETWEEN_LINES", float("inf"))

    def run(*arguments: object) -> Ended:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Ended(status, out, err)

    return run


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of three small pictures, one of them in a subfolder."""
    folder = tmp_path / "my pictures"
    (folder / "left").mkdir(parents=True)
    generator = np.random.default_rng(3)
    for name in ("a.png", "b.jpg", "left/a.png"):
        noise = generator.integers(0, 255, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((96, 72), Image.Resampling.BICUBIC).save(folder / name)
    return folder
