"""Going through a data set: which pictures, where in them, and in which order. Never needs torch.

- `picture_table`: filter and sort 100,000 pictures in milliseconds.
- `facts`: what is known of each picture besides its labels.
- `doubt`: the regions of a picture that the model doubts, the weightiest first.
- `charts`: the figures of a project as charts and tables.
"""
