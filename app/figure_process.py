"""Writes a figure as a picture, in a process of its own: `python -m app.figure_process`.

matplotlib leaves a hundred thousand objects in cycles behind, which the window would have to
collect on its own thread, where it stands still for a tenth of a second. A process takes them
along when it ends.
"""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from segcore.errors import SegcoreError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROOT = str(Path(__file__).resolve().parents[1])
_PATH = os.environ.get("PYTHONPATH", "")


def picture_of(figure: Figure, kind: str, dots_per_inch: int, metadata: Mapping[str, str]) -> bytes:
    """The bytes of a `png`, `svg` or `pdf` file; the figure itself stays as it is.

    Raises:
        SegcoreError: the process failed.
    """
    done = subprocess.run(
        # -P: a folder called app, wherever the program was started, is none of it.
        [sys.executable, "-P", "-m", "app.figure_process"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (_ROOT, _PATH)))},
        input=pickle.dumps((figure, kind, dots_per_inch, dict(metadata))),
        capture_output=True,
        check=False,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        trouble = said[-1] if said else f"status {done.returncode}"
        raise SegcoreError(f"The figure could not be drawn for the file ({trouble}): try another.")
    return done.stdout


def _draw(request: bytes) -> bytes:
    """What the child does; it reads what its parent wrote and nothing else."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure, kind, dots_per_inch, metadata = pickle.loads(request)
    FigureCanvasAgg(figure)
    stream = io.BytesIO()
    figure.savefig(stream, format=kind, dpi=dots_per_inch, metadata=metadata)
    return stream.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(_draw(sys.stdin.buffer.read()))
