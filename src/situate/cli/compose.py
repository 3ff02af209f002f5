"""`situate compose`: one picture, or a folder of them."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from situate.errors import InputError

if TYPE_CHECKING:
    from situate.pipeline.composer import Composer


def compose(
    background: Path,
    foreground: Path,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    model: Path | None = None,
    top_k: int = 1,
    box: str | None = None,
    seed: int = 0,
    steps: int = 4,
    json: Path | None = None,
    masks: bool = False,
    num: int | None = None,
    device: str = "auto",
    verbose: Annotated[bool, Parameter(alias="-v")] = False,
) -> int:
    """Put an object into a picture where it belongs; nobody has to say where.

    Two folders make NUM pictures of pairs drawn by the seed; pictures that cannot be used are listed in
    OUTPUT/errors.jsonl and the rest goes on.

    Args:
        background: The picture, or a folder of pictures.
        foreground: The object with transparency, or a folder of them (make one: situate cutout).
        output: The composite (.png, .jpg, .webp, .tif, .bmp); with folders: a folder.
        model: Model folder, such as RUN/model; the shipped weights by default.
        top_k: How many places to use, best first; files are numbered from 1.
        box: A place given by hand: left,top,width,height in pixels.
        seed: Of the noise; the same call gives the same bytes.
        steps: Steps of the synthesis.
        json: Write boxes, probabilities and file names here (with masks).
        masks: Write OUTPUT.mask.png and OUTPUT.effect.png.
        num: How many pictures, with folders.
        device: auto, cpu, cuda or mps.
        verbose: Print times on stderr.
    """
    from situate.cli.compose_folder import compose_folders
    from situate.cli.options import parsed_box
    from situate.imageio.write import check_output, losses
    from situate.pipeline.composer import Composer
    from situate.pipeline.output import write_composites

    box_xywh_px = None if box is None else parsed_box(box)
    options = {"top_k": top_k, "box_xywh_px": box_xywh_px, "seed": seed, "num_steps": steps}
    if background.is_dir() or foreground.is_dir():
        if json is not None:
            raise InputError("--json names one file; with folders every picture gets its own, leave --json out")
        return compose_folders(background, foreground, output, num=num, model=model, device=device, options=options)
    if num is not None:
        raise InputError(f"--num {num} needs folders of backgrounds and foregrounds; leave it out for one picture")
    check_output(output)
    if json is not None:
        check_output(json, suffixes=(".json",))
    start_s = time.perf_counter()
    composer = Composer.from_pretrained(model, device=device)
    loaded_s = time.perf_counter()
    composites = composer(background, foreground, **options)
    composed_s = time.perf_counter()
    is_numbered = top_k > 1
    for path in write_composites(composites, output, is_numbered=is_numbered, with_masks=masks, json_path=json):
        print(path)
    for loss in losses(output, composites[0].picture):
        print(f"note: {loss}; use .png", file=sys.stderr)
    if verbose:
        written_s = time.perf_counter()
        warm_s = _warm_s(composer, background, foreground, options)
        times = (loaded_s - start_s, composed_s - loaded_s, written_s - composed_s, warm_s)
        print("load {:.2f} s, compose {:.2f} s, write {:.2f} s, warm compose {:.2f} s".format(*times), file=sys.stderr)
    return 0


def _warm_s(composer: "Composer", background: Path, foreground: Path, options: dict) -> float:
    start_s = time.perf_counter()
    composer(background, foreground, **options)
    return time.perf_counter() - start_s
