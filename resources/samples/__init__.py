"""The drawn street: a made-up town with exact labels, free to use and drawn from a seed.

`scene` lays the town out in metres, `textures` paints its surfaces, `camera` projects and
paints them into a picture and a label map at once, `draw` writes the bundled samples.
"""
