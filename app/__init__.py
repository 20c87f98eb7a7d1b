"""SegFormer Studio: the desktop program."""
