"""The core of SegFormer Studio: models, inference, inspection, labels. No Qt here."""
