"""The town: where houses, trees, posts, cars and people stand along a made-up street."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from resources.samples import textures
from resources.samples.camera import Camera, Panel, Shade

CLASS_NAMES = (
    "Sky", "Building", "Pole", "Road", "Pavement", "Tree", "SignSymbol", "Fence", "Car",
    "Pedestrian", "Bicyclist",
)  # fmt: skip
SKY, BUILDING, POLE, ROAD, PAVEMENT, TREE, SIGN, FENCE, CAR, PEDESTRIAN, BICYCLIST = range(11)

ROAD_HALF = 3.8
PAVEMENT_WIDTH = 3.4
HOUSE_LINE = ROAD_HALF + PAVEMENT_WIDTH
GROUND_STEP = 4.0


@dataclass
class Street:
    """A stretch of street, drawn from a seed. Positions are metres in the camera's world."""

    seed: int
    length: float = 150.0
    crowding: float = 1.0
    houses: list[Panel] = field(default_factory=list)
    ground: list[Panel] = field(default_factory=list)
    shades: list[Shade] = field(default_factory=list)
    things: list[Panel] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self._sunny_side = 1 if self._rng.random() < 0.5 else -1
        self._lay_ground()
        self._build_houses()
        self._plant_trees()
        self._put_posts()
        self._park_cars()
        self._drive_cars()
        self._send_people_out()

    def picture(self, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
        """What the camera sees: (H, W, 3) uint8 RGB and its label map (H, W) uint8."""
        camera.start(self._sky(), SKY)
        for panel in _far_to_near(self.ground):
            camera.paint(panel)
        for shade in self.shades:
            camera.shade(shade)
        for panel in _far_to_near(self.houses):
            camera.paint(panel)
        for panel in _far_to_near(self.things):
            camera.paint(panel)
        picture, labels = camera.finish()
        return _developed(picture, np.random.default_rng([self.seed, int(camera.z * 100)])), labels

    def _sky(self) -> np.ndarray:
        rng = np.random.default_rng([self.seed, 7])
        depth = np.linspace(0, 1, 240)[:, None, None]
        blue, pale = np.array([196.0, 212, 230]), np.array([240.0, 242, 243])
        gradient = blue + (pale - blue) * np.clip(depth * 2.0, 0, 1)
        clouds = textures.cloud_noise(rng, 240, 320)[..., None]
        cover = np.clip((clouds - 0.45) * 3.2, 0, 1)
        sky = gradient * (1 - cover) + (254 - 14 * clouds) * cover
        full = np.broadcast_to(np.clip(sky, 0, 255), (240, 320, 3))
        return np.asarray(full, np.uint8)

    def _light(self, side: int) -> float:
        return 1.12 if side == self._sunny_side else 0.74

    def _lay_ground(self) -> None:
        rng = self._rng
        asphalt = textures.ground(rng, (112, 111, 112), 3)
        slabs = textures.ground(rng, (158, 150, 142), 4, slab_m=0.8)
        white = textures.surface(rng, 40, 8, (212, 210, 204), 8)
        kerb = textures.surface(rng, 12, 160, (176, 172, 166), 6)
        lawn = textures.surface(rng, 160, 160, (96, 104, 62), 14)
        wide = 2 * ROAD_HALF
        for start in np.arange(-GROUND_STEP, self.length + 60, GROUND_STEP):
            z = float(start)
            self.ground.append(_flat(-ROAD_HALF, z, wide, GROUND_STEP, asphalt, ROAD))
            for side in (-1, 1):
                left = ROAD_HALF if side > 0 else -HOUSE_LINE
                self.ground.append(
                    _flat(left, z, PAVEMENT_WIDTH, GROUND_STEP, slabs, PAVEMENT, 0.14)
                )
                far = HOUSE_LINE if side > 0 else -HOUSE_LINE - 24
                self.ground.append(_flat(far, z, 24, GROUND_STEP, lawn, TREE, 0.14))
                self.ground.append(
                    Panel((side * ROAD_HALF, 0.14, z), (0, 0, GROUND_STEP), (0, -0.14, 0), kerb,
                          PAVEMENT, self._light(-side))
                )  # fmt: skip
        for start in np.arange(0, self.length, 6.0):
            self.ground.append(_flat(-0.07, float(start), 0.14, 3.0, white, ROAD, 0.002))
        crossing = float(rng.uniform(18, 34))
        for x in np.arange(-ROAD_HALF + 0.4, ROAD_HALF - 0.5, 1.0):
            self.ground.append(_flat(float(x), crossing, 0.5, 3.0, white, ROAD, 0.003))

    def _build_houses(self) -> None:
        rng = self._rng
        for side in (-1, 1):
            z, light = -6.0, self._light(side)
            setback = float(rng.uniform(0, 1.2))
            while z < self.length:
                depth = float(rng.uniform(7, 16))
                if rng.random() < 0.16:
                    self._open_plot(side, z, depth)
                    z += depth
                    continue
                height = float(rng.uniform(7.5, 16))
                x = side * (HOUSE_LINE + setback)
                front = textures.facade(rng, depth, height)
                end = textures.facade(rng, 10, height)
                across_end = (side * 10.0, 0.0, 0.0)
                down = (0.0, -height, 0.0)
                self.houses.append(
                    Panel((x, height, z), across_end, down, end, BUILDING, 0.92 * light)
                )
                self.houses.append(
                    Panel((x, height, z), (0, 0, depth), down, front, BUILDING, light)
                )
                if side == self._sunny_side * -1:
                    reach = min(height * 0.55, 9.0)
                    self._shade_strip(x, x - side * reach, z, z + depth)
                z += depth
        end = textures.facade(rng, 60, 14)
        self.houses.append(
            Panel((-30, 12, self.length + 30), (60, 0, 0), (0, -12, 0), end, BUILDING, 0.95)
        )
        for x in np.arange(-26, 26, 6.0):
            self._tree(float(x), self.length + 22, float(rng.uniform(7, 12)))

    def _open_plot(self, side: int, z: float, depth: float) -> None:
        rng = self._rng
        for _ in range(3):
            x = side * (HOUSE_LINE + float(rng.uniform(4, 9)))
            self._tree(x, z + float(rng.uniform(0, depth)), float(rng.uniform(6, 10)))
        fence = textures.railing(rng, depth)
        self.things.append(
            Panel((side * (HOUSE_LINE + 0.2), 1.24, z), (0, 0, depth), (0, -1.1, 0), fence, FENCE,
                  self._light(side))
        )  # fmt: skip

    def _plant_trees(self) -> None:
        rng = self._rng
        for side in (-1, 1):
            z = float(rng.uniform(8, 18))
            while z < self.length:
                if rng.random() < 0.7:
                    self._tree(side * (ROAD_HALF + 0.7), z, float(rng.uniform(5, 8.5)))
                z += float(rng.uniform(9, 22))

    def _tree(self, x: float, z: float, height: float) -> None:
        rng = self._rng
        width = height * float(rng.uniform(0.6, 0.85))
        clear = height * 0.3
        bark = textures.trunk(rng)
        self.things.append(
            Panel((x - 0.16, clear + 0.9, z + 0.05), (0.32, 0, 0), (0, -clear - 0.8, 0), bark, TREE)
        )
        side = -self._sunny_side if abs(x) < HOUSE_LINE else self._sunny_side
        leaves = textures.crown(rng)
        corner, across, down = (x - width / 2, height, z), (width, 0, 0), (0, clear - height, 0)
        self.things.append(Panel(corner, across, down, leaves, TREE, self._light(side) ** 0.4))
        if abs(x) < HOUSE_LINE:
            self._shade_round(x - self._sunny_side * 1.2, z, width * 0.42, 0.62)

    def _put_posts(self) -> None:
        rng = self._rng
        for side in (-1, 1):
            z = float(rng.uniform(5, 14))
            while z < self.length:
                self._lamp(side, z) if rng.random() < 0.6 else self._sign(side, z)
                z += float(rng.uniform(7, 15))

    def _lamp(self, side: int, z: float) -> None:
        x, height = side * (ROAD_HALF + 0.4), 6.5
        steel = textures.metal(self._rng, (92, 96, 98))
        self._post(x, z, height, 0.15, steel)
        reach = (-side * 1.5, 0.18, 0.0)
        self.things.append(Panel((x, height, z), reach, (0, -0.09, 0), steel, POLE))
        tip = x - side * 1.5
        lamp = textures.surface(self._rng, 8, 24, (66, 68, 70), 3)
        self.things.append(
            Panel((tip - 0.3, height + 0.24, z), (0.6, 0, 0), (0, -0.14, 0), lamp, POLE)
        )

    def _sign(self, side: int, z: float) -> None:
        x, height = side * (ROAD_HALF + 0.45), 2.9
        self._post(x, z, height, 0.09, textures.metal(self._rng))
        face = textures.road_sign(self._rng)
        self.things.append(
            Panel((x - 0.4, height, z - 0.05), (0.8, 0, 0), (0, -0.8, 0), face, SIGN)
        )

    def _post(self, x: float, z: float, height: float, width: float, steel: np.ndarray) -> None:
        self.things.append(
            Panel((x - width / 2, height, z), (width, 0, 0), (0, -height, 0), steel, POLE)
        )

    def _park_cars(self) -> None:
        rng = self._rng
        for side in (-1, 1):
            z = float(rng.uniform(6, 16))
            while z < self.length * 0.8:
                if rng.random() < 0.55 * self.crowding:
                    self._car(side * (ROAD_HALF - 1.05), z, away=side < 0)
                z += float(rng.uniform(6, 14))

    def _drive_cars(self) -> None:
        rng = self._rng
        for lane, away in ((-0.6, True), (0.7, False)):
            z = float(rng.uniform(12, 30))
            while z < self.length:
                if rng.random() < 0.6 * self.crowding:
                    self._car(lane * 2.0, z, away=away)
                z += float(rng.uniform(16, 34))

    def _car(self, x: float, z: float, *, away: bool) -> None:
        rng = self._rng
        paints: list[textures.Colour] = [
            (168, 24, 30), (30, 52, 104), (196, 198, 200), (44, 46, 50), (112, 118, 124),
            (226, 226, 222), (48, 84, 64), (140, 128, 100),
        ]  # fmt: skip
        paint = paints[rng.integers(len(paints))]
        width, length, waist, roof = 1.75, 4.2, 0.95, 1.48
        left, right = x - width / 2, x + width / 2
        near_side = left if x > 0 else right
        body = textures.car_side(rng, paint)
        glass = textures.car_glass(rng, paint)
        lid = textures.surface(rng, 20, 20, paint, 2)
        light = 1.08 if x * self._sunny_side < 0 else 0.88
        inset, front, back = 0.16, 1.0, 0.55
        cabin_back, cabin_front = z + back, z + length - front
        lean = -inset if near_side > x else inset
        deep = cabin_front - cabin_back
        parts = [
            Panel((left, waist, z), (width, 0, 0), (0, 0, length), lid, CAR, 1.1),
            Panel((near_side, waist, z), (0, 0, length), (0, -waist, 0), body, CAR, light),
            Panel((near_side + lean, roof, cabin_back), (0, 0, deep), (-lean, waist - roof, 0),
                  glass, CAR, light),
            Panel((left + inset, roof, cabin_back), (width - 2 * inset, 0, 0), (0, 0, deep), lid,
                  CAR, 1.2),
            Panel((left + inset * 0.6, roof, cabin_back), (width - 1.2 * inset, 0, 0),
                  (0, waist - roof, -back * 0.8), glass, CAR, 1.0),
            Panel((left, waist, z), (width, 0, 0), (0, -waist, 0),
                  textures.car_end(rng, paint, rear=away), CAR, 0.95),
        ]  # fmt: skip
        self._grouped(parts, z)
        self._shade_box(left - 0.1, right + 0.1, z - 0.2, z + length + 0.1, 0.36)

    def _grouped(self, parts: list[Panel], z: float) -> None:
        """Keep the parts of one thing together and in order when things are sorted by distance."""
        self.things.extend(_Ordered.of(part, z - 0.001 * order) for order, part in enumerate(parts))

    def _send_people_out(self) -> None:
        rng = self._rng
        for _ in range(int(16 * self.crowding)):
            side = 1 if rng.random() < 0.5 else -1
            z = float(rng.uniform(7, 70))
            x = side * float(rng.uniform(ROAD_HALF + 0.6, HOUSE_LINE - 0.5))
            self._figure(textures.person(rng, float(rng.random())), x, z, PEDESTRIAN)
        for _ in range(int(3 * self.crowding)):
            x = float(rng.uniform(1.4, 2.6)) * (1 if rng.random() < 0.6 else -1)
            self._figure(textures.cyclist(rng), x, float(rng.uniform(9, 40)), BICYCLIST)

    def _figure(self, art: np.ndarray, x: float, z: float, class_id: int) -> None:
        height = float(self._rng.uniform(1.6, 1.88))
        width = height * art.shape[1] / art.shape[0]
        foot = 0.14 if abs(x) > ROAD_HALF else 0.0
        self.things.append(
            Panel((x - width / 2, height + foot, z), (width, 0, 0), (0, -height, 0), art, class_id)
        )
        self._shade_round(x, z, 0.35, 0.6)

    def _shade_strip(self, x0: float, x1: float, z0: float, z1: float) -> None:
        self.shades.append(Shade(((x0, z0), (x1, z0), (x1, z1), (x0, z1)), 0.64))

    def _shade_box(self, x0: float, x1: float, z0: float, z1: float, light: float) -> None:
        self.shades.append(Shade(((x0, z0), (x1, z0), (x1, z1), (x0, z1)), light, 0.2))

    def _shade_round(self, x: float, z: float, radius: float, light: float) -> None:
        turn = np.linspace(0, 2 * np.pi, 17)[:-1]
        outline = tuple((x + radius * np.cos(a), z + radius * np.sin(a)) for a in turn)
        self.shades.append(Shade(outline, light, 0.3))


@dataclass(frozen=True)
class _Ordered(Panel):
    """A panel that is sorted as if it stood at another distance."""

    sort_at: float = 0.0

    @classmethod
    def of(cls, panel: Panel, sort_at: float) -> _Ordered:
        return cls(
            panel.corner, panel.across, panel.down, panel.texture, panel.class_id, panel.light,
            sort_at,
        )  # fmt: skip


def _far_to_near(panels: list[Panel]) -> list[Panel]:
    def key(panel: Panel) -> float:
        return panel.sort_at if isinstance(panel, _Ordered) else panel.distance

    return sorted(panels, key=key, reverse=True)


def _flat(  # noqa: PLR0917 - a rectangle, what is on it, and how high it lies
    x: float,
    z: float,
    width: float,
    depth: float,
    texture: np.ndarray,
    class_id: int,
    height: float = 0.0,
) -> Panel:
    """A piece of ground from (x, z) to the right and ahead; the texture's top is its far end."""
    return Panel((x, height, z + depth), (width, 0, 0), (0, 0, -depth), texture, class_id)


def _developed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a lens and a sensor add: softness, vignette, a tone curve, grain."""
    height, width = picture.shape[:2]
    soft = cv2.GaussianBlur(picture, (0, 0), 0.55).astype(np.float32)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    vignette = (1 - 0.12 * (x**2 + y**2) / 2)[..., None]
    tone = 255 * np.clip(soft * vignette / 255, 0, 1) ** 1.08
    grain = rng.normal(0, 3.2, (height, width, 1)) + rng.normal(0, 1.2, (height, width, 3))
    return np.asarray(np.clip(tone + grain, 0, 255), np.uint8)
