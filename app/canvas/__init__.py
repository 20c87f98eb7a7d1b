"""The view of the picture: its geometry, its layers and the tools that work on it."""
