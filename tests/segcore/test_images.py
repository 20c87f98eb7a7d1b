"""Reading pictures of every kind, whole and damaged."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, ImageOps

from segcore import images
from segcore.errors import ImageError
from segcore.images import read_image, read_image_size, read_thumbnail
from segcore.opencv import cv2

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
T = TypeVar("T")
RNG = np.random.default_rng(11)


def smooth(height: int, width: int) -> np.ndarray:
    """Colours that survive lossy formats and tell corners apart."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    return np.stack([255 * x / width, 255 * y / height, 80 + 0 * x], axis=-1).astype(np.uint8)


def encoded(array: np.ndarray, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, file_format, **options)
    return buffer.getvalue()


def oriented(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[274] = orientation
    return exif


@pytest.fixture(autouse=True)
def nothing_is_printed(
    request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """Decoders' own remarks never reach the person's terminal."""
    yield
    out, err = capfd.readouterr()
    if "[lzw]" not in request.node.name:  # libtiff inside Pillow speaks of damage there
        assert (out, err) == ("", "")


# ------------------------------------------------------------------ orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_every_format_comes_upright(tmp_path: Path, file_format: str, orientation: int) -> None:
    stored = smooth(24, 40)
    options: dict[str, object] = {"lossless": True} if file_format == "WEBP" else {"quality": 95}
    path = tmp_path / "a.picture"
    path.write_bytes(encoded(stored, file_format, exif=oriented(orientation), **options))
    picture = Image.fromarray(stored)
    picture.getexif()[274] = orientation
    expected = np.asarray(ImageOps.exif_transpose(picture)).astype(int)
    image = read_image(path)
    assert image.flags.c_contiguous
    assert read_image_size(path) == image.shape[:2] == expected.shape[:2]
    assert np.abs(image - expected).mean() < 3
    small = read_thumbnail(path, 12)
    assert max(small.shape[:2]) == 12
    assert np.argmax(small.shape[:2]) == np.argmax(expected.shape[:2])
    assert np.abs(small[0, 0].astype(int) - expected[0, 0]).max() < 40


@pytest.mark.parametrize("bits", [np.uint8, np.uint16])
@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
def test_deep_and_tiled_tiffs_come_upright(
    tmp_path: Path, bits: type[np.integer], orientation: int
) -> None:
    stored = smooth(50, 70).astype(bits) * (257 if bits is np.uint16 else 1)
    path = tmp_path / "a.tif"
    tags = [(274, 3, 1, orientation, False)]
    tifffile.imwrite(path, stored, tile=(16, 16), photometric="rgb", extratags=tags)
    picture = Image.fromarray(smooth(50, 70))
    picture.getexif()[274] = orientation
    np.testing.assert_array_equal(read_image(path), np.asarray(ImageOps.exif_transpose(picture)))
    assert read_image_size(path) == read_image(path).shape[:2]


def test_orientation_of_a_png_after_its_pixels(tmp_path: Path) -> None:
    """The chunk may stand behind the pixels; the header-only size must find it there."""
    data = encoded(smooth(24, 40), "PNG")
    exif = oriented(6).tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(exif)) + b"eXIf" + exif
    chunk += struct.pack(">I", zlib.crc32(b"eXIf" + exif))
    path = tmp_path / "a.png"
    path.write_bytes(data[:-12] + chunk + data[-12:])
    assert read_image_size(path) == (40, 24)
    assert read_image(path).shape == (40, 24, 3)


def test_damaged_exif_does_not_stop_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    for exif in (b"Exif\0\0II*\0\xff\xff", b"Exif\0\0", b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12"):
        path.write_bytes(encoded(smooth(24, 40), "JPEG", exif=exif))
        assert read_image(path).shape == (24, 40, 3)
        assert read_image_size(path) == (24, 40)


def test_photographs_with_orientation_agree(shared_data: Path) -> None:
    for kind, size in (("Landscape", (1200, 1800)), ("Portrait", (1800, 1200))):
        upright = read_image(shared_data / "odd" / f"{kind}_1.jpg").astype(int)
        assert upright.shape[:2] == size
        for path in sorted((shared_data / "odd").glob(f"{kind}_*.jpg")):
            image = read_image(path)
            assert read_image_size(path) == image.shape[:2] == size
            # the digit in the pictures differs, the scene does not
            assert np.abs(image - upright).mean() < 12, path.name
            assert read_thumbnail(path, 100).shape[:2] == tuple(round(s / 18) for s in size)


# ------------------------------------------------------------------ depths and modes


def png_samples(data: bytes) -> np.ndarray:
    """(H, W, C) samples of a PNG without interlace at 8 or 16 bits, decoded by hand."""
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    position, packed = 8, b""
    while position < len(data):
        length, name = struct.unpack(">I4s", data[position : position + 8])
        packed += data[position + 8 : position + 8 + length] if name == b"IDAT" else b""
        position += 12 + length
    step = channels * depth // 8
    raw = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + width * step)
    rows = np.zeros((height + 1, (width + 1) * step), np.int64)  # a border of zeros
    for y, (filter_type, *line) in enumerate(raw.tolist(), start=1):
        for x, value in enumerate(line, start=step):
            left, up, corner = rows[y, x - step], rows[y - 1, x], rows[y - 1, x - step]
            guess = left + up - corner
            paeth = min((left, up, corner), key=lambda near: abs(guess - near))
            rows[y, x] = (value + (0, left, up, (left + up) // 2, paeth)[filter_type]) % 256
    samples = rows[1:, step:].astype(np.uint8)
    return samples.view(">u2" if depth == 16 else np.uint8).reshape(height, width, channels)


@pytest.mark.parametrize("name", ["basn0g16", "basn2c16", "basn4a08", "basn4a16", "basn6a08"])
def test_png_suite_against_a_decoder_by_hand(shared_data: Path, name: str) -> None:
    path = shared_data / "odd" / f"{name}.png"
    samples = png_samples(path.read_bytes()).astype(np.float64)
    if name.endswith("16"):
        samples = np.floor(samples * 255 / 65535 + 0.5)
    expected = samples[..., :3] if samples.shape[2] > 2 else samples[..., [0, 0, 0]]
    np.testing.assert_array_equal(read_image(path), expected)


@pytest.mark.parametrize("name", ["basi3p08", "basn3p02", "tp1n3p08"])
def test_png_suite_palettes(shared_data: Path, name: str) -> None:
    path = shared_data / "odd" / f"{name}.png"
    with Image.open(path) as picture:
        palette = np.array(picture.getpalette()).reshape(-1, 3)
        np.testing.assert_array_equal(read_image(path), palette[np.asarray(picture)])


@pytest.mark.parametrize("compression", [None, "deflate", "lzw"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bit_tiffs_keep_their_lower_half(
    tmp_path: Path, channels: int, compression: str | None
) -> None:
    samples = RNG.integers(0, 65536, (20, 30, channels), np.uint16)
    path = tmp_path / "a.tif"
    if compression == "lzw":
        assert cv2.imwrite(str(path), samples, [cv2.IMWRITE_TIFF_COMPRESSION, 5])
        samples = samples[..., [2, 1, 0]] if channels > 1 else samples
    else:
        tifffile.imwrite(
            path, samples.squeeze(), compression=compression,
            photometric="rgb" if channels > 1 else "minisblack",
        )  # fmt: skip
    expected = np.floor(samples.astype(np.float64) * 255 / 65535 + 0.5)
    np.testing.assert_array_equal(
        read_image(path), expected[..., :3] if channels > 1 else expected[..., [0, 0, 0]]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("channels", [1, 3])
def test_float_tiffs(tmp_path: Path, dtype: type[np.floating], channels: int) -> None:
    samples = np.linspace(0, 1, 12 * 15 * channels).reshape(12, 15, channels).astype(dtype)
    photometric = "rgb" if channels == 3 else "minisblack"
    tifffile.imwrite(tmp_path / "a.tif", samples.squeeze(), photometric=photometric)
    image = read_image(tmp_path / "a.tif")
    assert read_image_size(tmp_path / "a.tif") == (12, 15)
    expected = np.floor(samples.astype(np.float64) * 255 + 0.5)
    np.testing.assert_array_equal(image, expected if channels == 3 else expected[..., [0, 0, 0]])


def test_planes_pages_many_channels_and_white_as_zero(tmp_path: Path) -> None:
    samples = RNG.integers(0, 65536, (3, 20, 30), np.uint16)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, samples, photometric="rgb", planarconfig="separate")
    first = read_image(path)
    assert first.shape == (20, 30, 3)
    tifffile.imwrite(path, samples.transpose(1, 2, 0), photometric="rgb")
    np.testing.assert_array_equal(read_image(path), first)

    tifffile.imwrite(path, RNG.integers(0, 256, (4, 20, 30), np.uint8), photometric="minisblack")
    with tifffile.TiffFile(path) as file:
        page = file.pages[0].asarray()
    np.testing.assert_array_equal(read_image(path)[..., 0], page)

    bands = RNG.integers(0, 65536, (20, 30, 8), np.uint16)
    tifffile.imwrite(path, bands, photometric="minisblack", planarconfig="contig")
    expected = np.floor(bands[..., :3].astype(np.float64) * 255 / 65535 + 0.5)
    np.testing.assert_array_equal(read_image(path), expected)

    grey = np.array([[0, 65535], [257, 300]], np.uint16)
    tifffile.imwrite(path, grey, photometric="miniswhite")
    assert read_image(path)[..., 1].tolist() == [[255, 0], [254, 254]]


def test_bigtiff(tmp_path: Path) -> None:
    image = smooth(33, 44)
    tifffile.imwrite(tmp_path / "a.tif", image, bigtiff=True, tile=(16, 16), photometric="rgb")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), image)


def test_cmyk_jpeg_as_adobe_inverts_it(tmp_path: Path) -> None:
    image = smooth(32, 48)
    path = tmp_path / "a.jpg"
    Image.fromarray(image).convert("CMYK").save(path, quality=98, subsampling=0)
    assert np.abs(read_image(path).astype(int) - image).mean() < 3
    assert read_thumbnail(path, 24).shape == (16, 24, 3)


def test_lab_tiff(tmp_path: Path) -> None:
    image = smooth(16, 24)
    transform = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    ImageCms.applyTransform(Image.fromarray(image), transform).save(tmp_path / "a.tif")
    assert np.abs(read_image(tmp_path / "a.tif").astype(int) - image).mean() < 6


def test_first_picture_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((8, 9, 3), value, np.uint8)) for value in (10, 200)]
    for file_format in ("GIF", "WEBP", "PNG", "TIFF"):
        path = tmp_path / f"a.{file_format}"
        frames[0].save(path, save_all=True, append_images=frames[1:], format=file_format)
        assert abs(int(read_image(path)[0, 0, 0]) - 10) < 3, file_format


@pytest.mark.parametrize("suffix", ["bmp", "ppm", "tga", "jp2", "qoi", "gif", "avif"])
def test_other_formats(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(smooth(20, 30)).save(path)
    tolerance = 20 if suffix in ("gif", "avif", "jp2") else 0
    assert np.abs(read_image(path).astype(int) - smooth(20, 30)).max() <= tolerance
    assert read_image_size(path) == (20, 30)


def test_float_and_deep_netpbm(tmp_path: Path) -> None:
    grey = np.array([[0, 256, 65535]], ">u2")
    (tmp_path / "a.pgm").write_bytes(b"P5 3 1 65535\n" + grey.tobytes())
    assert read_image(tmp_path / "a.pgm")[0, :, 0].tolist() == [0, 1, 255]


def test_content_counts_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(smooth(20, 30), "PNG"))
    np.testing.assert_array_equal(read_image(path), smooth(20, 30))
    path.with_suffix(".tiff").write_bytes(encoded(smooth(20, 30), "WEBP", lossless=True))
    np.testing.assert_array_equal(read_image(path.with_suffix(".tiff")), smooth(20, 30))


def test_transparency_is_dropped_without_remark(tmp_path: Path) -> None:
    picture = Image.fromarray(smooth(20, 30)).quantize(16)
    picture.save(tmp_path / "a.png", transparency=bytes(range(16)))
    np.testing.assert_array_equal(
        read_image(tmp_path / "a.png"), np.asarray(picture.convert("RGB"))
    )


def test_profile_that_libpng_remarks_on(tmp_path: Path) -> None:
    samples = RNG.integers(0, 65536, (8, 9, 3), np.uint16)
    data = cv2.imencode(".png", samples)[1].tobytes()
    profile = b"bad\0\0" + zlib.compress(b"no profile at all")
    chunk = struct.pack(">I", len(profile)) + b"iCCP" + profile
    chunk += struct.pack(">I", zlib.crc32(b"iCCP" + profile))
    (tmp_path / "a.png").write_bytes(data[:33] + chunk + data[33:])
    expected = np.floor(samples[..., ::-1].astype(np.float64) * 255 / 65535 + 0.5)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), expected)


