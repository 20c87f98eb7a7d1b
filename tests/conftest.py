"""Fixtures that every test may use."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

REPOSITORY = Path(__file__).resolve().parent.parent
WITHOUT_QT = os.environ.get("SEGFORMER_STUDIO_WITHOUT_QT") == "1"


class QtBlocker:
    """Makes PySide6 as good as not installed: `make test-core` runs the core like a server."""

    @staticmethod
    def find_spec(name: str, *_location: object) -> ModuleSpec | None:
        if name.partition(".")[0] in {"PySide6", "shiboken6"}:
            raise ModuleNotFoundError(f"No module named {name!r} (blocked)", name=name)
        return None


if WITHOUT_QT:
    sys.meta_path.insert(0, QtBlocker)  # type: ignore[arg-type]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that need a GPU where there is none."""
    marked = [item for item in items if item.get_closest_marker("cuda")]
    if not marked:
        return
    import torch

    if torch.cuda.is_available():
        return
    for item in marked:
        item.add_marker(pytest.mark.skip(reason="no NVIDIA GPU here"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real pictures, labels and odd files; the test is skipped without it."""
    named = os.environ.get("SEGFORMER_STUDIO_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data is not here; name it with SEGFORMER_STUDIO_DATA")
    return folder


@pytest.fixture(autouse=True)
def own_user_folders(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Keep every test away from the settings, projects and caches of the person who runs it."""
    home = tmp_path_factory.mktemp("home")
    # One font cache for the whole run: matplotlib takes seconds to make it.
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path_factory.getbasetemp() / "matplotlib"))
    for name, folder in {
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
        "APPDATA": "appdata",
        "LOCALAPPDATA": "localappdata",
    }.items():
        monkeypatch.setenv(name, str(home / folder))
    return home


def _beside(name: str) -> ModuleType:
    """A module beside this file, which no package holds."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def click_model_files() -> ModuleType:
    """`tests/click_model_files.py`, which writes the two files of a click model."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    return _beside("click_model_files")


@pytest.fixture(scope="session")
def import_scene() -> ModuleType:
    """`tests/import_scene.py`: a project, and labels of all kinds to be taken into it."""
    return _beside("import_scene")


@pytest.fixture(scope="session")
def hub_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a small SegFormer as they lie on a hub."""
    return _beside("loopback_hub").small_checkpoint(tmp_path_factory.mktemp("hub") / "small")


@pytest.fixture
def hub(
    hub_files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """A hub on the loopback interface, named by `HF_ENDPOINT`, and an empty cache."""
    import huggingface_hub

    module = _beside("loopback_hub")
    served = module.LoopbackHub(dict(hub_files))
    server = module.serve(served)
    monkeypatch.setenv("HF_ENDPOINT", served.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("HF_HUB_OFFLINE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    # The library reads its environment once, when it is imported.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no token"))
    monkeypatch.setattr("segcore.checkpoints.hub_transfer.PAUSES", (0.01, 0.01))
    huggingface_hub.close_session()
    yield served
    huggingface_hub.close_session()
    server.shutdown()
    server.server_close()
