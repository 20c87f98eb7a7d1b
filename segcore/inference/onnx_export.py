"""SegFormer as an ONNX file: the folded network, open in batch, height and width.

The file says for itself what a picture has to go through before it and what comes out: see
`metadata`. Needs the package `onnx` (the extra `onnx`); ONNX Runtime only to check the result.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from segcore.atomic import replacing
from segcore.checkpoints import Checkpoint, load_segformer, read_checkpoint
from segcore.errors import RequestError
from segcore.inference.graph import write_encoder, write_head
from segcore.models import FastSegFormer, SegFormer
from segcore.progress import ProgressCallback, Ticker

if TYPE_CHECKING:
    from onnx import ModelProto

INPUT = "pixel_values"
OUTPUT = "logits"
STAGES = ("stage1", "stage2", "stage3", "stage4")

DEFAULT_OPSET = 20
OLDEST_OPSET = 17

TOLERANCE = 1e-4
"""How far a file's logits may be from torch's, relative to the largest, before it is refused."""

_CHECKED_SIZES = ((64, 96), (77, 101))


def export_onnx(
    checkpoint: Checkpoint | str | Path,
    path: str | Path,
    *,
    opset: int = DEFAULT_OPSET,
    stages: bool = False,
    progress: ProgressCallback | None = None,
    notes: list[str] | None = None,
) -> Path:
    """Write the folded network of a checkpoint, with either head, as one ONNX file.

    Its input `pixel_values` is (batch, channels, height, width) float32, normalised as the
    metadata say; its output `logits` is (batch, classes, ceil(height / 4), ceil(width / 4)). Where
    ONNX Runtime is installed, the file is run at two sizes and compared with torch before it takes
    its place.

    Args:
        checkpoint: what `segcore.read_checkpoint` gives, or takes.
        path: the file to write; one that is there is replaced.
        opset: ONNX's operator set, 17 or later.
        stages: also put out `stage1` ... `stage4`, (batch, C_i, h_i, w_i), each after its norm.
        progress: told of each of the three steps.
        notes: gets a sentence where the file could not be checked.

    Returns:
        `path`.

    Raises:
        CheckpointError: the checkpoint cannot be used.
        RequestError: it is no SegFormer with a decoder, `onnx` is not installed, there is no such
            operator set, or the file's logits are off by more than 1e-4.
    """
    if find_spec("onnx") is None:
        raise RequestError(
            'Writing ONNX needs the package onnx: pip install "segformer-studio[onnx]".'
        )
    source = checkpoint if isinstance(checkpoint, Checkpoint) else read_checkpoint(checkpoint)
    ticker = Ticker(3, progress)
    network = _segformer(source)
    ticker.tick("read")
    content = onnx_model(network, source, opset=opset, stages=stages).SerializeToString()
    ticker.tick("written as a graph")
    _check(network, content, source.name, notes if notes is not None else [])
    target = Path(path)
    with replacing(target) as stream:
        stream.write(content)
    ticker.tick("checked")
    return target


def onnx_model(
    network: SegFormer, checkpoint: Checkpoint, *, opset: int = DEFAULT_OPSET, stages: bool = False
) -> ModelProto:
    """The folded network of `network` as ONNX's own object; see `export_onnx`.

    Raises:
        RequestError: there is no such operator set.
    """
    import onnx
    from onnx import helper

    from segcore.inference.onnx_graph import ONNXWriter

    newest = onnx.defs.onnx_opset_version()
    if not OLDEST_OPSET <= opset <= newest:
        raise RequestError(
            f"ONNX's operator set {opset} cannot be written: choose {OLDEST_OPSET} to {newest}."
        )
    writer = ONNXWriter(opset)
    pictures = [picture for _, picture in write_encoder(writer, network.encoder, INPUT)]
    logits = write_head(writer, network.decoder, pictures)
    config = network.config
    outputs: dict[str, tuple[str, list[int | str]]] = {
        OUTPUT: (logits, ["batch", config.num_classes, "rows", "columns"])
    }
    if stages:
        for name, picture, width in zip(STAGES, pictures, config.widths):
            outputs[name] = (picture, ["batch", width, f"{name}_rows", f"{name}_columns"])
    graph = writer.graph(
        "segformer", {INPUT: ["batch", config.in_channels, "height", "width"]}, outputs
    )
    opsets = [helper.make_opsetid("", opset)]
    model = helper.make_model(
        graph,
        opset_imports=opsets,
        # What the newest onnx would write, runtimes of last year cannot read.
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name="segformer-studio",
    )
    helper.set_model_props(model, metadata(checkpoint))
    return model


def metadata(checkpoint: Checkpoint) -> dict[str, str]:
    """What a file says of itself, by key.

    `classes` and `preprocessing` are JSON, in the forms of `classes.json` and
    `preprocessor_config.json`; `affine` is JSON too: pixel 0 … 255 · `scale` + `shift`, per
    channel R, G, B, is what goes in. `task` says what comes out.
    """
    scale, shift = checkpoint.preprocess.affine()
    affine = {"scale": _numbers(scale), "shift": _numbers(shift)}
    return {
        "model": checkpoint.name,
        "summary": checkpoint.summary,
        "sha256": checkpoint.sha256,
        "licence": checkpoint.licence or "not stated by the checkpoint",
        "classes": json.dumps(checkpoint.classes.to_json()),
        "preprocessing": json.dumps(checkpoint.preprocess.to_json()),
        "affine": json.dumps(affine),
        "task": (
            "Semantic segmentation: upsample the logits bilinearly (half-pixel centres) to the "
            "picture's size; the id of the largest is the class."
        ),
    }


def difference(
    network: FastSegFormer, content: bytes, sizes: Sequence[tuple[int, int]] = _CHECKED_SIZES
) -> float:
    """How far ONNX Runtime's logits of a file are from torch's, relative to the largest.

    Args:
        network: what it was made from.
        content: the file's bytes.
        sizes: (H, W) of the inputs, noise of a fixed seed.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    worst = 0.0
    for size in sizes:
        pixels = torch.randn(1, network.config.in_channels, *size, generator=generator)
        (found,) = session.run([OUTPUT], {INPUT: pixels.numpy()})
        with torch.inference_mode():
            expected = network(pixels).numpy()
        worst = max(worst, float(np.abs(found - expected).max() / np.abs(expected).max()))
    return worst


def _check(network: SegFormer, content: bytes, name: str, notes: list[str]) -> None:
    if find_spec("onnxruntime") is None:
        notes.append(
            "The file was not run: install onnxruntime to have it compared with torch on export."
        )
        return
    off = difference(FastSegFormer.from_exact(network), content)
    if not off <= TOLERANCE:
        raise RequestError(
            f"{name}: its ONNX file gives logits that are off by {off:.1e} in ONNX Runtime, which "
            "should be below 1e-4: nothing was written; try another opset."
        )


def _segformer(checkpoint: Checkpoint) -> SegFormer:
    network: Any = load_segformer(checkpoint, "exact")
    if not isinstance(network, SegFormer):
        raise RequestError(
            f"{checkpoint.name}: only a SegFormer with its decoder can be written as ONNX; choose "
            "a segmentation model."
        )
    return network


def _numbers(values: npt.NDArray[np.float32]) -> list[float]:
    return [float(value) for value in values]
