"""Models from a hub: each way it can go ends in a model that predicts, or in one sentence."""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

from segcore import Predictor, list_models, read_checkpoint
from segcore.checkpoints.hub import cached_path, download, look_up
from segcore.checkpoints.hub_licence import Terms
from segcore.checkpoints.hub_name import cache_folder, parse_hub_name
from segcore.errors import Cancelled, CheckpointError
from segcore.progress import CancelToken, Progress

B0 = "nvidia/segformer-b0-finetuned-ade-512-512"


def accept(_terms: Terms) -> bool:
    return True


def sentence(caught: pytest.ExceptionInfo[CheckpointError], *words: str) -> str:
    """The error's text, which is one line that begins with a name and has these words."""
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    for word in words:
        assert word in text
    return text


def parts() -> list[Any]:
    return list(cache_folder().rglob("*.incomplete"))


def test_a_downloaded_model_predicts(hub: Any) -> None:
    folder = download(B0, accept=accept)
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "preprocessor_config.json",
    ]
    checkpoint = read_checkpoint(B0)
    assert checkpoint.name == B0
    assert checkpoint.sha256 == hub.etag("model.safetensors")
    predictor = Predictor.load(B0, device="cpu")
    picture = np.random.default_rng(1).integers(0, 255, (50, 70, 3), dtype=np.uint8)
    assert predictor.predict(picture).labels.shape == (50, 70)
    assert predictor.classes.names == ("asphalt", "lawn", "brick")


def test_huggingface_finds_it_in_its_own_cache(hub: Any) -> None:
    folder = download(B0, accept=accept)
    from huggingface_hub import snapshot_download

    found = snapshot_download(B0, local_files_only=True, cache_dir=cache_folder())
    assert found == str(folder)


def test_a_break_is_gone_on_with_in_the_same_run(hub: Any) -> None:
    whole = len(hub.files["model.safetensors"])
    hub.breaks_after = [whole // 3]
    told: list[Progress] = []
    folder = download(B0, accept=accept, progress=told.append)
    first, second = hub.requests("GET")
    assert first.range is None
    assert second.range is not None
    begin = int(second.range.removeprefix("bytes=").rstrip("-"))
    assert 0 < begin <= whole // 3
    assert (told[-1].done, told[-1].total) == (whole, whole)
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]


def test_a_line_that_keeps_breaking_leaves_a_part_for_the_next_run(hub: Any) -> None:
    whole = len(hub.files["model.safetensors"])
    hub.breaks_after = [whole // 2, 0, 0]
    with pytest.raises(CheckpointError) as caught:
        download(B0, accept=accept)
    sentence(caught, B0, "connection broke", "is kept", "run it again to go on")
    (part,) = parts()
    kept = part.stat().st_size
    assert 0 < kept <= whole // 2
    with pytest.raises(CheckpointError, match="models download"):
        read_checkpoint(B0)

    hub.seen.clear()
    told: list[Progress] = []
    folder = download(B0, progress=told.append)  # accepted before: nobody is asked
    (again,) = hub.requests("GET")
    assert again.range == f"bytes={kept}-"
    assert told[0].done == kept
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]
    assert parts() == []


def test_a_hub_that_begins_anew_instead_of_going_on(hub: Any) -> None:
    hub.ignores_ranges = True
    hub.breaks_after = [200_000]
    told: list[Progress] = []
    folder = download(B0, accept=accept, progress=told.append)
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]
    assert told[-1].done == told[-1].total


def test_a_wrong_checksum_leaves_nothing_behind(hub: Any) -> None:
    hub.damaged = True
    with pytest.raises(CheckpointError) as caught:
        download(B0, accept=accept)
    sentence(caught, B0, "model.safetensors", "wrong checksum", "removed")
    assert parts() == []
    assert cached_path(B0) is None
    hub.damaged = False
    download(B0)
    assert read_checkpoint(B0).sha256 == hub.etag("model.safetensors")


