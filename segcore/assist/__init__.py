"""What helps a hand: from clicks, strokes and boxes to the pixels that are meant.

Every function returns a `Selection` or a `Relabelling` and changes nothing.
"""
