"""The pictures at hand: listed, read ahead, shown small, and who may write their labels."""
