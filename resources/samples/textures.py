"""Surfaces of the drawn street, painted from a random generator.

Every function returns (h, w, 4) uint8 RGBA with row 0 at the top; alpha says where the thing is.
"""

from __future__ import annotations

import cv2
import numpy as np

Texture = np.ndarray
Rng = np.random.Generator
Colour = tuple[int, int, int]

PIXELS_PER_METRE = 40


def cloud_noise(rng: Rng, height: int, width: int, octaves: int = 5) -> np.ndarray:
    """Smooth noise of several scales, (height, width) float32 in 0 to 1."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = 2 ** (octave + 1)
        coarse = rng.random((cells + 1, cells + 1), np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) / 2**octave
    total -= total.min()
    return np.asarray(total / max(float(total.max()), 1e-6), np.float32)


def surface(rng: Rng, height: int, width: int, colour: Colour, roughness: float) -> Texture:
    """An opaque plain material with blotches and grain; roughness is in grey levels."""
    blotches = (cloud_noise(rng, height, width) - 0.5) * 2 * roughness
    grain = rng.normal(0, roughness * 0.5, (height, width)).astype(np.float32)
    rgb = np.array(colour, np.float32) + (blotches + grain)[..., None]
    return _opaque(rgb)


def facade(rng: Rng, width_m: float, height_m: float) -> Texture:
    """A house front: brick or plaster, rows of windows, a door or a shop at street level."""
    scale = PIXELS_PER_METRE // 2
    width, height = int(width_m * scale), int(height_m * scale)
    palette: list[Colour] = [
        (150, 105, 85), (176, 158, 132), (139, 128, 118), (188, 178, 160), (120, 88, 72),
        (165, 150, 140), (196, 186, 172),
    ]  # fmt: skip
    wall = palette[rng.integers(len(palette))]
    art = np.ascontiguousarray(surface(rng, height, width, wall, 9)[..., :3])
    if wall[0] - wall[2] > 30:
        _brick_courses(art, rng)
    storey = int(3.2 * scale)
    pitch = int(rng.uniform(2.0, 3.2) * scale)
    window = (int(pitch * rng.uniform(0.4, 0.6)), int(storey * rng.uniform(0.45, 0.62)))
    frame: Colour = (226, 222, 214) if rng.random() < 0.7 else (70, 66, 62)
    for bottom in range(height - storey, storey // 2, -storey):
        for left in range(pitch // 3, width - window[0] - 2, pitch):
            _window(art, rng, (left, bottom - window[1] - storey // 6), window, frame)
        cv2.line(art, (0, bottom), (width, bottom), _shade(wall, 0.86), 2)
    _street_level(art, rng, storey, wall)
    cornice = max(3, scale // 3)
    cv2.rectangle(art, (0, 0), (width, cornice), _shade(wall, 1.12), -1)
    cv2.line(art, (0, cornice), (width, cornice), _shade(wall, 0.6), 2)
    for _ in range(int(rng.integers(0, 3))):
        x = int(rng.integers(0, width))
        cv2.line(art, (x, cornice), (x, height), _shade(wall, 0.7), 2)
    return _opaque(art.astype(np.float32))


def _brick_courses(art: np.ndarray, rng: Rng) -> None:
    height, width = art.shape[:2]
    for y in range(0, height, 5):
        art[y] = (art[y] * 0.9).astype(np.uint8)
        shift = 6 if (y // 5) % 2 else 0
        tint = rng.normal(1.0, 0.04, width // 12 + 2)
        row = np.repeat(tint, 12)[shift : shift + width, None]
        art[y : y + 5] = np.clip(art[y : y + 5] * row[None], 0, 255).astype(np.uint8)


def _window(
    art: np.ndarray, rng: Rng, corner: tuple[int, int], size: tuple[int, int], frame: Colour
) -> None:
    (x, y), (w, h) = corner, size
    glass = int(rng.integers(35, 90))
    cv2.rectangle(art, (x - 2, y - 2), (x + w + 2, y + h + 3), frame, -1)
    cv2.rectangle(art, (x, y), (x + w, y + h), (glass, glass + 8, glass + 16), -1)
    if rng.random() < 0.6:
        shine = np.array([[x, y], [x + w, y], [x, y + int(h * rng.uniform(0.4, 1))]])
        cv2.fillConvexPoly(art, shine, (glass + 60, glass + 72, glass + 85))
    if rng.random() < 0.4:
        cv2.rectangle(art, (x, y), (x + w, y + h // 3), (200, 190, 170), -1)
    cv2.line(art, (x + w // 2, y), (x + w // 2, y + h), frame, 1)
    cv2.line(art, (x, y + h // 2), (x + w, y + h // 2), frame, 1)
    cv2.rectangle(art, (x - 3, y + h + 3), (x + w + 3, y + h + 5), _shade(frame, 0.8), -1)


def _street_level(art: np.ndarray, rng: Rng, storey: int, wall: Colour) -> None:
    height, width = art.shape[:2]
    top = height - storey + 4
    if rng.random() < 0.5:
        sign = tuple(int(v) for v in rng.integers(30, 170, 3))
        cv2.rectangle(art, (4, top + storey // 4), (width - 4, height - 6), (48, 52, 58), -1)
        cv2.rectangle(art, (2, top), (width - 2, top + storey // 4), sign, -1)
        for x in range(6, width - 10, max(12, width // 5)):
            shine = np.array(
                [[x, top + storey // 3], [x + 10, top + storey // 3], [x, height - 14]]
            )
            cv2.fillConvexPoly(art, shine, (110, 118, 124))
            cv2.line(art, (x, top + storey // 4), (x, height), (150, 146, 140), 2)
        return
    door = tuple(int(v) for v in rng.integers(30, 110, 3))
    x = int(rng.uniform(0.2, 0.7) * width)
    cv2.rectangle(art, (x, top + storey // 5), (x + storey // 3, height), _shade(wall, 1.2), -1)
    cv2.rectangle(art, (x + 3, top + storey // 4), (x + storey // 3 - 3, height), door, -1)
    cv2.rectangle(art, (0, height - 8), (width, height), _shade(wall, 0.7), -1)


def crown(rng: Rng, size: int = 256) -> Texture:
    """A tree's crown: many leaf clumps, darker below, ragged at the edge with gaps of sky."""
    art = np.zeros((size, size, 4), np.uint8)
    base = np.array([rng.uniform(58, 84), rng.uniform(72, 96), rng.uniform(42, 60)])
    for clump in range(420):
        angle, reach = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random()) * 0.40
        x = size * (0.5 + reach * np.cos(angle))
        y = size * (0.48 + reach * 1.02 * np.sin(angle))
        light = 0.5 + 0.75 * (1 - y / size) + rng.normal(0, 0.16) + clump / 3000
        colour = np.clip(base * light, 6, 235)
        axes = (int(rng.uniform(5, 17)), int(rng.uniform(4, 12)))
        leaf = (*(int(v) for v in colour), 255)
        cv2.ellipse(art, (int(x), int(y)), axes, float(rng.uniform(0, 180)), 0, 360, leaf, -1)
    speckle = rng.normal(0, 14, (size, size, 1))
    art[..., :3] = np.clip(art[..., :3] + speckle, 0, 255).astype(np.uint8)
    return art


