"""A 12-megapixel photo to a full-size label map of 150 classes, against transformers.

    python benchmarks/photo12mp.py --rounds 3 --json photo12mp.json

Theirs: processor, model, `post_process_semantic_segmentation`. Ours: `Predictor.predict`, which
gives the confidence as well. Both SegFormer-B0 with the same random weights at 512 x 512.
"""

from __future__ import annotations

import sys

import rows

if __name__ == "__main__":
    sys.exit(rows.main("photo", __doc__ or ""))
