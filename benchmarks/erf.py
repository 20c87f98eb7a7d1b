"""Receptive fields of five targets, against five runs of the usual procedure on transformers.

    python benchmarks/erf.py --rounds 5 --json erf.json

The usual procedure, that of the RepLKNet script, once for each target: a forward pass of the model,
relu(cell).sum() at the middle, gradient of the input, relu, sum over RGB. Ours: one call for all
targets. The JSON says how alike the maps are.
"""

from __future__ import annotations

import sys

import rows

if __name__ == "__main__":
    sys.exit(rows.main("erf", __doc__ or ""))
