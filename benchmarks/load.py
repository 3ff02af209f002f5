"""Requests to a service by many clients at once: what they get, how soon, and what memory it takes meanwhile."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import httpx

import situate
from situate.imageio.encode import encode_picture
from situate.imageio.read import read_picture
from situate.records.picture import Picture

SIDE_PX = 512
JPEG_QUALITY = 90
EXAMPLES = Path(situate.__file__).parent / "examples"
_LOOK_EVERY_S = 0.25


@dataclass(frozen=True)
class Asked:
    """One composite that is asked for.

    Attributes:
        background: JPEG file.
        foreground: PNG file.
        seed: Of the noise; no two have the same.
    """

    background: bytes
    foreground: bytes
    seed: int


@dataclass
class Tally:
    """What clients have got.

    Attributes:
        latencies_s: Of answers that are composites, from the last try on.
        digests: Of their bytes, by seed.
        num_busy: Answers 429; each is tried again when the service says.
        errors: All other answers.
        held: Answers so far, and memory of the service then in MiB.
        seconds: Of all, from the first request to the last answer.
    """

    latencies_s: list[float] = field(default_factory=list)
    digests: dict[int, str] = field(default_factory=dict)
    num_busy: int = 0
    errors: list[str] = field(default_factory=list)
    held: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0


def asked_for(num: int) -> list[Asked]:
    """Pair the example pictures, every background with every foreground, the longer side of backgrounds `SIDE_PX`."""
    backgrounds = [_resized(path) for path in sorted((EXAMPLES / "backgrounds").glob("*.jpg"))]
    foregrounds = [path.read_bytes() for path in sorted((EXAMPLES / "foregrounds").glob("*.png"))]
    count = len(backgrounds)
    return [
        Asked(backgrounds[seed % count], foregrounds[seed // count % len(foregrounds)], seed) for seed in range(num)
    ]


def load(
    asked: Sequence[Asked],
    num_clients: int,
    until_s: float,
    *,
    open_client: Callable[[], httpx.Client],
    memory_mib: Callable[[], float],
    tally: Tally,
) -> int:
    """Ask by several clients, each on a thread and a connection of its own; return how many composites came.

    Args:
        asked: What for.
        num_clients: Clients, each of which asks again as soon as it has its answer.
        until_s: When clients ask for no more, as `time.perf_counter` counts.
        open_client: Makes a client.
        memory_mib: Tells what the service holds.
        tally: What came is added to it.
    """
    before, start_s = len(tally.latencies_s), time.perf_counter()
    waiting, lock = iter(asked), threading.Lock()

    def work() -> None:
        with open_client() as client:
            while time.perf_counter() < until_s and (one := _next(waiting, lock)) is not None:
                _ask(client, one, tally, lock)

    threads = [threading.Thread(target=work) for _ in range(num_clients)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        tally.held.append((len(tally.latencies_s), memory_mib()))
        threads[0].join(_LOOK_EVERY_S)
        time.sleep(0.0 if threads[0].is_alive() else _LOOK_EVERY_S / 10)
    tally.seconds += time.perf_counter() - start_s
    return len(tally.latencies_s) - before


def digest(content: bytes) -> str:
    """Tells whether two files are the same."""
    return hashlib.sha256(content).hexdigest()


def _next(waiting: Iterator[Asked], lock: threading.Lock) -> Asked | None:
    with lock:
        return next(waiting, None)


def _ask(client: httpx.Client, one: Asked, tally: Tally, lock: threading.Lock) -> None:
    """Ask until there is another answer than 429."""
    files = {"background": one.background, "foreground": one.foreground}
    while True:
        start_s = time.perf_counter()
        try:
            answer = client.post("/v1/compose", files=files, data={"options": f'{{"seed": {one.seed}}}'})
        except httpx.HTTPError as error:
            tally.errors.append(f"{type(error).__name__}: {error}")
            return
        latency_s = time.perf_counter() - start_s
        if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            break
        with lock:
            tally.num_busy += 1
        time.sleep(float(answer.headers["Retry-After"]))
    if answer.status_code == httpx.codes.OK:
        tally.digests[one.seed] = digest(answer.content)
        tally.latencies_s.append(latency_s)
    else:
        tally.errors.append(f"{answer.status_code}: {answer.text[:200]}")


def _resized(path: Path) -> bytes:
    pixels = read_picture(path).rgb_u8
    height, width = pixels.shape[:2]
    scale = SIDE_PX / max(width, height)
    size_wh = round(scale * width), round(scale * height)
    small = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return encode_picture(Picture(small), ".jpg", None, JPEG_QUALITY)
