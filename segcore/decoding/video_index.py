"""Where the frames of a video are: their times in order, and which of them stand by themselves.

A packet of most codecs holds one frame, so that an index needs no decoding. Where that is not sure
(packets without times, with equal times, of codecs that hide frames, a file with a damaged end)
the frames are decoded once and counted as they come.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from segcore.decoding.video_frames import decoded_frames, what_was_said
from segcore.errors import VideoError, readable

ONE_FRAME_A_PACKET = frozenset(
    ("h264", "hevc", "av1", "vp9", "mjpeg", "mpeg4", "png", "gif", "apng", "ffv1", "prores")
)
"""Codecs whose packets hold one frame each, in the containers that give them times."""


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
        keys: the frames to begin at, in order; the first frame is one.
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
    stream.thread_type = "AUTO"
    return container, stream


def build_index(path: Path) -> FrameIndex:
    """Find every frame of a file.

    Raises:
        VideoError: the file cannot be opened, or not one frame can be decoded.
    """
    packets = _PacketScan.of(path)
    index = packets.index() if packets.can_be_trusted else _by_decoding(path)
    if not len(index):
        raise VideoError(f"{readable(path)}: not one frame can be decoded; copy the file again.")
    return index


@dataclass
class _PacketScan:
    """What the packets of a file say without being decoded."""

    packets: list[tuple[int, int | None, bool]]  # pts, dts, whether decoding can begin there
    by_dts: bool
    can_be_trusted: bool

    @classmethod
    def of(cls, path: Path) -> _PacketScan:
        container, stream = open_video(path)
        with container:
            trusted = stream.codec_context.name in ONE_FRAME_A_PACKET
            # Matroska seeks by the time of showing, most others by the time of decoding.
            by_dts = "matroska" not in container.format.name
            found: list[tuple[int, int | None, bool]] = []
            try:
                for packet in container.demux(stream):
                    if not packet.size or packet.is_discard:
                        continue
                    if packet.pts is None or packet.is_corrupt:
                        trusted = False
                        break
                    found.append((packet.pts, packet.dts, packet.is_keyframe))
            except (av.FFmpegError, OSError):
                trusted = False  # cut short
        times = {pts for pts, _, _ in found}
        trusted &= len(times) == len(found) > 0 and any(key for _, _, key in found)
        return cls(found, by_dts, trusted)

    def index(self) -> FrameIndex:
        ordered = sorted(self.packets, key=lambda packet: packet[0])
        keys = [
            KeyFrame(pts, dts if self.by_dts and dts is not None else pts)
            for pts, dts, is_key in ordered
            if is_key
        ]
        # Frames before the first key frame cannot be decoded.
        times = [pts for pts, _, _ in ordered if pts >= keys[0].pts]
        return FrameIndex(tuple(times), tuple(keys), seekable=True)


def _by_decoding(path: Path) -> FrameIndex:
    container, stream = open_video(path)
    times: list[int | None] = []
    keys: list[KeyFrame] = []
    with container:
        for frame in decoded_frames(container, stream):
            times.append(frame.pts)
            if frame.key_frame and frame.pts is not None:
                seek_to = frame.pts if frame.dts is None else min(frame.pts, frame.dts)
                keys.append(KeyFrame(frame.pts, seek_to))
    known = [time for time in times if time is not None]
    rising = len(known) == len(times) and all(a < b for a, b in pairwise(known))
    if rising and keys:
        return FrameIndex(tuple(known), tuple(keys), seekable=True)
    return FrameIndex(tuple(range(len(times))), (KeyFrame(0, 0),), seekable=False)
