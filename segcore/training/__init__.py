"""Training: SegFormer and the networks to compare it with, on pictures and labels."""
