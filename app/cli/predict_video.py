"""`predict VIDEO --overlay OUT.mp4`: the label maps that were written, laid over their video."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from segcore.classes import ClassTable
from segcore.decoding.animation import moves
from segcore.errors import RequestError, VideoError, readable
from segcore.folders import is_image_path
from segcore.labels import read_label_map
from segcore.progress import ProgressCallback, Ticker

if TYPE_CHECKING:
    from segcore.batch.contract import BatchPredictor
    from segcore.inference import Predictor


def the_one_video(inputs: Sequence[Path]) -> Path:
    """The video among the inputs.

    Raises:
        RequestError: there is none, or more than one.
    """
    videos = [path for path in inputs if moves(path)]
    if len(videos) != 1 or len(inputs) != 1:
        raise RequestError("--overlay needs one video as the only input: name one.")
    return videos[0]


def smoothed(predictor: Predictor, weight: float) -> BatchPredictor:
    """The predictor with its logits smoothed from frame to frame."""
    from segcore.batch.smoothed import SmoothedPredictor

    return cast("BatchPredictor", SmoothedPredictor(predictor, weight))


def write_overlay(
    video: Path,
    maps: Path,
    target: Path,
    classes: ClassTable,
    *,
    opacity: float,
    side_by_side: bool,
    progress: ProgressCallback,
    on_error: Callable[[str], None],
) -> int:
    """Write `target` from a video and the folder with its label maps; how many frames it has.

    Frames without a label map are written as they are; `on_error` is told of damaged ones, which
    are left out.

    Raises:
        VideoError: the video cannot be read, or the target not be written.
    """
    from segcore.video import Video
    from segcore.video_export import VideoWriter, laid_over

    if not maps.is_dir():
        raise RequestError(f"There are no label maps in {readable(maps)}: predict the video first.")
    sound = None if is_image_path(video) else video
    with Video(video) as frames, VideoWriter(target, frames.rate, sound=sound) as out:
        ticker = Ticker(len(frames), progress)
        for number in range(len(frames)):
            try:
                image = frames[number]
            except VideoError as error:
                on_error(str(error))
                continue
            path = maps / f"{number:06}.png"
            labels = read_label_map(path).labels if path.exists() else None
            frame = laid_over(image, labels, classes, opacity=opacity, side_by_side=side_by_side)
            out.add(frame, frames.time_of(number))
            ticker.tick(str(number))
        return out.frames
