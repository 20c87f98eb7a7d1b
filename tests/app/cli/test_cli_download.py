"""`models download` and what `models list` and `models show` say of a hub's models."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from segcore.checkpoints.hub import cached_path

B0 = "nvidia/segformer-b0-finetuned-ade-512-512"


def test_downloads_lists_shows_and_predicts(hub: Any, command: Any, pictures: Any) -> None:
    ended = command("models", "download", B0, "--accept-licence", "--json")
    assert ended.status == 0
    assert "NVIDIA Source Code License" in ended.err
    assert ended.json["name"] == B0
    assert ended.json["sha256"] == hub.etag("model.safetensors")
    assert ended.json["path"] == str(cached_path(B0))

    listed = command("models", "list", "--json").json
    others = [(one["name"], one["kind"]) for one in listed if one["kind"] != "bundled"]
    assert others == [(B0, "hub")]
    here = [
        one["name"]
        for one in command("models", "list", "--released", "--json").json
        if one["on_disk"]
    ]
    assert here == [B0]
    assert command("models", "show", B0, "--json").json["family"] == "transformers"
    ended = command("predict", pictures, "-m", B0, "-o", pictures.parent / "masks")
    assert ended.status == 0
    assert (pictures.parent / "masks" / "a.png").is_file()


def test_without_a_terminal_the_flag_is_asked_for(hub: Any, command: Any) -> None:
    ended = command("models", "download", B0)
    assert ended.status == 1
    assert ended.out == ""
    assert ended.err.count("\n") == 1
    assert "--accept-licence" in ended.err
    assert hub.requests("GET") == []


def test_a_refusal_is_one_sentence(hub: Any, command: Any) -> None:
    hub.gated = True
    ended = command("models", "download", B0, "--accept-licence")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.count("\n") == 1
    assert f"{hub.url}/{B0}" in ended.err


def test_a_model_that_is_not_here_says_how_to_get_it(hub: Any, command: Any) -> None:
    ended = command("info", B0)
    assert ended.status == 1
    assert f"segformer-studio models download {B0}" in ended.err
    assert hub.seen == []


def test_the_catalogue_is_known_without_a_network(command: Any) -> None:
    text = command("models", "list", "--released").out
    for words in ("nvidia/segformer-b5-finetuned-ade-640-640", "51.0 %", "84.7 M", "Cityscapes"):
        assert words in text
    shown = command("models", "show", B0, "--json").json
    assert (shown["miou"], shown["input_size"], shown["on_disk"]) == (37.4, [512, 512], False)
    assert "3,752,694" in command("models", "show", B0).out


def test_at_a_terminal_the_licence_is_shown_and_asked_for(hub: Any) -> None:
    """In a process of its own, whose libraries read the environment as they do for a person."""
    pty: Any = pytest.importorskip("pty")
    hub.breaks_after = [100_000]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "app", "models", "download", B0],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "200"},
    ) as process:
        os.close(theirs)
        told = b""
        while b"do you accept it?" not in told:
            told += os.read(ours, 4096)
        assert b"NVIDIA Source Code License" in told
        assert hub.requests("GET") == []
        os.write(ours, b"y\n")
        assert process.stdout is not None
        out = process.stdout.read().decode()
        assert process.wait(60) == 0
    os.close(ours)
    assert B0 in out
    assert cached_path(B0) is not None
    first, second = hub.requests("GET")
    assert first.range is None
    assert second.range is not None
