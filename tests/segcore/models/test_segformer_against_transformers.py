"""`exact` numerics are those of transformers' SegFormer, which serves as a numerical oracle."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from segcore.models import FastSegFormer, NormEpsilons, SegFormer, SegFormerConfig

transformers = pytest.importorskip("transformers")

_BLOCK_NAMES = {
    "norm1": "layer_norm_1",
    "norm2": "layer_norm_2",
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.output": "attention.output.dense",
    "attention.sr": "attention.self.sr",
    "attention.sr_norm": "attention.self.layer_norm",
    "mlp.fc1": "mlp.dense1",
    "mlp.depthwise": "mlp.dwconv.dwconv",
    "mlp.fc2": "mlp.dense2",
}


def hub_name(name: str) -> str:
    """Our state-dict name to the one that files on the hub have."""
    parts = name.split(".")
    leaf = parts[-1]
    if parts[0] == "encoder":
        stage = parts[2]
        if parts[3] == "patch_embed":
            part = {"proj": "proj", "norm": "layer_norm"}[parts[4]]
            return f"segformer.encoder.patch_embeddings.{stage}.{part}.{leaf}"
        if parts[3] == "norm":
            return f"segformer.encoder.layer_norm.{stage}.{leaf}"
        inner = _BLOCK_NAMES[".".join(parts[5:-1])]
        return f"segformer.encoder.block.{stage}.{parts[4]}.{inner}.{leaf}"
    if parts[1] == "linears":
        return f"decode_head.linear_c.{parts[2]}.proj.{leaf}"
    part = {"fuse": "linear_fuse", "norm": "batch_norm", "classifier": "classifier"}[parts[1]]
    return f"decode_head.{part}.{leaf}"


def oracle_of(network: SegFormer, folder: Any) -> Any:
    """transformers' model with the weights of `network`, read from a hub-style folder."""
    from safetensors.torch import save_file

    config = network.config
    dtype = next(network.parameters()).dtype
    transformers.SegformerConfig(
        num_labels=config.num_classes,
        hidden_sizes=list(config.widths),
        depths=list(config.depths),
        decoder_hidden_size=config.decoder_width,
    ).save_pretrained(folder)
    state = {hub_name(name): tensor for name, tensor in network.state_dict().items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    model = transformers.SegformerForSemanticSegmentation.from_pretrained(folder, dtype=dtype)
    return model.eval()


@pytest.mark.parametrize(
    ("variant", "size", "dtype"),
    [
        ("b0", (64, 96), torch.float32),
        ("b0", (77, 131), torch.float64),
        ("b2", (65, 97), torch.float32),
        ("b2", (65, 97), torch.float64),
    ],
)
def test_logits_are_those_of_transformers(make_network, tmp_path, variant, size, dtype):
    config = SegFormerConfig.named(variant, epsilons=NormEpsilons.TRANSFORMERS)
    network = make_network(config, dtype=dtype)
    oracle = oracle_of(network, tmp_path)
    pixels = torch.randn(2, 3, *size, dtype=dtype, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = oracle(pixels).logits
        exact = network(pixels)
        fast = FastSegFormer.from_exact(network)(pixels)
    largest = expected.abs().max()
    assert exact.shape == expected.shape
    assert (exact - expected).abs().max() / largest <= (1e-5 if dtype == torch.float32 else 1e-9)
    assert torch.equal(exact.argmax(1), expected.argmax(1))
    assert (fast - expected).abs().max() / largest <= (1e-5 if dtype == torch.float32 else 1e-9)
    assert (fast.argmax(1) == expected.argmax(1)).double().mean() >= 0.9999
