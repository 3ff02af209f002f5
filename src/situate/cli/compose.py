"""`situate compose`: one picture, or a folder of them."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from situate.cli.constraints import NO_CONSTRAINTS, ConstraintOptions, check_number
from situate.errors import InputError
from situate.pipeline.runtime import Backend, Runtime, composer_of

if TYPE_CHECKING:
    from situate.pipeline.composer import Composer
    from situate.records.placement import Composite


def compose(
    background: Path,
    *foregrounds: Path,
    output: Annotated[Path, Parameter(alias="-o")],
    model: Path | None = None,
    top_k: int = 1,
    box: str | None = None,
    constraints: ConstraintOptions = NO_CONSTRAINTS,
    may_overlap: bool = False,
    seed: int = 0,
    steps: int = 4,
    strength: float = 1.0,
    match: Literal["all", "light", "shadow", "none"] = "all",
    json: Path | None = None,
    masks: bool = False,
    num: int | None = None,
    num_workers: int | None = None,
    batch_size: int | None = None,
    device: str = "auto",
    backend: Backend = "torch",
    verbose: Annotated[bool, Parameter(alias="-v")] = False,
) -> int:
    """Put an object into a picture where it belongs; nobody has to say where.

    Several objects are put there one after another, each seeing the last result. Two folders make NUM pictures of pairs
    drawn by the seed; pictures that cannot be used are listed in OUTPUT/errors.jsonl and the rest goes on.

    Args:
        background: The picture, or a folder of pictures.
        foregrounds: The object with transparency, or several, or a folder of them (make one: situate cutout).
        output: The composite (.png, .jpg, .webp, .tif, .bmp); with folders: a folder.
        model: Model folder, such as RUN/model; the shipped weights by default.
        top_k: How many places to use, best first; files are numbered from 1.
        box: A place given by hand: left,top,width,height in pixels.
        constraints: Where the object may be put.
        may_overlap: With several objects: their boxes may overlap.
        seed: Of the noise; the same call gives the same bytes.
        steps: Steps of the synthesis.
        strength: How much of what the model changes is taken: 0 is plain paste, 1 all of it.
        match: What of it: the object's colours (light), what it does to the ground (shadow), both, or neither.
        json: Write boxes, probabilities and file names here (with masks).
        masks: Write OUTPUT.mask.png and OUTPUT.effect.png.
        num: How many pictures, with folders.
        num_workers: Processes, with folders; by default one for each processor, of which each uses one, or a single one
            on a GPU. Does not change the result.
        batch_size: Pictures that go through the networks together, with folders; by default 8, and fewer of less than
            128 pictures. Changes the result by rounding only.
        device: auto, cpu, cuda or mps.
        backend: Who runs the networks: torch, or openvino for a folder that situate export made.
        verbose: Print times on stderr.
    """
    from situate.cli.compose_folder import Settings, compose_folders
    from situate.pipeline.demands import parsed_box
    from situate.pipeline.options import Synthesis

    box_xywh_px = None if box is None else parsed_box(box)
    options = {"top_k": top_k, "box_xywh_px": box_xywh_px, "seed": seed, "num_steps": steps}
    options |= {"strength": strength, "match": match}
    _check_foregrounds(background, foregrounds, options, may_overlap=may_overlap)
    runtime = Runtime(device, backend)
    if background.is_dir() or foregrounds[0].is_dir():
        if json is not None:
            raise InputError("--json names one file; with folders every picture gets its own, leave --json out")
        settings = Settings(model, runtime, constraints, Synthesis(seed, steps, strength, match), top_k, box_xywh_px)
        folders = (background, foregrounds[0], output)
        return compose_folders(*folders, settings, num=num, num_workers=num_workers, batch_size=batch_size)
    for option, value in (("num", num), ("num-workers", num_workers), ("batch-size", batch_size)):
        if value is not None:
            raise InputError(f"--{option} {value} needs folders of backgrounds and foregrounds; leave it out for one")
    options |= {"may_overlap": may_overlap} if len(foregrounds) > 1 else {}
    _compose_picture(background, foregrounds, output, constraints, options, model, runtime, json, masks, verbose)
    return 0


def _compose_picture(
    background: Path,
    foregrounds: tuple[Path, ...],
    output: Path,
    constraints: ConstraintOptions,
    options: dict[str, Any],
    model: Path | None,
    runtime: Runtime,
    json: Path | None,
    masks: bool,
    verbose: bool,
) -> None:
    from situate.imageio.write import check_output, losses
    from situate.pipeline.output import write_composites

    check_output(output)
    if json is not None:
        check_output(json, suffixes=(".json",))
    start_s = time.perf_counter()
    composer = composer_of(model, runtime)
    loaded_s = time.perf_counter()
    composites = _composed(composer, background, foregrounds, constraints, options)
    composed_s = time.perf_counter()
    is_numbered = options["top_k"] > 1
    for path in write_composites(composites, output, is_numbered=is_numbered, with_masks=masks, json_path=json):
        print(path)
    for loss in losses(output, composites[0].picture):
        print(f"note: {loss}; use .png", file=sys.stderr)
    if verbose:
        written_s = time.perf_counter()
        _composed(composer, background, foregrounds, constraints, options)
        warm_s = time.perf_counter() - written_s
        times = (loaded_s - start_s, composed_s - loaded_s, written_s - composed_s, warm_s)
        print("load {:.2f} s, compose {:.2f} s, write {:.2f} s, warm compose {:.2f} s".format(*times), file=sys.stderr)


def _composed(
    composer: "Composer",
    background: Path,
    foregrounds: tuple[Path, ...],
    constraints: ConstraintOptions,
    options: dict[str, Any],
) -> "list[Composite]":
    from situate.imageio.read import read_picture

    scene = read_picture(background)
    demanded = constraints.for_background(scene, num_foregrounds=len(foregrounds))
    if len(foregrounds) == 1:
        return composer(scene, foregrounds[0], constraints=demanded, **options)
    several = {name: options[name] for name in ("may_overlap", "seed", "num_steps", "strength", "match")}
    return [composer.compose_several(scene, foregrounds, constraints=demanded, **several)]


def _check_foregrounds(
    background: Path, foregrounds: tuple[Path, ...], options: dict[str, Any], *, may_overlap: bool
) -> None:
    check_number(foregrounds, may_overlap=may_overlap)
    if len(foregrounds) == 1:
        return
    if options["top_k"] != 1 or options["box_xywh_px"] is not None:
        raise InputError(
            f"--top-k and --box are for one foreground, there are {len(foregrounds)}; leave them out, or compose one "
            "after another"
        )
    if background.is_dir() or any(path.is_dir() for path in foregrounds):
        raise InputError(f"{len(foregrounds)} foregrounds need one background and no folders; pass pictures")