# ------------------------------------------------------------------ limits


def test_limit_of_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(smooth(200, 300), "PNG"))
    assert read_image(path, max_pixels=60_000).shape == (200, 300, 3)
    with pytest.raises(ImageError, match=r"300 x 200 pixels, more than the 59,999"):
        read_image(path, max_pixels=59_999)


def test_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    data = bytearray(encoded(smooth(8, 8), "PNG"))
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    (tmp_path / "bomb.png").write_bytes(data)
    with pytest.raises(ImageError, match="cut it into tiles"):
        read_image(tmp_path / "bomb.png")
    assert images.MAX_PIXELS > 20_000**2
    assert Image.MAX_IMAGE_PIXELS is None or Image.MAX_IMAGE_PIXELS >= images.MAX_PIXELS


# ------------------------------------------------------------------ damage


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("crlf_mangled_0.png", "line ends were changed"),
        ("xcrn0g04.png", "line ends were changed"),
        ("xs1n0g01.png", "no picture"),
        ("xdtn0g01.png", "damaged"),
        ("premature_end_0.jpg", "its data end before the picture does"),
        ("exif_LICENSE", "no picture"),
    ],
)
def test_broken_files_are_refused_in_one_sentence(
    shared_data: Path, name: str, trouble: str
) -> None:
    with pytest.raises(ImageError) as caught:
        read_image(shared_data / "odd" / name)
    sentence = str(caught.value)
    assert name in sentence
    assert trouble in sentence
    assert "\n" not in sentence
    if not name.startswith("premature"):  # of which a thumbnail shows what there is
        with pytest.raises(ImageError, match=trouble):
            read_thumbnail(shared_data / "odd" / name, 64)


