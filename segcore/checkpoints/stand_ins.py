"""What honest training code leaves in a checkpoint beside weights, read without running any of it.

`torch.load(weights_only=True)` refuses every class that it was not told of. Training logs are full
of such classes, and none is needed here: each name below is met with something of this program's
own that keeps nothing and does nothing. The named code is not imported, let alone called.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from typing import Any

import numpy as np


class Forgotten:
    """Stands where an object of somebody's class was; whatever it is made of is dropped."""

    def __new__(cls, *_arguments: object) -> Forgotten:
        """Take anything, keep nothing."""
        return object.__new__(cls)

    def __setstate__(self, state: object) -> None:
        """Keep nothing of the state either."""


class _ForgottenLog(Forgotten):
    """In the place of mmengine's log of a training figure."""


def _method_of_a_log(owner: object, name: object) -> Forgotten:
    """mmengine's logs name their own methods, which pickles write as a call of `getattr`.

    Raises:
        UnpicklingError: `getattr` of anything else.
    """
    if owner is not _ForgottenLog:
        raise pickle.UnpicklingError(f"GLOBAL getattr of {owner!r}, {name!r}")
    return Forgotten()


def _empty_mapping(*_arguments: object) -> OrderedDict[Any, Any]:
    """A plain mapping in the place of one with a factory."""
    return OrderedDict()


_LOG = "mmengine.logging.history_buffer.HistoryBuffer"
_FORGOTTEN = (
    "argparse.Namespace",
    "datetime.datetime",
    "datetime.timedelta",
    "pathlib.Path",
    "pathlib.PosixPath",
    "pathlib.WindowsPath",
    "pathlib.PurePosixPath",
    "pathlib.PureWindowsPath",
    "pathlib._local.PosixPath",
    "pathlib._local.WindowsPath",
    "torch.torch_version.TorchVersion",
    "builtins.int",
    "builtins.float",
    "builtins.list",
    "builtins.dict",
)
_MAPPINGS = (
    "addict.addict.Dict",
    "lightning.fabric.utilities.data.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict",
    "mmcv.utils.config.ConfigDict",
    "mmengine.config.config.ConfigDict",
    "pytorch_lightning.utilities.parsing.AttributeDict",
)


def allowed_globals() -> list[Any]:
    """For `torch.serialization.safe_globals`: NumPy's values as they are, the rest as stand-ins."""
    return [
        *_numpy_types(),
        (_ForgottenLog, _LOG),
        *((Forgotten, name) for name in _FORGOTTEN),
        *((OrderedDict, name) for name in _MAPPINGS),
        (_empty_mapping, "collections.defaultdict"),
        (_method_of_a_log, "builtins.getattr"),
    ]


def _numpy_types() -> list[Any]:
    """NumPy numbers and arrays."""
    from numpy._core.multiarray import _reconstruct, scalar

    # Files written under NumPy 1 name the same functions by their old module.
    old = [
        (_reconstruct, "numpy.core.multiarray._reconstruct"),
        (scalar, "numpy.core.multiarray.scalar"),
    ]
    kinds = {type(np.dtype(code)) for code in "?bBhHiIlLqQefd"}
    return [_reconstruct, scalar, *old, np.ndarray, np.dtype, *kinds]
