"""Composites as files: picture, masks and the JSON that describes them; all of them or none."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from situate.errors import OutputError
from situate.imageio.encode import encode_grey_png, encode_picture, without_alpha
from situate.imageio.stamp import CompositeStamp
from situate.imageio.write import JPEG_QUALITY, json_bytes
from situate.records.placement import Composite, PlacedObject, Placement


@dataclass(frozen=True)
class CompositeFiles:
    """Where one composite's picture, the masks of its objects and its effect go."""

    picture: Path
    masks: tuple[Path, ...]
    effect: Path


def numbered(path: Path, number: int) -> Path:
    """Put a number behind a file's stem: `OUT-1.png`."""
    return path.with_name(f"{path.stem}-{number}{path.suffix}")


def files_for(output: Path, num_objects: Sequence[int], *, is_numbered: bool) -> list[CompositeFiles]:
    """Name the files of composites with so many objects each.

    Pictures are `OUT-1.png` and so on if numbered, else `OUT.png` for the only one; masks `OUT.mask.png`, or
    `OUT.mask-1.png` and so on where there are several objects.
    """
    stems = [f"{output.stem}-{number}" for number in range(1, len(num_objects) + 1)] if is_numbered else [output.stem]
    return [
        CompositeFiles(
            picture=output.with_name(f"{stem}{output.suffix}"),
            masks=tuple(output.with_name(f"{stem}.mask{end}.png") for end in _mask_ends(count)),
            effect=output.with_name(f"{stem}.effect.png"),
        )
        for stem, count in zip(stems, num_objects, strict=True)
    ]


def write_composites(
    composites: Sequence[Composite], output: Path, *, is_numbered: bool, with_masks: bool, json_path: Path | None
) -> list[Path]:
    """Write composites, their masks (always with JSON) and the JSON list, best first, with one entry per object.

    Args:
        composites: One, or several if numbered.
        output: Name of the picture.
        is_numbered: Whether several places were asked for: also the only one of them is then `OUT-1.png`.
        with_masks: Write masks without JSON too.
        json_path: Where the list goes; None writes none.

    Returns:
        The pictures' paths.

    Raises:
        OutputError: If anything cannot be written; then nothing has been.
    """
    num_objects = [len(composite.objects) for composite in composites]
    files = files_for(output, num_objects, is_numbered=is_numbered)
    contents: dict[Path, bytes] = {}
    for composite, paths in zip(composites, files, strict=True):
        stamp = CompositeStamp(composite.model_fingerprint, composite.seed)
        suffix = paths.picture.suffix.lower()
        picture = without_alpha(composite.picture, suffix)
        contents[paths.picture] = encode_picture(picture, suffix, stamp, JPEG_QUALITY)
        if with_masks or json_path is not None:
            for placed, path in zip(composite.objects, paths.masks, strict=True):
                contents[path] = encode_grey_png(placed.visible_alpha)
            contents[paths.effect] = encode_grey_png(composite.effect)
    if json_path is not None:
        entries = [
            _entry(composite, placed, paths, mask, json_path.parent)
            for composite, paths in zip(composites, files, strict=True)
            for placed, mask in zip(composite.objects, paths.masks, strict=True)
        ]
        contents[json_path] = json_bytes(entries)
    write_files(contents)
    return [paths.picture for paths in files]


def placement_entries(placements: Sequence[Placement], resolution_wh: tuple[int, int]) -> list[dict[str, Any]]:
    """Describe placements without pictures, best first."""
    return [
        {
            "box_xywh_px": _rounded(placement.box_xywh_px(resolution_wh)),
            "probability": _share(placement.probability),
            "score": _share(placement.score),
        }
        for placement in placements
    ]


def object_entry(placed: PlacedObject) -> dict[str, Any]:
    """Describe one object of a composite."""
    visible_box = placed.visible_box_xywh_px
    return {
        "box_xywh_px": _rounded(placed.box_xywh_px),
        "visible_box_xywh_px": None if visible_box is None else list(visible_box),
        "probability": _share(placed.placement.probability),
        "score": _share(placed.placement.score),
    }


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write several files: all are written beside their names first, then all are renamed.

    If one cannot be written or renamed, no new name is left behind; a file that was there before keeps its old content
    unless its own renaming was already done.

    Raises:
        OutputError: If one cannot be written.
    """
    partials = {path: path.with_name(f"{path.name}.partial") for path in contents}
    path, new = next(iter(contents)), []
    try:
        for path, content in contents.items():
            partials[path].write_bytes(content)
        for path, partial in partials.items():
            new += [] if path.exists() else [path]
            os.replace(partial, path)
    except OSError as error:
        for written in new:
            written.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written ({error.strerror}); free some space or choose another place"
        ) from error
    finally:
        for partial in partials.values():
            partial.unlink(missing_ok=True)


def _entry(
    composite: Composite, placed: PlacedObject, files: CompositeFiles, mask: Path, folder: Path
) -> dict[str, Any]:
    return object_entry(placed) | {
        "seed": composite.seed,
        "file": _relative(files.picture, folder),
        "mask_file": _relative(mask, folder),
        "effect_file": _relative(files.effect, folder),
    }


def _mask_ends(num_objects: int) -> list[str]:
    return [""] if num_objects == 1 else [f"-{number}" for number in range(1, num_objects + 1)]


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 2) for value in values]


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
