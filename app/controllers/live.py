"""A camera or stream: its newest frame is shown, the model follows, single frames are kept."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.inference.client import InferenceClient
from app.inference.inquiries.live import LiveInquiry
from app.inference.inquiry import InquiryAnswer
from app.inference.jobs import JobStatus
from app.inference.requests import Image, ModelInfo
from app.relay import Relay
from app.session import Session
from app.user_error import UserError, user_error
from segcore.errors import SegcoreError
from segcore.project import Project
from segcore.project.names import LIVE

if TYPE_CHECKING:
    from segcore.live import Camera, LiveSource

_MEASURED = 2.0  # seconds over which rates are measured


class LiveController(QObject):
    """Watches one source at a time; the picture that was open comes back when it stops.

    `frameShown(image)`: the newest frame; `labelsFound(Prediction)`: of the newest that the model
    has done; `ratesChanged(shown, labelled)` a second; `kept(name)`: a frame is in the project.
    """

    watchingChanged = Signal(bool)
    frameShown = Signal(object)
    labelsFound = Signal(object)
    ratesChanged = Signal(float, float)
    camerasFound = Signal(object)
    kept = Signal(str)
    failed = Signal(object)

    def __init__(
        self, session: Session, client: InferenceClient, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._client = session, client
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "live-keep")
        self._model: ModelInfo | None = None
        self._source: LiveSource | None = None
        self._address = ""
        self._image: Image | None = None
        self._asked: LiveInquiry | None = None
        self._left = -1
        self._drawn = threading.Event()
        self._shown, self._labelled, self._since = 0, 0, 0.0
        client.modelLoaded.connect(self._take_model)
        client.inquiryAnswered.connect(self._take_answer)
        client.jobChanged.connect(self._follow_job)
        session.currentChanged.connect(self._follow_session)
        session.projectLeaving.connect(self._end)

    @property
    def is_watching(self) -> bool:
        """Whether a source is open, or on its way."""
        return self._source is not None

    def look_for_cameras(self) -> None:
        """`camerasFound` brings those of this machine."""
        self._thread.submit(self._find_cameras)

    def watch(self, address: str) -> None:
        """Show a source in the place of the open picture, which is closed meanwhile."""
        from segcore.live import LiveSource  # brings FFmpeg

        self.stop()
        self._left = self._session.leave_picture()
        self._address = address
        self._image = None
        self._shown, self._labelled, self._since = 0, 0, time.monotonic()
        self._source = source = LiveSource(address)
        self._drawn.set()
        threading.Thread(target=self._read, args=(source,), name="live-show", daemon=True).start()
        self.watchingChanged.emit(self.is_watching)

    def stop(self) -> None:
        """Let go of the source; the picture of before is opened again."""
        if self._source is None:
            return
        self._end()
        if self._session.current < 0:
            self._session.open_index(self._left)

    def keep(self) -> None:
        """Make the frame that is shown a picture of the project."""
        project, image = self._session.project, self._image
        if image is None:
            return
        if project is None or project.read_only:
            sentence = self.tr("The frame cannot be kept: open a project that can be written.")
            self.failed.emit(UserError(sentence))
            return
        moment = datetime.now().strftime("%Y-%m-%d %H.%M.%S.%f")[:-3]
        self._thread.submit(self._keep, project, image, f"{moment}.png")

    def shutdown(self) -> None:
        """End the threads."""
        self._end()
        self._thread.shutdown(wait=True)
        self._relay.close()

    def _end(self) -> None:
        source, self._source = self._source, None
        self._asked = self._image = None
        self._drawn.set()
        if source is not None:
            source.close()
            self._client.cancel(LiveInquiry.kind)
            self.watchingChanged.emit(self.is_watching)

    def _read(self, source: LiveSource) -> None:
        """On a thread of its own: one frame after the other, as fast as they are painted."""
        number = -1
        try:
            while (frame := source.newest(number)) is not None:
                self._drawn.wait(1.0)
                self._drawn.clear()
                number = frame.number
                self._relay.post(self._show, source, frame.image)
        except SegcoreError as error:
            self._relay.post(self._fail, source, UserError(str(error)))

    def _show(self, source: LiveSource, image: Image) -> None:
        if source is self._source:
            self._image = image
            self.frameShown.emit(image)
            self._shown += 1
            self._ask()
            self._measure()
        self._drawn.set()

    def _ask(self) -> None:
        """The model gets the newest frame as soon as it is done with another one."""
        if self._asked is None and self._model is not None and self._image is not None:
            self._asked = LiveInquiry(self._model.spec, self._address, self._image)
            self._client.submit(self._asked)

    def _measure(self) -> None:
        now = time.monotonic()
        seconds = now - self._since
        if seconds >= _MEASURED:
            self.ratesChanged.emit(self._shown / seconds, self._labelled / seconds)
            self._shown, self._labelled, self._since = 0, 0, now

    def _take_model(self, info: ModelInfo) -> None:
        self._model = info
        self._asked = None

    def _take_answer(self, answer: InquiryAnswer) -> None:
        if answer.inquiry is self._asked and self._asked is not None:
            self._asked = None
            self._labelled += 1
            self.labelsFound.emit(answer.value)

    def _follow_job(self, status: JobStatus) -> None:
        """A model that fails is not asked again; its sentence is said once."""
        if status.kind == LiveInquiry.kind and status.error and self._source is not None:
            self._model = None
            self.failed.emit(UserError(status.error, status.details))

    def _follow_session(self, index: int) -> None:
        """Whoever opens a picture has seen enough."""
        if index >= 0 and self._source is not None:
            self._end()

    def _fail(self, source: LiveSource, failure: UserError) -> None:
        if source is self._source:
            self.failed.emit(failure)
            self.stop()

    def _keep(self, project: Project, image: Image, name: str) -> None:
        from PIL import Image as Pillow

        from segcore.atomic import replacing

        try:
            folder = project.folder / LIVE
            folder.mkdir(exist_ok=True)
            with replacing(folder / name) as stream:
                Pillow.fromarray(image).save(stream, "PNG", compress_level=1)
            names = project.add([Path(folder / name)])
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The frame could not be kept"))
            self._relay.post(self._tell_failed, failure)
        else:
            self._relay.post(self._take_kept, project, names[0])

    def _take_kept(self, project: Project, name: str) -> None:
        if project is self._session.project:
            self._session.list_also([name])
            self._left = self._session.names.index(name)
            self.kept.emit(name)

    def _tell_failed(self, failure: UserError) -> None:
        self.failed.emit(failure)

    def _find_cameras(self) -> None:
        from segcore.live import cameras

        self._relay.post(self._tell_cameras, cameras())

    def _tell_cameras(self, found: list[Camera]) -> None:
        self.camerasFound.emit(found)
