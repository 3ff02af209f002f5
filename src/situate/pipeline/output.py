"""Composites as files: picture, masks and the JSON that describes them; all of them or none."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from situate.errors import OutputError
from situate.imageio.encode import encode_grey_png, encode_picture
from situate.imageio.stamp import CompositeStamp
from situate.imageio.write import JPEG_QUALITY, json_bytes
from situate.records.placement import Composite, Placement


@dataclass(frozen=True)
class CompositeFiles:
    """Where one composite's picture and masks go."""

    picture: Path
    mask: Path
    effect: Path


def files_for(output: Path, count: int, *, is_numbered: bool) -> list[CompositeFiles]:
    """Name the files of `count` composites: `OUT-1.png` and so on if numbered, else `OUT.png` for the only one."""
    stems = [output.stem] if not is_numbered else [f"{output.stem}-{number}" for number in range(1, count + 1)]
    return [
        CompositeFiles(
            picture=output.with_name(f"{stem}{output.suffix}"),
            mask=output.with_name(f"{stem}.mask.png"),
            effect=output.with_name(f"{stem}.effect.png"),
        )
        for stem in stems
    ]


def write_composites(
    composites: Sequence[Composite], output: Path, *, is_numbered: bool, with_masks: bool, json_path: Path | None
) -> list[Path]:
    """Write composites, their masks (always with JSON) and the JSON list, best first.

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
    files = files_for(output, len(composites), is_numbered=is_numbered)
    contents: dict[Path, bytes] = {}
    for composite, paths in zip(composites, files, strict=True):
        stamp = CompositeStamp(composite.model_fingerprint, composite.seed)
        contents[paths.picture] = encode_picture(composite.picture, paths.picture.suffix.lower(), stamp, JPEG_QUALITY)
        if with_masks or json_path is not None:
            contents[paths.mask] = encode_grey_png(composite.visible_alpha)
            contents[paths.effect] = encode_grey_png(composite.effect)
    if json_path is not None:
        entries = [_entry(*pair, json_path.parent) for pair in zip(composites, files, strict=True)]
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


def _entry(composite: Composite, files: CompositeFiles, folder: Path) -> dict[str, Any]:
    visible_box = composite.visible_box_xywh_px
    return {
        "box_xywh_px": _rounded(composite.box_xywh_px),
        "visible_box_xywh_px": None if visible_box is None else list(visible_box),
        "probability": _share(composite.placement.probability),
        "score": _share(composite.placement.score),
        "seed": composite.seed,
        "file": _relative(files.picture, folder),
        "mask_file": _relative(files.mask, folder),
        "effect_file": _relative(files.effect, folder),
    }


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 2) for value in values]


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
