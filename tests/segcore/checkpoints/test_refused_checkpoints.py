"""What is no usable checkpoint is refused in one line that names file, trouble and keys."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from segcore.checkpoints import load_segformer, read_checkpoint
from segcore.errors import CheckpointError, RequestError


def refused(source: str | Path) -> str:
    """The sentence with which `source` is refused; it names it and stays on one line."""
    with pytest.raises(CheckpointError) as caught:
        load_segformer(source)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.startswith(Path(source).name)
    assert sentence.endswith(".")
    assert len(sentence) < 700
    return sentence


def rewrite(folder: Path, change) -> None:
    state = load_file(folder / "model.safetensors")
    change(state)
    save_file(
        {key: value.contiguous() for key, value in state.items()}, folder / "model.safetensors"
    )


def test_nothing_there(tmp_path):
    assert "no such file" in refused(tmp_path / "nothing.pth")
    assert "street-b0" in refused("no-such-model")
    with pytest.raises(CheckpointError, match="no such file"):
        load_segformer("a" * 5000)


def test_hub_name_that_was_never_downloaded():
    with pytest.raises(CheckpointError, match=r"^nvidia/segformer-b0-none: .*local.*cache"):
        load_segformer("nvidia/segformer-b0-none")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("stret-b0", "perhaps street-b0 was meant"),
        (
            "nvidia/segformer-b0-finetuned-ade-512",
            "run `segformer-studio models download nvidia/segformer-b0-finetuned-ade-512-512`",
        ),
    ],
)
def test_a_name_that_is_nearly_right(given: str, meant: str) -> None:
    with pytest.raises(CheckpointError, match=meant):
        read_checkpoint(given)


def test_empty_file_and_empty_folder(tmp_path):
    (tmp_path / "empty.pth").touch()
    assert "empty" in refused(tmp_path / "empty.pth")
    (tmp_path / "folder").mkdir()
    assert "no weights" in refused(tmp_path / "folder")


def test_web_page_and_lfs_pointer(tmp_path):
    page = tmp_path / "mit_b0.pth"
    page.write_text("\n<!DOCTYPE html><html><body>Sign in</body></html>")
    assert "HTML" in refused(page)
    pointer = tmp_path / "model.safetensors"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n")
    assert "LFS" in refused(pointer)
    assert "LFS" in refused_part(tmp_path)


def refused_part(folder: Path) -> str:
    """A folder is refused in the words of the file in it."""
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(folder)
    return str(caught.value)


@pytest.mark.parametrize("kept", [0.999, 0.5, 0.001])
def test_cut_safetensors(kept, model_folder):
    path = model_folder / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: max(int(kept * len(content)), 12)])
    assert "cut short or damaged" in refused(path)


@pytest.mark.parametrize("kept", [0.99, 0.5, 0.01])
def test_cut_torch_file(kept, nvlabs_file):
    content = nvlabs_file.read_bytes()
    nvlabs_file.write_bytes(content[: int(kept * len(content))])
    assert "cut short" in refused(nvlabs_file)


class Malicious:
    """Unpickled, it makes a folder: a stand-in for anything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("kind", ["zip", "old", "bare pickle", "in meta"])
def test_pickle_that_wants_to_run_code_is_refused_and_not_run(kind, tmp_path, nvlabs_file):
    made = tmp_path / "made by the pickle"
    path = tmp_path / "trust me.pth"
    if kind == "bare pickle":
        path.write_bytes(pickle.dumps({"state_dict": Malicious(made)}))
    elif kind == "in meta":
        content = torch.load(nvlabs_file, weights_only=True)
        torch.save({**content, "meta": Malicious(made)}, path)
    else:
        torch.save(Malicious(made), path, _use_new_zipfile_serialization=kind == "zip")
    assert "wants to run code" in refused(path)
    assert "mkdir" in refused(path)
    assert not made.exists()


def test_other_things_in_a_torch_file(tmp_path):
    path = tmp_path / "other.pth"
    for content in ([torch.zeros(3)], {"a": 1}, {}, torch.zeros(3), 7, {"state_dict": {}}):
        torch.save(content, path)
        refused(path)
    torch.save(torch.nn.Linear(2, 2), path)
    assert "Linear" in refused(path)


def test_zip_that_is_no_checkpoint(tmp_path):
    path = tmp_path / "pictures.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")
    refused(path)
    refused(Path(__file__))


def test_another_architecture_is_named_by_its_keys(tmp_path):
    path = tmp_path / "vgg16.pth"
    names = ("features.0.weight", "features.0.bias", "features.2.weight", "classifier.6.bias")
    torch.save({name: torch.zeros(4) for name in names}, path)
    assert "features.0.weight" in refused(path)
    assert "no SegFormer" in refused(path)
    save_file({"x\n\x1b[2J" * 50: torch.zeros(2)}, tmp_path / "odd.safetensors")
    assert "\x1b" not in refused(tmp_path / "odd.safetensors")


