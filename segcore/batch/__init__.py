"""Many pictures to label maps, without a window: reading ahead and writing behind the model."""

from __future__ import annotations

from segcore.batch.contract import SAVES, BatchPredictor, Predicted, Save
from segcore.batch.run import predict_folder
from segcore.batch.summary import BatchSummary

__all__ = ["SAVES", "BatchPredictor", "BatchSummary", "Predicted", "Save", "predict_folder"]
