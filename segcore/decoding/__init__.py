"""What `segcore.images` needs inside: formats by content, and samples of any depth to RGB."""
