from __future__ import annotations

import os
from pathlib import Path

from app.settings import RECENT_LIMIT, Settings, settings_path


def test_settings_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "studio.ini"
    written = Settings(
        path=path,
        theme="dark",
        model="/models/mine with, comma.pth",
        device="cuda",
        precision="bf16",
        auto_predict=False,
        overlay_opacity=0.3,
        brush_size=77,
        recent_paths=["/a b", "/ü"],
        shortcuts={"action.fit": ["Ctrl+0", "F"], "action.save": []},
        geometry=b"\x00\x01\xff",
    )
    written.save()
    assert Settings.load(path) == written


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    path = tmp_path / "none" / "studio.ini"
    assert Settings.load(path) == Settings(path=path)
    assert not path.exists()


def test_nonsense_in_the_file_keeps_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "studio.ini"
    path.write_text(
        "[General]\ntheme=pink\ndevice=abacus\nprecision=int3\nbrush_size=many\n"
        'overlay_opacity=7\nrecent_paths=not json\nshortcuts=[1]\nauto_predict="perhaps"\n'
    )
    settings = Settings.load(path)
    assert (settings.theme, settings.device, settings.precision) == ("system", "auto", "auto")
    assert settings.brush_size == Settings().brush_size
    assert settings.overlay_opacity == 1.0
    assert settings.recent_paths == []
    assert settings.shortcuts == {}
    assert settings.auto_predict is True


def test_the_newest_path_comes_first_and_once(tmp_path: Path) -> None:
    settings = Settings(path=tmp_path / "studio.ini")
    for number in range(RECENT_LIMIT + 3):
        settings.remember_path(tmp_path / str(number))
    settings.remember_path(tmp_path / "5")
    assert settings.recent_paths[0] == str(tmp_path / "5")
    assert len(settings.recent_paths) == len(set(settings.recent_paths)) == RECENT_LIMIT


def test_the_file_is_in_the_persons_configuration_folder() -> None:
    assert Path(os.environ["XDG_CONFIG_HOME"]) in settings_path().parents