def test_surplus_bytes_do_no_harm(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "odd" / "extraneous_bytes_0.jpg"
    with Image.open(path) as picture:
        np.testing.assert_array_equal(read_image(path), np.asarray(picture))
    jpeg = encoded(smooth(64, 64), "JPEG")
    expected = np.asarray(Image.open(io.BytesIO(jpeg)))
    for surplus in (b"\0" * 100, b"trailer", jpeg, b"\xff\xd9"):
        (tmp_path / "a.jpg").write_bytes(jpeg + surplus)
        np.testing.assert_array_equal(read_image(tmp_path / "a.jpg"), expected)


def pictures_to_cut() -> dict[str, bytes]:
    rng = np.random.default_rng(2)
    noise = rng.integers(0, 256, (64, 96, 3), np.uint8)
    deep = noise.astype(np.uint16) * 257
    deep_tiff = io.BytesIO()
    tifffile.imwrite(deep_tiff, deep, photometric="rgb")
    return {
        "jpeg": encoded(noise, "JPEG", quality=90),
        "restarts": encoded(noise, "JPEG", quality=90, restart_marker_rows=1),
        "progressive": encoded(noise, "JPEG", quality=90, progressive=True),
        "grey": encoded(noise[..., 0], "JPEG", quality=90),
        "png": encoded(noise, "PNG"),
        "deep png": cv2.imencode(".png", deep)[1].tobytes(),
        "tiff": encoded(noise, "TIFF"),
        "lzw": encoded(noise, "TIFF", compression="tiff_lzw"),
        "deep tiff": deep_tiff.getvalue(),
        "webp": encoded(noise, "WEBP", quality=90),
        "gif": encoded(noise, "GIF"),
        "bmp": encoded(noise, "BMP"),
        "jp2": encoded(noise, "JPEG2000"),
        "avif": encoded(noise, "AVIF"),
    }


def picture_or_sentence(read: Callable[[Path], T], path: Path) -> T | str:
    try:
        return read(path)
    except ImageError as error:
        return str(error)


@pytest.mark.parametrize("kind", list(pictures_to_cut()))
def test_cut_files_are_refused_never_half_shown(tmp_path: Path, kind: str) -> None:
    data = pictures_to_cut()[kind]
    path = tmp_path / "cut"
    path.write_bytes(data)
    whole = read_image(path)
    for share in (0.0, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95):
        path.write_bytes(data[: int(len(data) * share)])
        outcome = picture_or_sentence(read_image, path)
        if isinstance(outcome, str):
            assert "\n" not in outcome
        else:
            np.testing.assert_array_equal(outcome, whole)


@pytest.mark.parametrize("kind", ["jpeg", "grey"])
@pytest.mark.parametrize("missing", [40, 100, 1000])
def test_jpeg_that_ends_early_behind_its_end_marker(
    tmp_path: Path, kind: str, missing: int
) -> None:
    data = pictures_to_cut()[kind]
    cut = data[: -2 - missing].rstrip(b"\xff") + b"\xff\xd9"
    (tmp_path / "a.jpg").write_bytes(cut)
    with pytest.raises(ImageError, match="end before the picture does"):
        read_image(tmp_path / "a.jpg")


@pytest.mark.parametrize("kind", list(pictures_to_cut()))
def test_scrambled_files_give_a_picture_or_a_sentence(tmp_path: Path, kind: str) -> None:
    data = pictures_to_cut()[kind]
    rng = np.random.default_rng(len(kind))
    path = tmp_path / "scrambled"
    for _ in range(25):
        bytes_ = bytearray(data)
        for place in rng.integers(0, min(len(data), 600), rng.integers(1, 6)):
            bytes_[place] = rng.integers(256)
        path.write_bytes(bytes_)
        for read in (read_image, read_image_size):
            outcome = picture_or_sentence(read, path)
            assert not isinstance(outcome, str) or "\n" not in outcome


def test_what_is_no_picture_file(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "page.jpg").write_text("<!DOCTYPE html><html>404</html>")
    (tmp_path / "lfs.png").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0")
    (tmp_path / "folder.png").mkdir()
    cases = {
        "empty.png": "is empty",
        "page.jpg": "HTML",
        "lfs.png": "git lfs pull",
        "folder.png": "is a folder",
        "gone.png": "is not there",
        "x" * 300 + ".png": "cannot be read",
    }
    for name, trouble in cases.items():
        for read in (read_image, read_image_size):
            with pytest.raises(ImageError, match=trouble) as caught:
                read(tmp_path / name)
            assert len(str(caught.value)) < 400
    with pytest.raises(ImageError):
        read_image("nul\0byte.png")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs permissions that bind")
def test_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(smooth(4, 4), "PNG"))
    (tmp_path / "a.png").chmod(0)
    with pytest.raises(ImageError, match="may not be read"):
        read_image(tmp_path / "a.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(ImageError, match="no regular file"):
        read_image(tmp_path / "a.png")


# ------------------------------------------------------------------ thumbnails


def test_thumbnails_keep_the_ratio_and_never_enlarge(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(smooth(30, 400), "PNG"))
    assert read_thumbnail(path, 100).shape == (8, 100, 3)
    assert read_thumbnail(path, 1000).shape == (30, 400, 3)
    path.write_bytes(encoded(smooth(2, 600), "JPEG"))
    assert read_thumbnail(path, 100).shape == (1, 100, 3)


def test_every_real_picture_is_read_as_others_read_it(shared_data: Path) -> None:
    paths = [shared_data / "photos" / "alicevision_buddha_00006_CCBY4.png"]
    for kind in ("street", "aerial"):
        paths += sorted((shared_data / kind / "images" / "test").iterdir())[:3]
    for path in paths:
        image = read_image(path)
        assert read_image_size(path) == image.shape[:2]
        by_opencv = cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1]
        assert np.abs(image.astype(int) - by_opencv).max() <= 2, path.name