def trunk(rng: Rng) -> Texture:
    """Bark, brighter on one side."""
    art = surface(rng, 160, 24, (92, 80, 66), 12)
    art[..., :3] = (art[..., :3] * np.linspace(1.15, 0.6, 24)[None, :, None]).clip(0, 255)
    return art


def metal(rng: Rng, colour: Colour = (112, 114, 116)) -> Texture:
    """A round post, brightest left of its middle."""
    art = surface(rng, 64, 16, colour, 4)
    profile = 0.55 + 0.6 * np.exp(-((np.linspace(0, 1, 16) - 0.35) ** 2) / 0.05)
    art[..., :3] = (art[..., :3] * profile[None, :, None]).clip(0, 255)
    return art


def road_sign(rng: Rng) -> Texture:
    """A round, triangular or rectangular traffic sign."""
    art = np.zeros((96, 96, 4), np.uint8)
    red, white, blue = (190, 34, 40, 255), (238, 238, 236, 255), (30, 74, 150, 255)
    kind = rng.integers(4)
    if kind == 0:
        cv2.circle(art, (48, 48), 45, red, -1)
        cv2.circle(art, (48, 48), 33, white, -1)
        cv2.putText(art, "30", (24, 62), cv2.FONT_HERSHEY_DUPLEX, 1.3, (20, 20, 20, 255), 4)
    elif kind == 1:
        cv2.fillConvexPoly(art, np.array([[48, 4], [93, 86], [3, 86]]), red)
        cv2.fillConvexPoly(art, np.array([[48, 24], [77, 76], [19, 76]]), white)
        cv2.line(art, (48, 42), (48, 62), (20, 20, 20, 255), 6)
    elif kind == 2:
        cv2.circle(art, (48, 48), 45, blue, -1)
        cv2.arrowedLine(art, (48, 76), (48, 22), white, 9, tipLength=0.4)
    else:
        cv2.rectangle(art, (3, 14), (93, 82), blue, -1)
        cv2.rectangle(art, (8, 19), (88, 77), white, 2)
        cv2.putText(art, "P", (32, 68), cv2.FONT_HERSHEY_DUPLEX, 1.8, white, 5)
    return art