def test_a_part_that_was_damaged_on_the_disk(hub: Any) -> None:
    hub.breaks_after = [100_000, 0, 0]
    with pytest.raises(CheckpointError):
        download(B0, accept=accept)
    (part,) = parts()
    part.write_bytes(bytes(part.stat().st_size))
    with pytest.raises(CheckpointError, match="wrong checksum"):
        download(B0)
    assert read_checkpoint(download(B0)).sha256 == hub.etag("model.safetensors")


def test_a_downloaded_file_that_was_damaged_is_fetched_anew(hub: Any) -> None:
    weights = download(B0, accept=accept) / "model.safetensors"
    weights.write_bytes(b"nonsense")
    download(B0)
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == hub.etag("model.safetensors")


def test_weights_that_are_here_are_not_fetched_again(hub: Any) -> None:
    download(B0, accept=accept)
    hub.seen.clear()
    told: list[Progress] = []
    download(B0, progress=told.append)
    assert hub.requests("GET") == []
    assert told[-1].fraction == 1.0


def test_no_byte_of_weights_before_the_licence_is_accepted(hub: Any) -> None:
    asked: list[Terms] = []

    def refuse(terms: Terms) -> bool:
        asked.append(terms)
        return False

    for answer in (None, refuse):
        with pytest.raises(CheckpointError) as caught:
            download(B0, accept=answer)
        sentence(caught, B0, "licence", "NVIDIA", "nothing was downloaded", "https://")
    assert hub.requests("GET") == []
    assert hub.requests("HEAD") == []
    (terms,) = asked
    assert terms.licence.non_commercial
    assert "research" in terms.text

    download(B0, accept=accept)
    shutil.rmtree(cache_folder())
    download(B0)  # the answer is kept apart from the cache


def test_another_licence_is_asked_for_anew(hub: Any) -> None:
    hub.repo = "someone/streets"
    hub.card = {"license": "cc-by-nc-4.0"}
    terms = look_up("someone/streets").terms
    assert terms.licence.non_commercial
    assert terms.licence.url == f"{hub.url}/someone/streets"
    download("someone/streets", accept=accept)
    hub.card = {"license": "other", "license_name": "my-own", "license_link": "https://a.b/c"}
    assert look_up("someone/streets").terms.licence.title == "my-own"
    with pytest.raises(CheckpointError, match="my-own"):
        download("someone/streets")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ({"gated": True}, ("accepted the terms on http", "HF_TOKEN")),
        ({"token": "secret"}, ("401", "HF_TOKEN")),
        ({"repo": "someone/else"}, ("no such model", "404")),
        ({"status": 403}, ("403", "HF_TOKEN")),
        ({"status": 429}, ("429", "wait")),
        ({"status": 503}, ("503", "later")),
    ],
)
def test_a_hub_that_refuses(hub: Any, trouble: dict[str, Any], words: tuple[str, ...]) -> None:
    for key, value in trouble.items():
        setattr(hub, key, value)
    with pytest.raises(CheckpointError) as caught:
        download(B0, accept=accept)
    assert sentence(caught, *words).startswith(f"{B0}: ")
    assert cached_path(B0) is None


def test_a_token_opens_what_is_private(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.token = "secret"
    monkeypatch.setenv("HF_TOKEN", "wrong")
    with pytest.raises(CheckpointError, match="does not take your token"):
        download(B0, accept=accept)
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert download(B0, accept=accept).is_dir()
    assert all(one.token == "secret" for one in hub.requests("GET"))


def test_weights_that_lie_with_another_host(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("HF_TOKEN", "secret")
    hub.token = "secret"
    hub.sends_elsewhere = True
    hub.breaks_after = [150_000]
    folder = download(B0, accept=accept)
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]
    elsewhere = [one for one in hub.seen if "/elsewhere/" in one.path and one.method == "GET"]
    assert [bool(one.range) for one in elsewhere] == [False, True]
    assert [one.token for one in elsewhere] == [None, None]


def test_weights_in_parts(hub: Any) -> None:
    import json

    from safetensors.torch import load, save

    state = load(hub.files.pop("model.safetensors"))
    names = sorted(state)
    parts = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    for part, keys in zip(parts, (names[::2], names[1::2])):
        hub.files[part] = save({key: state[key] for key in keys}, metadata={"format": "pt"})
    weight_map = {key: parts[i % 2] for i, key in enumerate(names)}
    index = json.dumps({"metadata": {}, "weight_map": weight_map}).encode()
    hub.files["model.safetensors.index.json"] = index
    told: list[Progress] = []
    folder = download(B0, accept=accept, progress=told.append)
    assert told[-1].fraction == 1.0
    assert {*parts, "model.safetensors.index.json"} <= {path.name for path in folder.iterdir()}
    assert read_checkpoint(B0).classes.names == ("asphalt", "lawn", "brick")
    (folder / parts[0]).unlink()
    assert cached_path(B0) is None


def test_no_network(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(CheckpointError) as caught:
            download(B0, accept=accept)
    sentence(caught, B0, "cannot be reached", "HF_ENDPOINT")


def test_offline_takes_what_is_here_and_asks_nobody(
    hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(CheckpointError) as caught:
        download(B0, accept=accept)
    sentence(caught, B0, "HF_HUB_OFFLINE")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    folder = download(B0, accept=accept)
    hub.seen.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert download(B0) == folder
    assert read_checkpoint(B0).name == B0
    assert hub.seen == []


def test_what_is_no_segformer(hub: Any) -> None:
    hub.files["config.json"] = b'{"model_type": "vit"}'
    with pytest.raises(CheckpointError) as caught:
        download(B0, accept=accept)
    sentence(caught, B0, "type vit", "SegFormer")
    assert hub.requests("GET") == []
    del hub.files["model.safetensors"]
    with pytest.raises(CheckpointError, match="no weights"):
        download(B0, accept=accept)


def test_a_revision_that_is_not_there(hub: Any) -> None:
    with pytest.raises(CheckpointError) as caught:
        download(f"{B0}@v2", accept=accept)
    sentence(caught, "no revision v2")


def test_a_captive_portal(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loopback_hub._Handler._info", lambda _self: "please log in", raising=True)
    with pytest.raises(CheckpointError) as caught:
        download(B0, accept=accept)
    sentence(caught, B0, "does not answer as a hub does")


def test_a_disk_that_is_full(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _path: usage(1 << 30, 1 << 30, 1 << 20))
    with pytest.raises(CheckpointError) as caught:
        download(B0, accept=accept)
    sentence(caught, B0, "MB left", "make room")


def test_called_off_in_the_middle_and_gone_on_with(hub: Any) -> None:
    hub.pause = 0.06
    token = CancelToken()

    def stop(progress: Progress) -> None:
        if progress.done > 100_000:
            token.cancel()

    with pytest.raises(Cancelled):
        download(B0, accept=accept, progress=stop, cancel=token)
    (part,) = parts()
    kept = part.stat().st_size
    assert 100_000 < kept < len(hub.files["model.safetensors"])
    hub.seen.clear()
    download(B0)
    assert [one.range for one in hub.requests("GET")] == [f"bytes={kept}-"]


@pytest.mark.parametrize("name", ["street", "a/b/c", "../x", "a/..", "a b/c", "a/b@", "a/b@../c"])
def test_names_that_no_hub_has(name: str) -> None:
    assert parse_hub_name(name) is None
    with pytest.raises(CheckpointError, match="no name on a hub"):
        download(name)


def test_an_endpoint_that_is_no_address(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "my mirror")
    with pytest.raises(CheckpointError, match="HF_ENDPOINT is my mirror"):
        download(B0, accept=accept)


def test_downloaded_models_are_listed(hub: Any) -> None:
    assert {one.kind for one in list_models()} == {"bundled"}
    download(B0, accept=accept)
    listed = list_models()[-1]
    assert (listed.name, listed.kind, listed.source, listed.classes) == (B0, "hub", B0, 3)
    assert "non-commercial" in listed.licence
    assert "non-commercial" in (read_checkpoint(B0).licence or "")


def test_asking_the_catalogue_and_the_hub_needs_no_torch() -> None:
    code = (
        "import sys; from segcore.checkpoints import hub, released; "
        "released.released_models(); hub.cached_path('a/b'); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
