"""Cameras and streams as they come: the newest frame is at hand, older ones are let go."""

from __future__ import annotations

import re
import sys
import threading
import time
from typing import Any, NamedTuple, Self

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from segcore.decoding.video_frames import RGB, rgb_of, what_was_said
from segcore.decoding.video_index import has_decoder
from segcore.errors import VideoError

PATIENCE = 10.0
"""Seconds after which a camera or stream of which nothing comes is given up."""

_DEVICES = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
_PLATFORM: str = sys.platform
_DRAWN = "lavfi:"
_SECRETS = re.compile(r"//[^/@]*@")


class LiveFrame(NamedTuple):
    """A frame as it came.

    Attributes:
        number: counted from 0 over all that came, whether somebody looked or not.
        image: (H, W, 3) uint8 RGB, upright.
    """

    number: int
    image: RGB


class Camera(NamedTuple):
    """A camera of this machine: what `LiveSource` opens, and what a person calls it."""

    address: str
    title: str


class LiveSource:
    """A camera or stream, read on a thread of its own; closes with `close` or `with`.

    Args:
        address: a camera's number as `cameras` counts, a URL that FFmpeg reads (`rtsp://`,
            `http://` …), `lavfi:` and one of FFmpeg's test pictures, or a file, which runs at its
            own speed.
        patience: seconds to wait for it to open, and for a next frame.
    """

    def __init__(self, address: str, *, patience: float = PATIENCE) -> None:
        self.address = address
        self._patience = patience
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._newest: tuple[int, VideoFrame] | None = None
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it; whoever waits for a frame gets none."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()

    def newest(self, after: int = -1) -> LiveFrame | None:
        """The newest frame with a number above `after`, waiting for one; None once closed.

        Raises:
            VideoError: it cannot be opened, has ended, or nothing comes any more; one sentence.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._closing.is_set() or self._trouble or self._number > after
            )
            if self._closing.is_set():
                return None
            if self._number <= after:
                raise VideoError(self._trouble)
            assert self._newest is not None
            number, frame = self._newest
        return LiveFrame(number, rgb_of(frame))

    @property
    def _number(self) -> int:
        return -1 if self._newest is None else self._newest[0]

    def _run(self) -> None:
        try:
            trouble = self._read()
        except VideoError as error:
            trouble = str(error)
        except (av.FFmpegError, OSError, ValueError) as error:
            trouble = self._words(error)
        except Exception as error:  # noqa: BLE001 - whoever waits must be told
            trouble = f"{self.title} cannot be read ({error}): choose another source."
        with self._changed:
            self._trouble = trouble
            self._changed.notify_all()

    def _read(self) -> str:
        """Take frames until there are no more; why that is."""
        with self._opened() as container:
            if not container.streams.video:
                raise VideoError(f"{self.title} sends no pictures: choose another source.")
            stream = container.streams.video[0]
            if not has_decoder(stream):
                raise VideoError(f"{self.title} sends a codec that is not known: choose another.")
            stream.thread_type = "SLICE"  # frames that wait for each other would come late
            unhurried = container.duration or self.address.startswith(_DRAWN)
            pace = _Pace(stream) if unhurried else None
            for number, frame in enumerate(_frames(container, stream)):
                if pace is not None:
                    self._closing.wait(pace.seconds_until(frame))
                if self._closing.is_set():
                    return ""
                with self._changed:
                    self._newest = number, frame
                    self._changed.notify_all()
        return f"{self.title} has ended."

    def _opened(self) -> InputContainer:
        words: dict[str, Any] = {"timeout": (self._patience, self._patience)}
        if self.address.isdigit():
            place, words["format"] = _camera_place(int(self.address)), _DEVICES.get(_PLATFORM)
            return _input(place, words)
        if self.address.startswith(_DRAWN):
            return _input(self.address.removeprefix(_DRAWN), words | {"format": "lavfi"})
        if self.address.startswith("rtsp:"):
            words["options"] = {"rtsp_transport": "tcp"}
        return _input(self.address, words | {"metadata_errors": "ignore"})

    @property
    def title(self) -> str:
        """What to call it, without a password."""
        if self.address.isdigit():
            return f"Camera {self.address}"
        return _SECRETS.sub("//", self.address)

    def _words(self, error: Exception) -> str:
        if isinstance(error, av.error.ExitError):
            return f"{self.title}: nothing has come for {self._patience:g} seconds; try it again."
        said = what_was_said(error)
        if self.address.isdigit():
            return f"{self.title} is not there ({said}): plug it in, or choose another."
        return f"{self.title} cannot be opened ({said}): check the address, and that it is sent."


def _input(place: str, words: dict[str, Any]) -> InputContainer:
    container = av.open(place, **words)
    assert isinstance(container, InputContainer)
    return container


class _Pace:
    """What is no camera comes as fast as it is read: its frames wait for their time."""

    def __init__(self, stream: VideoStream) -> None:
        self._base = stream.time_base
        self._begin: float | None = None

    def seconds_until(self, frame: VideoFrame) -> float:
        if frame.pts is None or self._base is None:
            return 0.0
        due = float(frame.pts * self._base)
        if self._begin is None:
            self._begin = time.monotonic() - due
        return max(self._begin + due - time.monotonic(), 0.0)


def cameras() -> list[Camera]:
    """The cameras of this machine, in the order in which `LiveSource` counts them."""
    found = _devices()
    if _PLATFORM == "linux":
        numbers = [re.fullmatch(r"/dev/video(\d+)", device.name) for device in found]
        return [
            Camera(number[1], device.description)
            for number, device in zip(numbers, found)
            if number is not None
        ]
    return [Camera(str(number), device.description) for number, device in enumerate(found)]


def _devices() -> list[Any]:
    kind = _DEVICES.get(_PLATFORM)
    if kind is None:
        return []
    try:
        found = av.enumerate_input_devices(kind)
    except (av.FFmpegError, OSError, ValueError):
        return []  # a machine without such devices
    return [device for device in found if "video" in (device.media_types or ["video"])]


def _camera_place(number: int) -> str:
    """What FFmpeg calls a camera."""
    if _PLATFORM == "linux":
        return f"/dev/video{number}"
    if _PLATFORM == "win32":
        found = _devices()
        if number >= len(found):
            raise VideoError(f"Camera {number} is not there: plug it in, or choose another.")
        return f"video={found[number].name}"
    return str(number)


def _frames(container: InputContainer, stream: VideoStream) -> Any:
    """Frames as they are decoded; damaged ones are passed over."""
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue
