"""Inference beside the window: requests, their queue, the one thread that serves them."""
