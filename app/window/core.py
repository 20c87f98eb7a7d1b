"""Everything behind the widgets: document, session, inference and the controllers."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.controllers.inspection import InspectionController
from app.controllers.labelling import LabellingController
from app.controllers.opening import OpeningController
from app.controllers.prediction import PredictionController
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.engine import Engine
from app.session import Session
from app.view_state import ViewState


class Core(QObject):
    """Builds the parts in the order in which they know each other, and ends them in reverse."""

    def __init__(self, engine: Engine | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view_state = ViewState(self)
        self.document = Document(self)
        self.session = Session(self)
        self.client = InferenceClient(engine, self)
        self.opening = OpeningController(self.document, self.session, self)
        self.prediction = PredictionController(self.document, self.session, self.client, self)
        self.inspection = InspectionController(self.document, self.client, self)
        self.labelling = LabellingController(self.document, self.view_state, self)

    def shutdown(self) -> None:
        """Finish the stroke, end all work, and return once every edit is on disk."""
        self.labelling.end_stroke()
        self.client.shutdown()
        self.prediction.shutdown()
        self.document.shutdown()
        self.session.shutdown()
