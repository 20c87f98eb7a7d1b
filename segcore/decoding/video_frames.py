"""The frames of a video as they come out of the decoder, and as upright RGB pictures."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

RGB = npt.NDArray[np.uint8]

_UNSPECIFIED = 2
_HIGH_DEFINITION = 720
"""Lines from which on a video that does not say so is in BT.709, as players take it."""


def decoded_frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Every frame that can be decoded from here on, in the order of showing.

    What is damaged is passed over; a file that is cut short ends where it is cut.
    """
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError, OSError):
            break
        if packet.size:
            yield from _decoded(packet.decode)
    yield from _decoded(lambda: stream.decode(None))


def _decoded(decode: object) -> list[VideoFrame]:
    assert callable(decode)
    try:
        return [frame for frame in decode() if isinstance(frame, VideoFrame)]
    except (av.FFmpegError, EOFError):
        return []


def rgb_of(frame: VideoFrame) -> RGB:
    """(H, W, 3) uint8 RGB, upright; the colours as the video, or the custom of its size, says."""
    said = int(frame.colorspace)
    if said == _UNSPECIFIED:
        high = frame.height >= _HIGH_DEFINITION
        said = int(Colorspace.ITU709 if high else Colorspace.ITU601)
    picture = frame.reformat(format="rgb24", src_colorspace=said).to_ndarray()
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(picture, turns))


def upright_size(frame: VideoFrame) -> tuple[int, int]:
    """(height, width) of the picture that `rgb_of` makes."""
    sideways = round(frame.rotation / 90) % 2
    return (frame.width, frame.height) if sideways else (frame.height, frame.width)


def what_was_said(error: Exception) -> str:
    """FFmpeg's own words, without numbers and paths."""
    words = getattr(error, "strerror", None) or str(error)
    return " ".join(str(words).split())[:120]
