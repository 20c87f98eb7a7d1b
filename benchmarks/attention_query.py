"""What one attention query costs on a 1024 x 2048 street, against keeping all maps whole.

    python benchmarks/attention_query.py --rounds 5 --json attention.json

Memory: queries and keys of every block, kept, against all attention maps in fp32. Time: warm, from
kept queries and keys; cold, from kept stage features; against one forward pass of the stage.
"""

from __future__ import annotations

import sys

import rows

if __name__ == "__main__":
    sys.exit(rows.main("attention", __doc__ or ""))
