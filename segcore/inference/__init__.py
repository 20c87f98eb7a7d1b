"""Running a model on images: devices, windows, the features they keep, labels and confidence."""

from segcore.inference.encoded import EncodedImage
from segcore.inference.prediction import Prediction
from segcore.inference.predictor import Predictor
from segcore.inference.upsample import TopTwo

__all__ = ["EncodedImage", "Prediction", "Predictor", "TopTwo"]
