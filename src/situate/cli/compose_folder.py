"""Composing pairs drawn from two folders."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from situate.cli.constraints import ConstraintOptions
from situate.errors import InputError, OutputError, SituateError
from situate.imageio.encode import PICTURE_SUFFIXES
from situate.imageio.read import read_picture
from situate.imageio.write import write_bytes
from situate.pipeline.composer import Composer
from situate.pipeline.output import write_composites
from situate.seeds import seed_for


def compose_folders(
    backgrounds: Path,
    foregrounds: Path,
    output: Path,
    constraints: ConstraintOptions,
    *,
    num: int | None,
    model: Path | None,
    device: str,
    options: dict[str, Any],
) -> int:
    """Compose `num` pairs (one for each background by default) into the folder `output`.

    Returns:
        0, or 1 if some pairs failed; those are in `output`/errors.jsonl.

    Raises:
        InputError: If a folder holds no pictures, `num` is not positive, or an option cannot be used.
        OutputError: If `output` cannot be made.
    """
    scenes, cutouts = _pictures(backgrounds), _pictures(foregrounds)
    count = len(scenes) if num is None else num
    if count < 1:
        raise InputError(f"--num is {count}; it must be at least 1")
    composer = Composer.from_pretrained(model, device=device)
    composer.check(**options, constraints=constraints.without_masks())
    if constraints.allow or constraints.avoid:
        _check_no_box(options)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{output} cannot be made ({error.strerror}); choose another folder") from error
    failures = []
    for number in track(range(count), "composing", console=Console(stderr=True)):
        background, cutout, seed = _pair(scenes, cutouts, options["seed"], number)
        path = output / f"{number:05d}-{background.stem}-{cutout.stem}.png"
        try:
            _compose_pair(composer, background, cutout, constraints, path, {**options, "seed": seed})
            print(path)
        except OutputError:
            raise
        except SituateError as error:
            failures.append({"background": str(background), "foreground": str(cutout), "error": str(error)})
    lines = "".join(json.dumps(failure) + "\n" for failure in failures)
    write_bytes(lines.encode(), output / "errors.jsonl")
    if failures:
        print(f"{len(failures)} of {count} pairs failed, see {output / 'errors.jsonl'}", file=sys.stderr)
    return 1 if failures else 0


def _check_no_box(options: dict[str, Any]) -> None:
    if options["box_xywh_px"] is not None:
        raise InputError("--box says where the object goes, --allow and --avoid say where it may; pass one of them")


def _compose_pair(
    composer: Composer,
    background: Path,
    foreground: Path,
    constraints: ConstraintOptions,
    path: Path,
    options: dict[str, Any],
) -> None:
    scene = read_picture(background)
    composites = composer(scene, foreground, constraints=constraints.for_background(scene), **options)
    is_numbered = options["top_k"] > 1
    write_composites(composites, path, is_numbered=is_numbered, with_masks=True, json_path=path.with_suffix(".json"))


def _pictures(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError(f"{path} is neither a picture nor a folder; check the name")
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES)
    if not found:
        raise InputError(f"{path} holds no pictures ({', '.join(sorted(PICTURE_SUFFIXES))}); pass another folder")
    return found


def _pair(scenes: list[Path], cutouts: list[Path], run_seed: int, number: int) -> tuple[Path, Path, int]:
    """Every background comes up once before any comes up twice; the foreground is drawn."""
    turn, place = divmod(number, len(scenes))
    order = np.random.default_rng(seed_for(run_seed, "backgrounds", turn)).permutation(len(scenes))
    cutout = np.random.default_rng(seed_for(run_seed, "foreground", number)).integers(len(cutouts))
    return scenes[order[place]], cutouts[cutout], seed_for(run_seed, "pair", number)
