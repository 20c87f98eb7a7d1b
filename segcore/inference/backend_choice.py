"""Which backend runs a network: the one that was asked for, or the fastest that is here."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Literal

from segcore.checkpoints import Checkpoint
from segcore.checkpoints.model_loader import load_model
from segcore.errors import RequestError
from segcore.inference.backend import Backend
from segcore.inference.devices import Placement
from segcore.inference.spares import SpareBackends
from segcore.inference.torch_backend import Numerics, TorchBackend
from segcore.models import SegFormer, SegFormerConfig, architecture_title

BACKENDS = ("auto", "torch", "openvino")


def check_backend(numerics: str, backend: str) -> Literal["exact", "fast"]:
    """The numerics, once they and the backend are known to go together.

    Raises:
        RequestError: no such numerics or backend, or exact numerics on another than torch.
    """
    if numerics == "exact" and backend not in ("auto", "torch"):
        raise RequestError(
            f"Exact numerics run on the torch backend alone, not on {backend}: choose torch, or "
            "fast numerics."
        )
    if backend not in BACKENDS:
        *others, last = BACKENDS
        raise RequestError(
            f'There is no backend "{backend}": choose {", ".join(others)} or {last}.'
        )
    if numerics == "exact":
        return "exact"
    if numerics == "fast":
        return "fast"
    raise RequestError(f'There are no numerics "{numerics}": choose fast or exact.')


def build_backend(
    checkpoint: Checkpoint,
    placement: Placement,
    numerics: Numerics,
    backend: str,
    *,
    spares: SpareBackends,
    notes: list[str],
) -> Backend:
    """The network of a checkpoint, ready to run.

    `auto` is OpenVINO where it is installed and can run the network as asked for (a SegFormer on
    the CPU in fp32, fast numerics), with torch answering while OpenVINO gets ready; else torch.
    Where it is installed but broken, `auto` goes on with torch and adds a sentence to `notes`.

    Raises:
        CheckpointError: the checkpoint cannot segment.
        RequestError: OpenVINO was asked for and is not installed, cannot be loaded, or cannot run
            the network as asked for.
    """
    if backend == "torch" or numerics == "exact":
        return TorchBackend.from_checkpoint(checkpoint, placement, numerics)
    obstacle = _obstacle_to_openvino(checkpoint, placement)
    defect = _defect_of_openvino() if obstacle is None else None
    if obstacle is None and defect is None:
        return _openvino_backend(checkpoint, spares, waits=backend == "openvino")
    if backend == "openvino":
        raise RequestError(obstacle or defect)
    if defect is not None:
        notes.append(defect)
    return TorchBackend.from_checkpoint(checkpoint, placement, numerics)


def _obstacle_to_openvino(checkpoint: Checkpoint, placement: Placement) -> str | None:
    """Why OpenVINO cannot run it, in one sentence; None where it can."""
    if placement.device.type != "cpu":
        return (
            f"The openvino backend runs on the CPU alone, not on {placement.device}: choose the "
            "device cpu, or the backend torch."
        )
    if placement.precision != "fp32":
        return (
            f"The openvino backend computes in fp32 alone, not in {placement.precision}: choose "
            "fp32, or the backend torch."
        )
    if not isinstance(checkpoint.config, SegFormerConfig) or checkpoint.encoder_only:
        return (
            f"{checkpoint.name}: the openvino backend runs SegFormers with a decoder alone, not "
            f"{architecture_title(checkpoint.config)}: choose the backend torch."
        )
    if find_spec("openvino") is None:
        return (
            'The openvino backend is not installed: pip install "segformer-studio[openvino]", or '
            "choose the backend torch."
        )
    return None


def _defect_of_openvino() -> str | None:
    """Why the installed OpenVINO does not load, in one sentence; None where it does."""
    try:
        import_module("segcore.openvino")
    except (ImportError, OSError) as error:
        reason = " ".join(str(error).split())
        return (
            f"OpenVINO is installed but does not load ({reason}): install it anew, or choose the "
            "backend torch."
        )
    return None


def _openvino_backend(checkpoint: Checkpoint, spares: SpareBackends, *, waits: bool) -> Backend:
    from segcore.inference.openvino_backend import OpenVINOBackend

    def network() -> SegFormer:
        model = load_model(checkpoint, "exact")
        assert isinstance(model, SegFormer)
        return model

    if not waits:
        spares.on_cpu()  # it answers first, and says at once what is wrong with the weights
    assert isinstance(checkpoint.config, SegFormerConfig)
    return OpenVINOBackend(
        checkpoint.config, checkpoint.preprocess, network, spares.on_cpu, waits=waits
    )
