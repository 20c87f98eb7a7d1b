"""A pinhole camera that paints flat panels into a picture and its label map at once.

The world is in metres: X to the right, Y up, Z ahead. Both images are painted at twice their
size; the picture is averaged down and the label map takes one sample a pixel, so that every
pixel has the class of what is really drawn there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

Vector = tuple[float, float, float]

SUPERSAMPLING = 2
NEAR = 0.6
HAZE_DISTANCE = 210.0


@dataclass(frozen=True)
class Panel:
    """A parallelogram in the world with a texture on it.

    `corner` is where the texture's top left lies, `across` runs along its top edge and `down`
    along its left edge, all in metres. `light` multiplies the colours.
    """

    corner: Vector
    across: Vector
    down: Vector
    texture: np.ndarray
    class_id: int
    light: float = 1.0

    @property
    def distance(self) -> float:
        """Z of the panel's middle."""
        return self.corner[2] + 0.5 * (self.across[2] + self.down[2])


@dataclass(frozen=True)
class Shade:
    """A shadow on the ground: a convex outline of (X, Z) points and how much light is left."""

    outline: tuple[tuple[float, float], ...]
    light: float
    softness_m: float = 0.15


@dataclass
class Camera:
    """Where the picture is taken from. The picture is `height` by `width` pixels."""

    width: int = 640
    height: int = 480
    x: float = -1.3
    y: float = 1.5
    z: float = 0.0
    focal: float = 0.8
    horizon: float = 0.45
    haze: tuple[int, int, int] = (196, 204, 210)
    _picture: np.ndarray = field(init=False, repr=False)
    _labels: np.ndarray = field(init=False, repr=False)

    def start(self, sky: np.ndarray, sky_id: int) -> None:
        """Begin a picture with nothing but sky, (h, w, 3) uint8 RGB of any size."""
        size = (self.width * SUPERSAMPLING, self.height * SUPERSAMPLING)
        self._picture = cv2.resize(sky, size, interpolation=cv2.INTER_CUBIC)
        self._labels = np.full((size[1], size[0]), sky_id, np.uint8)

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """The picture (H, W, 3) uint8 RGB and the label map (H, W) uint8."""
        size = (self.width, self.height)
        picture = cv2.resize(self._picture, size, interpolation=cv2.INTER_AREA)
        return picture, self._labels[::SUPERSAMPLING, ::SUPERSAMPLING].copy()

    def paint(self, panel: Panel) -> None:
        """Paint a panel over what is there, in the picture and in the label map."""
        outline = self._outline(panel)
        if outline is None:
            return
        x0, y0, x1, y1 = self._bounds(outline)
        if x0 >= x1 or y0 >= y1:
            return
        texture = _shrunk(panel.texture, max(x1 - x0, 1), max(y1 - y0, 1))
        transform = self._texture_to_screen(panel, texture.shape[:2])
        shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], float)
        warped = cv2.warpPerspective(
            texture,
            shift @ transform,
            (x1 - x0, y1 - y0),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        inside = np.zeros((y1 - y0, x1 - x0), np.uint8)
        fixed = np.round((outline - (x0, y0)) * 16).astype(np.int32)
        cv2.fillConvexPoly(inside, fixed, 1, shift=4)
        cover = (inside > 0) & (warped[..., 3] > 127)
        colour = warped[..., :3].astype(np.float32) * panel.light
        clear = float(np.exp(-max(panel.distance - self.z, 0.0) / HAZE_DISTANCE))
        colour = colour * clear + np.array(self.haze, np.float32) * (1 - clear)
        self._picture[y0:y1, x0:x1][cover] = np.clip(colour, 0, 255).astype(np.uint8)[cover]
        self._labels[y0:y1, x0:x1][cover] = panel.class_id

    def shade(self, shade: Shade) -> None:
        """Darken the ground; the label map stays as it is."""
        world = np.array([(x, 0.0, z) for x, z in shade.outline], float)
        outline = self._project(_clipped(world - (0, 0, self.z)))
        if outline is None:
            return
        mask: np.ndarray = np.zeros(self._labels.shape, np.float32)
        cv2.fillConvexPoly(mask, np.round(outline * 16).astype(np.int32), 1.0, shift=4)
        depth = max(float(np.mean(world[:, 2])) - self.z, 2.0)
        radius = max(1.0, shade.softness_m * self._focal_pixels / depth)
        mask = cv2.GaussianBlur(mask, (0, 0), min(radius, 12.0))
        factor = 1 - mask * (1 - shade.light)
        touched = mask > 0.004
        darker = self._picture[touched] * factor[touched][:, None]
        self._picture[touched] = darker.astype(np.uint8)

    @property
    def _focal_pixels(self) -> float:
        return self.focal * self.width * SUPERSAMPLING

    def _outline(self, panel: Panel) -> np.ndarray | None:
        origin = np.array(panel.corner) - (0.0, 0.0, self.z)
        across, down = np.array(panel.across), np.array(panel.down)
        corners = np.array([origin, origin + across, origin + across + down, origin + down])
        return self._project(_clipped(corners))

    def _project(self, points: np.ndarray) -> np.ndarray | None:
        """Screen positions (n, 2) of points relative to the camera's Z, or None if too few."""
        if len(points) < 3:
            return None
        across = (points[:, 0] - self.x) / points[:, 2]
        up = (points[:, 1] - self.y) / points[:, 2]
        centre = self.width * SUPERSAMPLING / 2
        skyline = self.height * SUPERSAMPLING * self.horizon
        return np.stack(
            [centre + self._focal_pixels * across, skyline - self._focal_pixels * up], axis=1
        )

    def _bounds(self, outline: np.ndarray) -> tuple[int, int, int, int]:
        low = np.floor(outline.min(axis=0)).astype(int)
        high = np.ceil(outline.max(axis=0)).astype(int) + 1
        height, width = self._labels.shape
        return max(low[0], 0), max(low[1], 0), min(high[0], width), min(high[1], height)

    def _texture_to_screen(self, panel: Panel, texture_size: tuple[int, int]) -> np.ndarray:
        """The homography from texture pixels to the supersampled screen."""
        height, width = texture_size
        plane = np.stack(
            [
                np.array(panel.across) / width,
                np.array(panel.down) / height,
                np.array(panel.corner) - (self.x, self.y, self.z),
            ],
            axis=1,
        )
        focal = self._focal_pixels
        lens = np.array(
            [
                [focal, 0, self.width * SUPERSAMPLING / 2],
                [0, -focal, self.height * SUPERSAMPLING * self.horizon],
                [0, 0, 1],
            ]
        )
        return np.asarray(lens @ plane)


def _clipped(points: np.ndarray) -> np.ndarray:
    """The part of a convex outline (n, 3) that lies before the camera."""
    kept: list[np.ndarray] = []
    for here, there in zip(points, np.roll(points, -1, axis=0), strict=True):
        if here[2] >= NEAR:
            kept.append(here)
        if (here[2] >= NEAR) != (there[2] >= NEAR):
            share = (NEAR - here[2]) / (there[2] - here[2])
            kept.append(here + share * (there - here))
    return np.array(kept).reshape(-1, 3)


def _shrunk(texture: np.ndarray, width: int, height: int) -> np.ndarray:
    """The texture averaged down to about the size it has on the screen, against aliasing."""
    rows, columns = texture.shape[:2]
    size = (max(1, min(columns, width)), max(1, min(rows, height)))
    if size[0] > columns * 0.7 and size[1] > rows * 0.7:
        return texture
    return cv2.resize(texture, size, interpolation=cv2.INTER_AREA)
