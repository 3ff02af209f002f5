"""What is compared: a detector trained on real pictures, and on these with pictures that `situate augment` has made."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from detector.train import Pictures
from situate.errors import InputError

NUM_LINES_SHOWN = 5


@dataclass(frozen=True)
class Arm:
    """One way to come by training pictures.

    Attributes:
        name: In options, files and results.
        title: In tables.
        options: Of `situate augment`; without any there are no new pictures.
    """

    name: str
    title: str
    options: tuple[str, ...] | None


REAL, RANDOM = "real", "random"
WHERE = ("--keep-clear", "--max-enlarge", "3")
"""Chosen on the development part of street: touching cars are annotated as one, and small cut-outs may become as large
as the place demands."""
ARMS = (
    Arm(REAL, "real only", None),
    Arm(RANDOM, "+ random copy-paste", ("--place", "random", "--strength", "0")),
    Arm("pasted", "+ copy-paste at our places", ("--place", "model", *WHERE, "--strength", "0")),
    Arm("ours", "+ our composites", ("--place", "model", *WHERE, "--strength", "1")),
)
SAME_FOR_ALL = ("--new-only", "--objects", "1,2", "--num-workers", "1")


def arm_of(name: str) -> Arm:
    """Return the arm of this name.

    Raises:
        InputError: If there is none.
    """
    found = next((arm for arm in ARMS if arm.name == name), None)
    if found is None:
        raise InputError(f"there is no arm {name!r}; choose from {', '.join(arm.name for arm in ARMS)}")
    return found


def augmented(
    options: tuple[str, ...], backgrounds: Pictures, cutouts: str, folder: Path, num_new: int, seed: int
) -> Pictures:
    """Let `situate augment` make new pictures, on one processor; what lies in the folder already is used.

    Args:
        options: Of the arm.
        backgrounds: What the new pictures are made from.
        cutouts: Folder of cut-outs by class, or `self`.
        folder: Where they go.
        num_new: New pictures.
        seed: Of the plan.

    Raises:
        InputError: If the program fails, or could not use some files.
    """
    made = Pictures(folder / "annotations.json", folder / "images")
    if (folder / "report.json").is_file():
        return made
    words = [str(backgrounds.annotations), str(backgrounds.images), cutouts, str(folder), "--total", str(num_new)]
    words += ["--seed", str(seed), *SAME_FOR_ALL, *options, *(["--resume"] if folder.is_dir() else [])]
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "situate", "augment", *words],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-NUM_LINES_SHOWN:])
        raise InputError(f"situate augment {' '.join(words)} has failed: {last}")
    return made