def railing(rng: Rng, length_m: float) -> Texture:
    """A fence of bars or boards; the gaps between bars count as fence, as annotators do."""
    width, height = int(length_m * PIXELS_PER_METRE), int(1.1 * PIXELS_PER_METRE)
    tone = int(rng.integers(50, 120))
    art = surface(rng, height, width, (tone, tone + 4, tone), 5)
    if rng.random() < 0.6:
        for x in range(0, width, 6):
            art[6:-6, x : x + 3, :3] = (art[6:-6, x : x + 3, :3] * 0.5).astype(np.uint8)
    else:
        for x in range(0, width, 10):
            art[:, x, :3] = (art[:, x, :3] * 0.45).astype(np.uint8)
    art[:3, :, :3] = np.minimum(art[:3, :, :3].astype(int) + 40, 255)
    return art


def person(rng: Rng, stride: float) -> Texture:
    """A walking figure from the front or back; stride is how far apart the feet are, 0 to 1."""
    art = np.zeros((240, 110, 4), np.uint8)
    coat, trousers = _clothes(rng), _clothes(rng)
    skin = (*[(226, 186, 160), (188, 140, 108), (120, 82, 60)][rng.integers(3)], 255)
    gap = int(6 + 16 * stride)
    for side in (-1, 1):
        foot = (55 + side * gap, 234)
        cv2.line(art, (55 + side * 9, 128), foot, trousers, 19)
        cv2.line(art, foot, (foot[0] + side * 5, 236), (30, 28, 28, 255), 9)
        hand = (55 + side * int(26 + 8 * stride), 132)
        cv2.line(art, (55 + side * 22, 60), hand, _shade4(coat, 0.85), 13)
        cv2.circle(art, hand, 6, skin, -1)
    cv2.fillConvexPoly(art, np.array([[31, 52], [79, 52], [76, 138], [34, 138]]), coat)
    cv2.ellipse(art, (55, 54), (25, 12), 0, 180, 360, coat, -1)
    cv2.fillConvexPoly(
        art, np.array([[57, 46], [79, 54], [76, 138], [60, 138]]), _shade4(coat, 0.8)
    )
    cv2.line(art, (55, 36), (55, 46), skin, 12)
    cv2.ellipse(art, (55, 24), (13, 17), 0, 0, 360, skin, -1)
    cv2.ellipse(art, (55, 17), (14, 13), 0, 180, 360, _clothes(rng, dark=True), -1)
    return _grained(art, rng)


def cyclist(rng: Rng) -> Texture:
    """A rider from behind, bicycle and all."""
    art = np.zeros((240, 110, 4), np.uint8)
    dark = (28, 28, 30, 255)
    cv2.ellipse(art, (55, 196), (6, 40), 0, 0, 360, dark, -1)
    cv2.line(art, (22, 118), (88, 118), dark, 5)
    cv2.line(art, (55, 118), (55, 190), (120, 30, 34, 255), 7)
    jacket, trousers = _clothes(rng), _clothes(rng, dark=True)
    for side, low in ((-1, 214), (1, 180)):
        cv2.line(art, (55 + side * 12, 122), (55 + side * 17, low), trousers, 16)
        cv2.line(art, (55 + side * 20, 62), (55 + side * 30, 116), _shade4(jacket, 0.85), 12)
    cv2.fillConvexPoly(art, np.array([[32, 54], [78, 54], [74, 130], [36, 130]]), jacket)
    cv2.line(art, (55, 38), (55, 50), (210, 170, 140, 255), 11)
    cv2.ellipse(art, (55, 26), (14, 17), 0, 0, 360, (210, 170, 140, 255), -1)
    cv2.ellipse(art, (55, 20), (16, 14), 0, 170, 370, (230, 226, 220, 255), -1)
    return _grained(art, rng)


