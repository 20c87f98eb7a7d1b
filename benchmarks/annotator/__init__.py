"""A simulated person who knows the true labels and labels pictures, with each tool and with all.

    python -m benchmarks.annotator --street ../shared/data/street --every 12

What it does, what it counts and what came out: `docs/annotator.md`.
"""
