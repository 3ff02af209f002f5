"""`situate place`: where an object belongs, without composing."""

from pathlib import Path

from situate.errors import InputError


def place(
    background: Path,
    foreground: Path,
    *,
    model: Path | None = None,
    top_k: int = 5,
    json: Path | None = None,
    heatmap: Path | None = None,
    device: str = "auto",
) -> None:
    """Say where an object belongs in a picture: ranked boxes as JSON, and a heat map of its foot point.

    Args:
        background: The picture.
        foreground: The object with transparency (make one: situate cutout).
        model: Model folder; the shipped weights by default.
        top_k: How many places, best first.
        json: Write the list here instead of printing it.
        heatmap: Write the heat map over the picture here.
        device: auto, cpu, cuda or mps.
    """
    from situate.cli.report import print_json
    from situate.geometry.heatmap import overlay
    from situate.imageio.encode import encode_picture
    from situate.imageio.read import read_picture
    from situate.imageio.write import JPEG_QUALITY, check_output, json_bytes
    from situate.pipeline.composer import Composer
    from situate.pipeline.output import placement_entries, write_files
    from situate.records.picture import Picture

    if top_k < 1:
        raise InputError(f"--top-k is {top_k}; it must be at least 1")
    if json is not None:
        check_output(json, suffixes=(".json",))
    if heatmap is not None:
        check_output(heatmap)
    scene = read_picture(background)
    composer = Composer.from_pretrained(model, device=device)
    placements, shares = composer.place_with_heatmap(scene, foreground, top_k=top_k)
    entries = placement_entries(placements, (scene.width_px, scene.height_px))
    contents: dict[Path, bytes] = {}
    if heatmap is not None:
        picture = Picture(overlay(scene.rgb_u8, shares))
        contents[heatmap] = encode_picture(picture, heatmap.suffix.lower(), None, JPEG_QUALITY)
    if json is not None:
        contents[json] = json_bytes(entries)
    if contents:
        write_files(contents)
    if json is None:
        print_json(entries)