def car_side(rng: Rng, paint: Colour) -> Texture:
    """The lower body of a car from the side: sill, doors, wheels in their arches."""
    art = surface(rng, 110, 400, paint, 3)
    art[..., :3] = (art[..., :3] * np.linspace(1.15, 0.62, 110)[:, None, None]).clip(0, 255)
    line = (*_shade(paint, 0.55), 255)
    for x in (150, 255):
        cv2.line(art, (x, 4), (x - 6, 92), line, 2)
        cv2.line(art, (x - 34, 26), (x - 18, 26), line, 4)
    cv2.rectangle(art, (0, 92), (400, 110), (0, 0, 0, 0), -1)
    cv2.rectangle(art, (96, 88), (306, 95), (24, 24, 26, 255), -1)
    for x in (72, 328):
        cv2.circle(art, (x, 76), 40, (14, 14, 16, 255), -1)
        cv2.circle(art, (x, 78), 32, (30, 30, 32, 255), -1)
        cv2.circle(art, (x, 78), 18, (150, 152, 156, 255), -1)
        cv2.circle(art, (x, 78), 6, (70, 70, 74, 255), -1)
    return art


def car_end(rng: Rng, paint: Colour, *, rear: bool) -> Texture:
    """The lower body of a car from behind or from the front: lamps, plate, bumper, tyres."""
    art = surface(rng, 110, 200, paint, 3)
    art[..., :3] = (art[..., :3] * np.linspace(1.1, 0.6, 110)[:, None, None]).clip(0, 255)
    cv2.rectangle(art, (0, 92), (200, 110), (0, 0, 0, 0), -1)
    lamp = (186, 26, 26, 255) if rear else (236, 236, 224, 255)
    plate = (228, 196, 60, 255) if rear else (236, 236, 232, 255)
    for x in (4, 158):
        cv2.rectangle(art, (x, 22), (x + 38, 42), lamp, -1)
        cv2.rectangle(art, (x + 6, 88), (x + 32, 108), (22, 22, 24, 255), -1)
    cv2.rectangle(art, (0, 62), (200, 84), (*_shade(paint, 0.7), 255), -1)
    cv2.rectangle(art, (70, 44 if rear else 64), (130, 58 if rear else 78), plate, -1)
    if not rear:
        cv2.rectangle(art, (56, 26), (144, 44), (30, 30, 34, 255), -1)
    return art


def car_glass(rng: Rng, paint: Colour) -> Texture:
    """A window with the roof pillars around it and the sky in it."""
    art = surface(rng, 80, 200, paint, 3)
    cv2.rectangle(art, (14, 10), (186, 72), (44, 52, 60, 255), -1)
    sky = np.array([[14, 10], [186, 10], [186, 26], [14, 48]])
    cv2.fillConvexPoly(art, sky, (122, 138, 152, 255))
    return art


def ground(rng: Rng, colour: Colour, roughness: float, slab_m: float = 0.0) -> Texture:
    """4 m by 4 m of ground; with slab_m, joints between paving stones that far apart."""
    side = 4 * PIXELS_PER_METRE
    art = surface(rng, side, side, colour, roughness)
    if slab_m > 0:
        for at in range(0, side, int(slab_m * PIXELS_PER_METRE)):
            art[at : at + 2, :, :3] = (art[at : at + 2, :, :3] * 0.8).astype(np.uint8)
            art[:, at : at + 2, :3] = (art[:, at : at + 2, :3] * 0.8).astype(np.uint8)
    return art


def _opaque(rgb: np.ndarray) -> Texture:
    alpha = np.full((*rgb.shape[:2], 1), 255, np.uint8)
    return np.concatenate([np.clip(rgb, 0, 255).astype(np.uint8), alpha], axis=2)


def _shade(colour: Colour, by: float) -> Colour:
    red, green, blue = (int(np.clip(v * by, 0, 255)) for v in colour)
    return red, green, blue


def _shade4(colour: tuple[int, int, int, int], by: float) -> tuple[int, int, int, int]:
    return (*_shade(colour[:3], by), colour[3])


def _clothes(rng: Rng, *, dark: bool = False) -> tuple[int, int, int, int]:
    grey = rng.uniform(22, 70 if dark else 150)
    red, green, blue = (int(v) for v in np.clip(grey + rng.normal(0, 0.3 * grey, 3), 12, 220))
    return red, green, blue, 255


def _grained(art: Texture, rng: Rng) -> Texture:
    noise = rng.normal(0, 7, (*art.shape[:2], 1))
    art[..., :3] = np.clip(art[..., :3] + noise, 0, 255).astype(np.uint8)
    return art
