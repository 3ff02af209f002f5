"""`situate place`: where an object belongs, without composing."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from situate.cli.constraints import NO_CONSTRAINTS, ConstraintOptions, check_number
from situate.errors import InputError
from situate.pipeline.runtime import Backend, Runtime, composer_of

if TYPE_CHECKING:
    from situate.pipeline.places import RankedPlaces


def place(
    background: Path,
    *foregrounds: Path,
    model: Path | None = None,
    top_k: int = 5,
    constraints: ConstraintOptions = NO_CONSTRAINTS,
    may_overlap: bool = False,
    json: Path | None = None,
    heatmap: Path | None = None,
    sheet: Path | None = None,
    device: str = "auto",
    backend: Backend = "torch",
) -> None:
    """Say where an object belongs in a picture: ranked boxes as JSON, a heat map of its foot point, a sheet to look at.

    Several objects are placed one after another, each where it belongs once the others stand at their best places;
    then JSON holds one list of boxes for each, and the pictures are numbered.

    Args:
        background: The picture.
        foregrounds: The object with transparency, or several (make one: situate cutout).
        model: Model folder; the shipped weights by default.
        top_k: How many places, best first.
        constraints: Where the object may be put.
        may_overlap: With several objects: their boxes may overlap.
        json: Write the list here instead of printing it.
        heatmap: Write the heat map over the picture here.
        sheet: Draw the heat map and the object at every place here.
        device: auto, cpu, cuda or mps.
        backend: Who runs the networks: torch, or openvino for a folder that situate export made.
    """
    from situate.cli.report import print_json
    from situate.imageio.read import read_picture
    from situate.imageio.write import check_output, json_bytes
    from situate.pipeline.output import placement_entries, write_files

    check_number(foregrounds, may_overlap=may_overlap)
    if heatmap is not None and heatmap == sheet:
        raise InputError(f"--heatmap and --sheet are both {heatmap}; give them different names")
    if top_k < 1:
        raise InputError(f"--top-k is {top_k}; it must be at least 1")
    if json is not None:
        check_output(json, suffixes=(".json",))
    for path in (heatmap, sheet):
        if path is not None:
            check_output(path)
    scene = read_picture(background)
    composer = composer_of(model, Runtime(device, backend))
    demanded = constraints.for_background(scene, num_foregrounds=len(foregrounds))
    found = composer.place_several(scene, foregrounds, top_k=top_k, constraints=demanded, may_overlap=may_overlap)
    entries = [placement_entries(one.placements, (scene.width_px, scene.height_px)) for one in found]
    described = entries[0] if len(entries) == 1 else entries
    contents = _drawn(found, heatmap, sheet)
    if json is not None:
        contents[json] = json_bytes(described)
    if contents:
        write_files(contents)
    if json is None:
        print_json(described)


def _drawn(found: "Sequence[RankedPlaces]", heatmap: Path | None, sheet: Path | None) -> dict[Path, bytes]:
    """The pictures that were asked for, as files; numbered if there are several objects."""
    from situate.geometry.heatmap import overlay
    from situate.imageio.encode import encode_picture
    from situate.imageio.write import JPEG_QUALITY
    from situate.pipeline.output import numbered
    from situate.pipeline.place_sheet import place_sheet
    from situate.records.picture import Picture

    contents: dict[Path, bytes] = {}
    for number, one in enumerate(found, start=1):
        scene, shares = one.background.rgb_u8, one.heatmap
        pictures = {}
        if heatmap is not None:
            pictures[heatmap] = overlay(scene, shares)
        if sheet is not None:
            pictures[sheet] = place_sheet(scene, one.foreground, one.placements, shares)
        for path, pixels in pictures.items():
            target = path if len(found) == 1 else numbered(path, number)
            contents[target] = encode_picture(Picture(pixels), path.suffix.lower(), None, JPEG_QUALITY)
    return contents
