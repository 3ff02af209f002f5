"""What the workers of the tests do; each says in a file of `folder` what it began."""

import os
import signal
import time
from pathlib import Path

from situate.errors import DataError, MissingExtraError


def double(value: int) -> int:
    return 2 * value


def double_after(folder: Path, value: int) -> int:
    """Twice `value`; item 1 kills its process the first time, while another worker is at an item."""
    begin(folder, value)
    time.sleep(0.05)
    marker = folder / "killed"
    if value == 1 and not marker.exists():
        marker.touch()
        kill()
    return 2 * value


def kill_at_2(value: int) -> int:
    return kill() if value == 2 else value


def kill() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)
    return 0


def fail(value: int) -> int:
    if value == 1:
        raise DataError("line 7 is broken")
    return value


def lack(_: int) -> int:
    raise MissingExtraError("mitsuba", "scenes")


def divide(value: int) -> float:
    return 1 / value


class LocalClassError(Exception):
    """Its arguments are not what it is built from: unpickling fails."""

    def __init__(self, line: int, name: str) -> None:
        super().__init__(f"{name}:{line}")


def fail_oddly(_: int) -> int:
    raise LocalClassError(3, "odd.txt")


def give_back_a_function(value: int):
    return lambda: value


def pid_and_wait(folder: Path, value: int) -> int:
    """The first item comes back; the others wait, and say when they are told to end."""
    begin(folder, os.getpid())
    try:
        time.sleep(0 if value == 0 else 60)
    finally:
        (folder / f"left-{value}").touch()
    return value


def begin(folder: Path, value: int) -> None:
    with (folder / "begun").open("a") as file:
        file.write(f"{value}\n")


def begun(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "begun").read_text().split()]


prepared: list[int] = []


def prepare() -> None:
    prepared.append(7)


def double_prepared(value: int) -> int:
    return 2 * value + sum(prepared)


def prepare_badly() -> None:
    raise DataError("the models are broken")


def prepare_and_die() -> None:
    kill()
