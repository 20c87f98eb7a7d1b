"""Forward pass on the CPU: this program against what else runs SegFormer.

    python benchmarks/forward.py --variants b0,b2,b5 --rounds 9 --json figures.json

Against transformers as it comes, and ONNX Runtime and OpenVINO on the graph of its model, all with
the same random weights and input; also says how far the logits are apart (in the JSON).
"""

from __future__ import annotations

import sys

import rows

if __name__ == "__main__":
    sys.exit(rows.main("forward", __doc__ or "", variants="b0,b2,b5"))
