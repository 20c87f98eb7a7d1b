"""ONNX Runtime and OpenVINO, in float32, on the graph that torch exports of transformers' model."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from segcore.bench import hugging_face
from segcore.bench.contestant import Action, alone
from segcore.bench.models import pixels_of
from segcore.geometry import Size


def onnx_runtime(folder: Path, size: Size) -> Action:
    """Normalised pixels to logits (classes, h, w)."""
    runtime: Any = import_module("onnxruntime")
    file = exported(folder, size)
    session = runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    pixels = pixels_of(size).numpy()
    return lambda: session.run(None, {"pixel_values": pixels})[0][0]


def openvino(folder: Path, size: Size) -> Action:
    """Normalised pixels to logits (classes, h, w).

    Where the processor can, OpenVINO computes in bfloat16 unless it is told not to.
    """
    core: Any = import_module("segcore.openvino").openvino.Core()
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = core.compile_model(str(exported(folder, size)), "CPU", settings)
    pixels = pixels_of(size).numpy()
    return lambda: compiled([pixels])[0][0]


def exported(folder: Path, size: Size) -> Path:
    """The graph's file, beside the model; made by a process of its own if it is not there yet."""
    file = folder / f"transformers-{size[0]}x{size[1]}.onnx"
    if not file.exists():
        alone(hugging_face.export, folder, size, file)
    return file
