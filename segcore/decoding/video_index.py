"""Where the frames of a video are: their times in order, and which of them stand by themselves.

A packet of most codecs holds one frame, so that an index needs no decoding. Where that is not sure
(packets without times, with equal times, of codecs that hide frames, a file with a damaged end)
the frames are decoded once and counted as they come.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from segcore.decoding.video_frames import decoded_frames, what_was_said
from segcore.errors import VideoError, readable

ONE_FRAME_A_PACKET = frozenset(
    ("h264", "hevc", "av1", "vp9", "mjpeg", "mpeg4", "png", "gif", "apng", "ffv1", "prores")
)
"""Codecs whose packets hold one frame each, in the containers that give them times."""

_FIRST_PAUSE = 0.3
"""Seconds after which what is known of a long file is told."""


@dataclass(frozen=True)
class KeyFrame:
    """A frame from which decoding can begin: its time, and the one to seek to."""

    pts: int
    seek_to: int


@dataclass(frozen=True)
class FrameIndex:
    """The frames of a video.

    Attributes:
        times: of each frame, in the stream's time base, rising; of a video that has none, 0, 1, 2.
        keys: the frames to begin at, in order; the first may come before the first that is shown.
        seekable: whether frames can be told by their times; if not, they are counted from the
            start.
    """

    times: tuple[int, ...]
    keys: tuple[KeyFrame, ...]
    seekable: bool

    def __len__(self) -> int:
        return len(self.times)

    def number_of(self, pts: int) -> int | None:
        """Which frame has that time; None where no frame has."""
        number = bisect_right(self.times, pts) - 1
        return number if number >= 0 and self.times[number] == pts else None

    def key_before(self, number: int) -> int:
        """The index among `keys` of the last one that is not after a frame."""
        found = bisect_right(self.keys, self.times[number], key=lambda key: key.pts) - 1
        return max(found, 0)


def open_video(path: Path) -> tuple[InputContainer, VideoStream]:
    """Open a file and choose its first video stream; decoding uses all cores.

    Raises:
        VideoError: not there, empty, no video, or a codec that is not known.
    """
    name = readable(path)
    try:
        if path.is_file() and path.stat().st_size == 0:
            raise VideoError(f"{name}: the file is empty; copy it again.")
        container = av.open(str(path), metadata_errors="ignore")
    except FileNotFoundError:
        raise VideoError(f"{name}: there is no such file; check the name.") from None
    except (av.FFmpegError, OSError, ValueError) as error:
        trouble = what_was_said(error)
        raise VideoError(
            f"{name}: this is no video that can be read ({trouble}); convert it to MP4."
        ) from error
    if not container.streams.video:
        nothing = not len(container.streams)
        container.close()
        if nothing:
            raise VideoError(f"{name}: the file is cut short or no video; copy it again.")
        raise VideoError(f"{name}: there is no video in the file, sound at most; give another.")
    stream = container.streams.video[0]
    if not has_decoder(stream):
        container.close()
        raise VideoError(
            f"{name}: its codec is not known here; convert it with another program to H.264 in MP4."
        )
    stream.thread_type = "AUTO"
    return container, stream


def has_decoder(stream: VideoStream) -> bool:
    """Whether the frames of a stream can be decoded; what the types of PyAV do not tell."""
    context: object = stream.codec_context
    return context is not None


def build_index(path: Path) -> FrameIndex:
    """Find every frame of a file.

    Raises:
        VideoError: the file cannot be opened, or not one frame can be decoded.
    """
    *_, index = growing_index(path)
    assert index is not None
    return index


def growing_index(path: Path) -> Iterator[FrameIndex | None]:
    """What is known of a file's frames, every now and then while it is read; the last is all.

    Each is the beginning of the next one. None says that nothing is known yet.

    Raises:
        VideoError: the file cannot be opened, or not one frame can be decoded.
    """
    scan = _PacketScan(path)
    yield from scan.run()
    if scan.can_be_trusted:
        yield scan.index()
        return
    index = None
    for index in _by_decoding(path):
        yield index
    if index is None or not len(index):
        raise VideoError(f"{readable(path)}: not one frame can be decoded; copy the file again.")


class _Pace:
    """When it is time to tell: ever more rarely, as telling takes longer the more there is."""

    def __init__(self) -> None:
        self._pause = _FIRST_PAUSE
        self._next = time.monotonic() + self._pause

    def is_due(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._pause *= 1.25
        self._next = time.monotonic() + self._pause
        return True


class _Packet(NamedTuple):
    """What is kept of a packet; an edit list may cut away a frame on which shown ones depend."""

    pts: int
    dts: int | None
    is_key: bool
    is_shown: bool


class _PacketScan:
    """What the packets of a file say without being decoded."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: list[_Packet] = []
        self._by_dts = True
        self.can_be_trusted = False

    def run(self) -> Iterator[FrameIndex | None]:
        """Read the packets; what is sure of them is told every now and then."""
        container, stream = open_video(self._path)
        pace = _Pace()
        with container:
            trusted = stream.codec_context.name in ONE_FRAME_A_PACKET
            # Matroska seeks by the time of showing, most others by the time of decoding.
            self._by_dts = "matroska" not in container.format.name
            try:
                for packet in container.demux(stream) if trusted else ():
                    if not packet.size:
                        continue
                    if packet.pts is None or packet.is_corrupt:
                        trusted = False
                        break
                    self._found.append(
                        _Packet(packet.pts, packet.dts, packet.is_keyframe, not packet.is_discard)
                    )
                    if pace.is_due():
                        yield self._index_until(packet.dts)
            except (av.FFmpegError, OSError):
                trusted = False  # cut short
        self.can_be_trusted = trusted and self._is_plain(self._found)

    def index(self) -> FrameIndex:
        """Of all packets."""
        return self._index_of(self._found)

    def _index_until(self, dts: int | None) -> FrameIndex | None:
        """Of the frames that nothing to come can be shown before."""
        if dts is None:
            return None
        sure = [packet for packet in self._found if packet.pts <= dts]
        return self._index_of(sure) if self._is_plain(sure) and self._found[0].is_key else None

    @staticmethod
    def _is_plain(packets: list[_Packet]) -> bool:
        shown = [packet.pts for packet in packets if packet.is_shown]
        return len({*shown}) == len(shown) > 0 and any(packet.is_key for packet in packets)

    def _index_of(self, packets: list[_Packet]) -> FrameIndex:
        ordered = sorted(packets, key=lambda packet: packet.pts)
        keys = [
            KeyFrame(
                packet.pts,
                packet.dts if self._by_dts and packet.dts is not None else packet.pts,
            )
            for packet in ordered
            if packet.is_key
        ]
        # Frames before the first key frame cannot be decoded.
        times = [each.pts for each in ordered if each.is_shown and each.pts >= keys[0].pts]
        return FrameIndex(tuple(times), tuple(keys), seekable=True)


def _by_decoding(path: Path) -> Iterator[FrameIndex | None]:
    container, stream = open_video(path)
    times: list[int | None] = []
    keys: list[KeyFrame] = []
    pace = _Pace()
    with container:
        for frame in decoded_frames(container, stream):
            times.append(frame.pts)
            if frame.key_frame and frame.pts is not None:
                seek_to = frame.pts if frame.dts is None else min(frame.pts, frame.dts)
                keys.append(KeyFrame(frame.pts, seek_to))
            if pace.is_due():
                yield _index_of_decoded(times, keys)
    yield _index_of_decoded(times, keys)


def _index_of_decoded(times: list[int | None], keys: list[KeyFrame]) -> FrameIndex:
    known = [time for time in times if time is not None]
    rising = len(known) == len(times) and all(a < b for a, b in pairwise(known))
    if rising and keys:
        return FrameIndex(tuple(known), tuple(keys), seekable=True)
    return FrameIndex(tuple(range(len(times))), (KeyFrame(0, 0),), seekable=False)
