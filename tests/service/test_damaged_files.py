"""Hundreds of damaged, false and odd picture files: each is answered in the 200s or 400s, and the service lives on."""

import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import httpx
import numpy as np
import pytest
from PIL import Image
from tests.service.pictures import BACKGROUND, FOREGROUND, cutout, file_of, scene, uploads

NUM_CUTS, NUM_FLIPS = 8, 24
MODES = {"PNG": ("1", "L", "LA", "P"), "TIFF": ("1", "LA", "P", "I", "CMYK", "YCbCr"), "JPEG": ("L", "CMYK", "YCbCr")}
FORMATS = ("PNG", "JPEG", "WebP", "TIFF", "BMP")
# Starlette, and Pillow on damaged files, leave some of their own to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def whole_files() -> dict[str, bytes]:
    small, objects = scene(width=48, height=36), cutout(side=24)
    return {kind: file_of(small if kind == "JPEG" else objects, kind) for kind in FORMATS}


def mutations(content: bytes, seed: str) -> Iterator[tuple[str, bytes]]:
    """Cut a file off, and flip bits in its head and elsewhere; the same every time."""
    generator = random.Random(seed)
    for number in range(NUM_CUTS):
        end = round(len(content) * (number / NUM_CUTS) ** 2) + number
        yield f"cut at {end}", content[:end]
    for number in range(NUM_FLIPS):
        changed = bytearray(content)
        area = min(len(content), 64) if number % 2 else len(content)
        for _ in range(1 + number // 2):
            changed[generator.randrange(area)] ^= 1 << generator.randrange(8)
        yield f"flip {number}", bytes(changed)
    middle = len(content) // 2
    yield "zeros inside", content[:middle] + bytes(40) + content[middle + 40 :]
    yield "middle twice", content[:middle] + content[middle // 2 :]


def bomb(width: int, height: int) -> bytes:
    """A PNG file of a few bytes that says it is huge."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A PNG file whose comment unpacks to many megabytes."""
    body = b"Comment\0\0" + zlib.compress(bytes(50_000_000))
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    return FOREGROUND[:33] + chunk + FOREGROUND[33:]


def archive() -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr(zipfile.ZipInfo("index.html"), "<script>alert(1)</script>")
    return target.getvalue()


def odd_files() -> Iterator[tuple[str, bytes]]:
    """What is no picture, more than one thing at once, or a picture of a rare kind."""
    generator = random.Random(0)
    yield "empty", b""
    yield "one byte", b"\xff"
    for size in (7, 100, 5000):
        yield f"{size} random bytes", generator.randbytes(size)
    for start in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"RIFF\0\0\0\0WEBP"):
        yield f"random bytes behind {start!r}", start + generator.randbytes(300)
    for width, height in ((30_000, 30_000), (2**31 - 1, 2**31 - 1), (1_000_000, 2), (0, 5)):
        yield f"a PNG of {width} x {height}", bomb(width, height)
    yield "a comment that is a bomb", text_bomb()
    yield "JPEG and zip", BACKGROUND + archive()
    yield "zip and JPEG", archive() + BACKGROUND
    yield "HTML", b"<html><script>alert(1)</script></html>"
    yield "SVG", b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>"
    yield "GIF", file_of(cutout(), "GIF")
    yield "an ICO", file_of(cutout(), "ICO")
    yield "a pickle", b"cos\nsystem\n(S'true'\ntR."
    frames = [cutout(side=side).resize((24, 24)) for side in (20, 24)]
    for kind in ("PNG", "WebP", "TIFF"):
        yield f"an animated {kind}", file_of(frames[0], kind, save_all=True, append_images=frames[1:])
    for kind, modes in MODES.items():
        for mode in modes:
            yield f"{mode} as {kind}", file_of(scene(width=32, height=24).convert(mode), kind)
    deep = Image.fromarray(np.arange(32 * 24, dtype=np.uint16).reshape(24, 32) * 80)
    yield from ((f"16 bits as {kind}", file_of(deep, kind)) for kind in ("PNG", "TIFF"))
    yield "floats as TIFF", file_of(Image.fromarray(np.full((24, 32), np.nan, np.float32)), "TIFF")
    for width, height in ((1, 1), (1, 900), (900, 1)):
        yield f"{width} x {height}", file_of(Image.new("RGBA", (width, height), (9, 9, 9, 255)))
    yield "nothing to be seen", file_of(Image.new("RGBA", (30, 30)))
    yield "broken metadata", file_of(scene(width=32, height=24), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    yield "a broken profile", file_of(cutout(), icc_profile=b"no profile")


def cases() -> list[tuple[str, bytes]]:
    damaged = [
        (f"{kind}, {what}", content)
        for kind, whole in whole_files().items()
        for what, content in mutations(whole, kind)
    ]
    return [*damaged, *odd_files()]


def answers(live, field: str, files: list[tuple[str, bytes]]) -> dict[str, tuple[int, str]]:
    """Ask for places with each file in one of the fields, four at once; give what is not as it should be."""

    def ask(content: bytes) -> httpx.Response:
        pictures = uploads(content) if field == "background" else uploads(BACKGROUND, content)
        return live.http.post("/v1/place", files=pictures, data={"options": '{"top_k": 1}'})

    with ThreadPoolExecutor(4) as clients:
        given = dict(zip([what for what, _ in files], clients.map(ask, [content for _, content in files]), strict=True))
    num_used = sum(answer.status_code == 200 for answer in given.values())
    assert 0 < num_used < len(given), "some are harmless, some are not"
    return {what: (one.status_code, one.text[:300]) for what, one in given.items() if not is_clear(one, field)}


def is_clear(answer, field: str) -> bool:
    if answer.status_code == 200:
        return bool(answer.json()["placements"])
    error = answer.json()["error"]
    names = {413: "too_large", 415: "unknown_format", 422: "unusable"}
    is_named = field in error["message"] or "object" in error["message"]
    return names.get(answer.status_code) == error["type"] and "Traceback" not in answer.text and is_named


def test_there_are_hundreds_of_them():
    assert len(cases()) >= 200
    assert cases() == cases(), "the same every time"


@pytest.mark.parametrize("field", ["background", "foreground"])
def test_a_damaged_file_is_refused_with_a_clear_answer_or_used(live, field):
    assert answers(live, field, cases()) == {}


def test_afterwards_the_service_still_composes(live):
    answer = live.http.post("/v1/compose", files=uploads(), data={"options": '{"steps": 1}'})
    assert answer.status_code == 200
    assert live.worker.num_waiting == 0
