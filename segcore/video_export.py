"""Videos with labels laid over their frames: H.264 in MP4, with the sound of the original.

What is written is a fragmented MP4: whatever ends the work, a full disk too, the frames done so
far can be played.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.packet import Packet

from segcore.classes import ClassTable
from segcore.errors import VideoError, readable
from segcore.labels import LabelMap
from segcore.render import blend
from segcore.video import Video

RGB = npt.NDArray[np.uint8]

_TIME_BASE = Fraction(1, 90_000)
_OPTIONS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
_QUALITY = {"crf": "20", "preset": "veryfast"}
_IN_MP4 = frozenset(("aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"))
"""Codecs of sound that are copied as they are; others become AAC."""


def laid_over(
    image: RGB,
    labels: LabelMap | None,
    classes: ClassTable,
    *,
    opacity: float = 0.5,
    side_by_side: bool = False,
) -> RGB:
    """A frame with its labels over it; with `side_by_side` the bare frame stands left of it."""
    shown = image if labels is None else blend(image, labels, classes, opacity)
    return np.concatenate([image, shown], axis=1) if side_by_side else shown


class VideoWriter:
    """Writes frames one by one; closes with `close` or at the end of `with`.

    Args:
        path: of the MP4; what is there is replaced.
        rate: frames a second, for players that want one.
        sound: a file whose sound goes along, if it has any.
        begin: where in `sound` the first frame is, in seconds.

    Raises:
        VideoError: the file cannot be written, in one sentence.
    """

    def __init__(
        self, path: Path, rate: float, *, sound: Path | None = None, begin: float = 0.0
    ) -> None:
        self.path, self.frames = path, 0
        if path.suffix.lower() not in (".mp4", ".m4v"):
            raise VideoError(f"{readable(path)}: videos are written as MP4; end the name in .mp4.")
        self._begin = begin
        self._stream: Any = None
        self._sound: _Sound | None = None
        self._rate = Fraction(rate).limit_denominator(60_000) if rate > 0 else Fraction(25)
        self._last = -1
        self._given_up = False
        try:
            path.open("wb").close()  # FFmpeg itself only tries when the first frame comes
            self._out = av.open(str(path), "w", format="mp4", options=_OPTIONS)
        except (av.FFmpegError, OSError) as error:
            raise self._trouble(error) from error
        self._sound_path = sound

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            with suppress(VideoError):
                self.close()

    def add(self, frame: RGB, seconds: float) -> None:
        """Add a frame, (H, W, 3) uint8 RGB, that is shown so many seconds after the first one.

        Raises:
            VideoError: the disk is full, or the frame has another size than the first.
        """
        even = _even(frame)
        try:
            if self._stream is None:
                self._start(even)
            elif even.shape[:2] != (self._stream.height, self._stream.width):
                raise VideoError(
                    f"Frame {self.frames} has another size than the first: export it by itself."
                )
            picture = av.VideoFrame.from_ndarray(even, format="rgb24")
            picture.pts = self._last = max(round(seconds / _TIME_BASE), self._last + 1)
            picture.time_base = _TIME_BASE
            self._out.mux(self._stream.encode(picture))
            if self._sound is not None:
                self._out.mux(self._sound.until(seconds))
        except (av.FFmpegError, OSError) as error:
            raise self._trouble(error) from error
        self.frames += 1

    def close(self) -> None:
        """Write what is left.

        Raises:
            VideoError: the disk is full; what is there can be played all the same.
        """
        if self._given_up:
            return
        try:
            if self._stream is not None:
                self._out.mux(self._stream.encode(None))
                if self._sound is not None:
                    self._out.mux(self._sound.until(self._last * float(_TIME_BASE)))
                    self._out.mux(self._sound.rest())
                self._stream = None
            self._out.close()
        except (av.FFmpegError, OSError) as error:
            raise self._trouble(error) from error
        finally:
            if self._sound is not None:
                self._sound.close()
                self._sound = None

    def _start(self, frame: RGB) -> None:
        stream = self._out.add_stream("libx264", rate=self._rate, options=_QUALITY)
        stream.height, stream.width = frame.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = _TIME_BASE
        stream.codec_context.gop_size = max(round(float(self._rate)), 12)
        self._stream = stream
        if self._sound_path is not None:
            self._sound = _Sound.of(self._sound_path, self._out, self._begin)

    def _trouble(self, error: Exception) -> VideoError:
        words = getattr(error, "strerror", None) or str(error)
        whole = self._give_up()
        kept = f"; its first {whole} frames can be played" if whole else ""
        return VideoError(
            f"{readable(self.path)} cannot be written ({words}){kept}: make room or choose another "
            "folder."
        )

    def _give_up(self) -> int:
        """Let go of the file; how many frames of it are whole."""
        if self._stream is None or self._given_up:
            return 0
        self._given_up = True
        with suppress(av.FFmpegError, OSError):
            self._out.close()
        if self._sound is not None:
            self._sound.close()
            self._sound = None
        with suppress(VideoError), Video(self.path) as written:
            return len(written)
        return 0


class _Sound:
    """The sound of a file from a moment on, as packets for another one."""

    def __init__(
        self, source: Any, stream: AudioStream, target: Any, *, copies: bool, begin: float
    ) -> None:
        self._source, self._target, self._copies, self._from = source, target, copies, begin
        self._packets = self._converted(stream)
        self._next: Packet[Any] | None = next(self._packets, None)

    @classmethod
    def of(cls, path: Path, out: Any, begin: float) -> _Sound | None:
        """None where there is no sound, or none that can be read."""
        try:
            source = av.open(str(path), metadata_errors="ignore")
        except (av.FFmpegError, OSError):
            return None
        if not source.streams.audio:
            source.close()
            return None
        stream = source.streams.audio[0]
        copies = stream.codec_context.name in _IN_MP4
        if copies:
            target = out.add_stream_from_template(stream)
        else:
            target = out.add_stream("aac", rate=stream.codec_context.sample_rate)
        if begin > 0:
            with suppress(av.FFmpegError, OSError):
                source.seek(int(begin * av.time_base), backward=True)
        return cls(source, stream, target, copies=copies, begin=begin)

    def until(self, seconds: float) -> list[Packet[Any]]:
        """The packets that are heard up to a moment after the first frame."""
        found = []
        while self._next is not None and _seconds(self._next) <= seconds:
            found.append(self._next)
            self._next = next(self._packets, None)
        return found

    def rest(self) -> list[Packet[Any]]:
        """Nothing more is heard; the encoder gives what it still holds."""
        return [] if self._copies else list(self._target.encode(None))

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()

    def _converted(self, stream: AudioStream) -> Iterator[Packet[Any]]:
        with suppress(av.FFmpegError, OSError):
            for packet in self._source.demux(stream):
                if packet.pts is None or packet.time_base is None:
                    continue
                shift = round(self._from / packet.time_base)
                if packet.pts < shift:
                    continue
                if self._copies:
                    packet.pts -= shift
                    packet.dts = packet.pts
                    packet.stream = self._target
                    yield packet
                    continue
                for frame in packet.decode():
                    if frame.pts is not None:
                        frame.pts -= shift
                    for coded in self._target.encode(frame):
                        if coded.pts is not None:
                            yield coded


def _seconds(packet: Packet[Any]) -> float:
    if packet.pts is None or packet.time_base is None:
        return 0.0
    return float(packet.pts * packet.time_base)


def _even(frame: RGB) -> RGB:
    """H.264 wants even sides: an odd one gets its last row or column twice."""
    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(frame)