@pytest.mark.parametrize(
    "key",
    [
        "decode_head.classifier.bias",
        "decode_head.linear_c.2.proj.weight",
        "segformer.encoder.block.1.0.attention.self.query.weight",
        "segformer.encoder.patch_embeddings.0.proj.weight",
        "segformer.encoder.layer_norm.3.weight",
        "decode_head.batch_norm.running_var",
    ],
)
def test_missing_and_misshapen_keys_are_named_as_the_file_has_them(key, model_folder):
    rewrite(model_folder, lambda state: state.update({key: state[key][:-1]}))
    sentence = refused(model_folder)
    assert key in sentence
    rewrite(model_folder, lambda state: state.pop(key))
    sentence = refused(model_folder)
    assert "missing" in sentence
    assert key in sentence
    (model_folder / "config.json").unlink()
    assert key in refused(model_folder)


def test_surplus_keys_are_named(model_folder):
    rewrite(model_folder, lambda state: state.update({"decode_head.extra.weight": torch.ones(2)}))
    sentence = refused(model_folder)
    assert "surplus keys: decode_head.extra.weight" in sentence


def test_nvlabs_keys_are_named_as_nvlabs_has_them(nvlabs_file):
    content = torch.load(nvlabs_file, weights_only=True)
    key = "backbone.block2.0.attn.kv.weight"
    whole = content["state_dict"].pop(key)
    torch.save(content, nvlabs_file)
    assert f"missing keys: {key};" in refused(nvlabs_file)
    content["state_dict"][key] = whole[:-1]
    torch.save(content, nvlabs_file)
    assert f"misshapen keys: {key};" in refused(nvlabs_file)


def test_many_keys_are_counted_and_not_listed(model_folder):
    def drop(state):
        for key in [key for key in state if ".mlp." in key and ".0.0." in key]:
            del state[key]

    rewrite(model_folder, drop)
    assert "and 3 more" in refused(model_folder)


def test_config_that_contradicts_the_weights(model_folder):
    path = model_folder / "config.json"
    words = json.loads(path.read_text())
    for change, told in (
        ({"depths": [3, 1, 1, 2]}, "depths (3, 1, 1, 2)"),
        ({"hidden_sizes": [32, 64, 160, 256]}, "hidden_sizes"),
        ({"id2label": {"0": "a", "1": "b"}}, "2 classes"),
        ({"sr_ratios": [8, 4, 4, 1]}, "sr_ratios"),
        ({"num_attention_heads": [3, 2, 5, 8]}, "heads"),
    ):
        path.write_text(json.dumps({**words, **change}))
        assert told in refused(model_folder)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "\x00",
        '{"hidden_sizes": [1, 2]}',
        '{"depths": "many"}',
        '{"id2label": {"a": "b"}}',
        '{"id2label": {"0": "a", "7": "b"}}',
        '{"model_type": "bert"}',
        '{"hidden_act": "relu"}',
        '{"drop_path_rate": 3}',
        '{"strides": [4, 2, 2, 0]}',
    ],
)
def test_broken_config_is_named(text, model_folder):
    (model_folder / "config.json").write_text(text)
    assert "config.json" in refused(model_folder)


@pytest.mark.parametrize("text", ["{", '{"size": {"longest_edge": 3}}', '{"image_std": 0}'])
def test_broken_preprocessor_config_is_named(text, model_folder):
    (model_folder / "preprocessor_config.json").write_text(text)
    assert "preprocessor_config.json" in refused(model_folder)


def test_shards_missing_or_outside_the_folder(model_folder):
    state = load_file(model_folder / "model.safetensors")
    index = model_folder / "model.safetensors.index.json"
    (model_folder / "model.safetensors").unlink()
    index.write_text(json.dumps({"weight_map": dict.fromkeys(state, "part 1.safetensors")}))
    assert "part 1.safetensors" in refused(model_folder)
    index.write_text(json.dumps({"weight_map": dict.fromkeys(state, "../../secret.safetensors")}))
    assert "outside" in refused_part(model_folder)
    index.write_text("[]")
    assert "index" in refused_part(model_folder)


def test_integer_weights(model_folder):
    key = "decode_head.linear_fuse.weight"
    rewrite(model_folder, lambda state: state.update({key: state[key].to(torch.int8)}))
    assert key in refused(model_folder)


def test_key_with_an_absurd_block_number(nvlabs_file):
    content = torch.load(nvlabs_file, weights_only=True)
    content["state_dict"]["backbone.block1.999999999999.norm1.weight"] = torch.ones(8)
    torch.save(content, nvlabs_file)
    assert "999999999999" in refused(nvlabs_file)


def test_wrong_requests(model_folder):
    with pytest.raises(RequestError, match="exact or fast"):
        load_segformer(model_folder, numerics="quick")  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="num_classes"):
        load_segformer(model_folder, num_classes=0)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_bytes_never_end_in_another_error(data, tmp_path):
    buffer = io.BytesIO()
    old = data.draw(st.booleans(), "old format")
    torch.save(
        {"state_dict": {"backbone.block1.0.attn.q.weight": torch.ones(4, 4)}},
        buffer,
        _use_new_zipfile_serialization=not old,
    )
    content = bytearray(buffer.getvalue())
    for place in data.draw(st.lists(st.integers(4, len(content) - 1), max_size=6), "places"):
        content[place] = data.draw(st.integers(0, 255), "byte")
    path = tmp_path / "damaged.pth"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)), "length")])
    refused(path)
