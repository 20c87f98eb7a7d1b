"""transformers' side: its model, processor and post-processing as they come, settings untouched."""

from __future__ import annotations

import logging
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from segcore.bench.contestant import Action
from segcore.bench.models import photo, pixels_of
from segcore.geometry import Size
from segcore.preprocess import Preprocess


def forward(folder: Path, size: Size) -> Action:
    """Normalised pixels to logits (classes, h, w)."""
    model = load(folder)
    pixels = pixels_of(size)

    def run() -> Any:
        with torch.inference_mode():
            return model(pixels).logits[0].numpy()

    return run


def photo_to_labels(folder: Path, size: Size) -> Action:
    """A photograph in memory to its label map, by processor, model and post-processing."""
    model, processor, image = load(folder), _processor(folder), photo(size)
    return lambda: _labels(model, processor, image)


def receptive_fields(folder: Path, size: Size, targets: tuple[str, ...]) -> Action:
    """One target after another by the usual procedure, that of RepLKNet's script, each (H, W).

    A forward pass of the model, relu(cell).sum() at the middle, the gradient of the input, relu,
    and the sum over RGB.
    """
    model = load(folder)
    preprocess = Preprocess(do_resize=True, size=size)
    planes = torch.from_numpy(preprocess.normalised(preprocess.resized(photo(size))))[None]

    def field(target: str) -> Any:
        pixels = planes.clone().requires_grad_()
        if target == "head":
            output = model(pixels).logits
        else:
            hidden = model(pixels, output_hidden_states=True).hidden_states
            output = hidden[int(target.removeprefix("stage")) - 1]
        height, width = output.shape[2:]
        seed = output[:, :, height // 2, width // 2].relu().sum()
        (gradient,) = torch.autograd.grad(seed, pixels)
        return gradient.relu().sum(dim=(0, 1)).numpy()

    return lambda: {target: field(target) for target in targets}


def pictures_to_files(folder: Path, pictures: tuple[Path, ...], out: Path) -> Action:
    """Picture files to label files, one after the other."""
    model, processor = load(folder), _processor(folder)
    out.mkdir(exist_ok=True)

    def run() -> int:
        for picture in pictures:
            with Image.open(picture) as file:
                image = np.asarray(file.convert("RGB"))
            labels = _labels(model, processor, image).astype(np.uint8)
            Image.fromarray(labels).save(out / f"{picture.stem}.png")
        return len(pictures)

    return run


def export(folder: Path, size: Size, file: Path) -> Action:
    """Write the model's graph as ONNX, by torch's own exporter, for inputs of that size.

    In a process of its own: it silences the exporter's remarks on packages that it does not need.
    """
    logging.disable(logging.WARNING)
    logits_of = _Logits(load(folder)).eval()

    def run() -> str:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                logits_of,
                (pixels_of(size),),
                file,
                dynamo=True,
                input_names=["pixel_values"],
                output_names=["logits"],
                verbose=False,
            )
        return str(file)

    return run


def load(folder: Path) -> Any:
    """The same weights in transformers."""
    transformers: Any = import_module("transformers")
    transformers.logging.disable_progress_bar()
    transformers.logging.set_verbosity_error()
    return transformers.SegformerForSemanticSegmentation.from_pretrained(folder).eval()


def _processor(folder: Path) -> Any:
    return import_module("transformers").SegformerImageProcessor.from_pretrained(folder)


def _labels(model: Any, processor: Any, image: Any) -> Any:
    with torch.inference_mode():
        outputs = model(**processor(images=image, return_tensors="pt"))
        sizes = [image.shape[:2]]
        return processor.post_process_semantic_segmentation(outputs, sizes)[0].numpy()


class _Logits(torch.nn.Module):
    """The model with its logits as the only output."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: torch.Tensor) -> Any:
        return self.model(pixels).logits
