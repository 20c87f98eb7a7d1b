"""Where the picture lies in the view: image pixels <-> screen pixels, as plain numbers.

Two frames: image pixels, in which pixel x covers [x, x + 1), and *device* pixels of the view, which
are the real ones of the screen. Qt's logical pixels are device pixels divided by `ratio`. At scale
1 one image pixel is one device pixel, so that 100 % is sharp on every screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from segcore.geometry import Box, Size

FIT_MARGIN = 0.98
LARGEST_SCALE = 64.0
ZOOM_STEPS_PER_DOUBLING = 2

PointF = tuple[float, float]


@dataclass(frozen=True)
class Viewport:
    """One way of looking at a picture; every change returns a new one.

    Attributes:
        image_size: (height, width) in image pixels.
        view_size: (height, width) in device pixels.
        scale: device pixels per image pixel.
        offset: (x, y) of the picture's upper left corner in device pixels, before rounding.
        ratio: device pixels per logical pixel.
    """

    image_size: Size = (1, 1)
    view_size: Size = (1, 1)
    scale: float = 1.0
    offset: PointF = (0.0, 0.0)
    ratio: float = 1.0

    @property
    def origin(self) -> tuple[int, int]:
        """(x, y) of the picture's corner in whole device pixels: where it is painted."""
        return round(self.offset[0]), round(self.offset[1])

    @property
    def fit_scale(self) -> float:
        """The scale at which the whole picture is seen."""
        height, width = self.image_size
        view_height, view_width = self.view_size
        return FIT_MARGIN * min(view_height / height, view_width / width)

    @property
    def scale_range(self) -> tuple[float, float]:
        """The smallest and the largest scale that make sense for this picture and view."""
        return min(1.0, self.fit_scale) / 4, max(LARGEST_SCALE, self.fit_scale)

    def fitted(self) -> Viewport:
        """The whole picture in the middle of the view."""
        scale = self.fit_scale
        height, width = self.image_size
        offset = (
            (self.view_size[1] - width * scale) / 2,
            (self.view_size[0] - height * scale) / 2,
        )
        return replace(self, scale=scale, offset=offset)

    def zoomed(self, scale: float, anchor: PointF | None = None) -> Viewport:
        """Another scale, with the image point under `anchor` (device pixels) staying there.

        Without an anchor it is the middle of the view. The scale is kept within `scale_range`.
        """
        lowest, highest = self.scale_range
        scale = min(max(scale, lowest), highest)
        x, y = anchor if anchor is not None else self.centre
        change = scale / self.scale
        offset = (x - (x - self.offset[0]) * change, y - (y - self.offset[1]) * change)
        return replace(self, scale=scale, offset=offset)._kept_in_sight()

    def panned(self, dx: float, dy: float) -> Viewport:
        """The picture moved by device pixels; the middle of the view stays on the picture."""
        return replace(self, offset=(self.offset[0] + dx, self.offset[1] + dy))._kept_in_sight()

    def resized(self, view_size: Size, ratio: float) -> Viewport:
        """Another size of the view; what was in its middle stays there."""
        x, y = self._unrounded(self.centre)
        moved = replace(self, view_size=view_size, ratio=ratio)
        centre_x, centre_y = moved.centre
        offset = (centre_x - x * self.scale, centre_y - y * self.scale)
        return replace(moved, offset=offset)

    def showing(self, point: PointF, margin: float) -> Viewport:
        """Moved by as little as brings an image point at least `margin` device pixels inside."""
        x, y = self.to_device(point)
        height, width = self.view_size
        margin = min(margin, height / 2, width / 2)
        dx = max(margin - x, 0.0) + min(width - margin - x, 0.0)
        dy = max(margin - y, 0.0) + min(height - margin - y, 0.0)
        return self.panned(dx, dy) if dx or dy else self

    def centred_on(self, point: PointF) -> Viewport:
        """Moved so that an image point comes to the middle of the view, as far as that goes."""
        x, y = self.to_device(point)
        return self.panned(self.centre[0] - x, self.centre[1] - y)

    @property
    def centre(self) -> PointF:
        """The middle of the view in device pixels."""
        return self.view_size[1] / 2, self.view_size[0] / 2

    def to_image(self, device: PointF) -> PointF:
        """The image point painted at a point of the view."""
        x, y = self.origin
        return (device[0] - x) / self.scale, (device[1] - y) / self.scale

    def to_device(self, point: PointF) -> PointF:
        """Where in the view an image point is painted."""
        x, y = self.origin
        return point[0] * self.scale + x, point[1] * self.scale + y

    def pixel_at(self, device: PointF) -> tuple[int, int]:
        """The (x, y) of the image pixel under a point of the view; it may lie outside."""
        x, y = self.to_image(device)
        return math.floor(x), math.floor(y)

    def device_box(self, box: Box, margin: int = 0) -> Box:
        """The device pixels that show any part of some image pixels, and `margin` more around."""
        left, top = self.to_device((box.x0, box.y0))
        right, bottom = self.to_device((box.x1, box.y1))
        return Box(
            math.floor(left) - margin,
            math.floor(top) - margin,
            math.ceil(right) + margin,
            math.ceil(bottom) + margin,
        )

    def device_rect(self, x: int, y: int, width: int, height: int) -> Box:
        """The device pixels that a rectangle of logical pixels touches."""
        return Box(
            math.floor(x * self.ratio),
            math.floor(y * self.ratio),
            math.ceil((x + width) * self.ratio),
            math.ceil((y + height) * self.ratio),
        )

    def image_box(self, device: Box) -> Box:
        """The image pixels of which any part is shown in some device pixels, clipped."""
        left, top = self.to_image((device.x0, device.y0))
        right, bottom = self.to_image((device.x1, device.y1))
        box = Box(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))
        return box.clip(*self.image_size)

    @property
    def visible(self) -> Box:
        """The image pixels in view."""
        return self.image_box(Box.of_size(self.view_size))

    def next_scale(self, steps: int) -> float:
        """The scale so many steps up (or down, below 0) on a ladder of powers that holds 1:1."""
        rung = ZOOM_STEPS_PER_DOUBLING * math.log2(self.scale)
        start = math.floor(rung + 1e-6) if steps > 0 else math.ceil(rung - 1e-6)
        return float(2.0 ** ((start + steps) / ZOOM_STEPS_PER_DOUBLING))

    def _unrounded(self, device: PointF) -> PointF:
        return (
            (device[0] - self.offset[0]) / self.scale,
            (device[1] - self.offset[1]) / self.scale,
        )

    def _kept_in_sight(self) -> Viewport:
        centre = self.centre
        extent = (self.image_size[1] * self.scale, self.image_size[0] * self.scale)
        offset = (
            min(max(self.offset[0], centre[0] - extent[0]), centre[0]),
            min(max(self.offset[1], centre[1] - extent[1]), centre[1]),
        )
        return self if offset == self.offset else replace(self, offset=offset)


def passing_one_to_one(before: float, after: float) -> float:
    """`after`, or 1 where a change of scale would jump over 1:1, the sharp one."""
    return 1.0 if (before - 1.0) * (after - 1.0) < 0 else after
