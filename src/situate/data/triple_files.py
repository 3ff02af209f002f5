"""One triple from its files: the label, and the pictures in whichever encoding they have."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8

from situate.data.members import Files
from situate.data.png import decode_png
from situate.data.triple_label import label_problem, light_of, places_of
from situate.errors import DataError
from situate.records.triple import Triple

PICTURE_FIELDS = {
    "background": "background",
    "composite": "composite",
    "foreground": "foreground",
    "visible_alpha": "visible",
    "effect": "effect",
    "hole": "hole",
    "decoys": "decoys",
    "amodal_alpha": "amodal",
    "support": "support",
}
PLACES_FIELDS = ("background", "foreground")
"""All pictures that a triple of source `places` has."""
OPTIONAL_FIELDS = ("hole", "decoys", "amodal_alpha", "support")
GREY_FIELDS = ("visible_alpha", "effect", "hole", "amodal_alpha", "support")
ALPHA_FIELDS = ("foreground", "decoys")
ENCODINGS = ("png", "webp")
ABSENT = np.zeros((1, 1), np.uint8)
"""Stands for an optional picture that a triple lacks, where every triple must have the same files."""


def read_label(files: Files, where: str) -> dict[str, Any]:
    """Read and check the label of a triple; `where` names it in messages.

    Raises:
        DataError: If it is missing or damaged.
    """
    try:
        label = json.loads(read_file(files, "json", where))
    except ValueError as error:
        raise DataError(f"{where}.json is damaged ({error}); make the data set again") from error
    if problem := label_problem(label):
        raise DataError(f"{where}.json {problem}; make the data set again")
    return label


def read_file(files: Files, suffix: str, where: str) -> bytes:
    """Read one file of a triple.

    Raises:
        DataError: If it is missing.
    """
    if suffix not in files:
        raise DataError(f"{where} has no {suffix}; make the data set again")
    return files[suffix].read()


def read_triple(key: str, label: Mapping[str, Any], files: Files, where: str) -> Triple:
    """Decode the pictures of a triple.

    Raises:
        DataError: If one is missing or damaged, or they do not fit together.
    """
    pictures = _pictures(label, files, where)
    check_fit(pictures, where)
    if label["source"] == "places":
        pictures |= _unchanged(pictures["background"])
    pictures.setdefault("hole", np.zeros_like(pictures["effect"]))
    return Triple(
        key=key,
        group=label["group"],
        source=label["source"],
        kind=label["kind"],
        box_cxcywh=tuple(label["box_cxcywh"]),
        light=light_of(label),
        quality=label.get("quality"),
        truth=label.get("truth"),
        places=places_of(label),
        **pictures,
    )


def has_picture(label: Mapping[str, Any], field: str) -> bool:
    """Say whether a picture of a triple may lie there as a file of its own."""
    if label.get("source") == "places":
        return field in PLACES_FIELDS
    return field != "composite" or "patch_xy" not in label


def read_picture(files: Files, field: str, where: str) -> np.ndarray | None:
    """Decode one picture as it lies there; None for an optional one that is not there.

    Raises:
        DataError: If it is missing or damaged.
    """
    if field in OPTIONAL_FIELDS and _name_of(files, PICTURE_FIELDS[field]) not in files:
        return None
    pixels = _decoded(files, PICTURE_FIELDS[field], where)
    # WebP knows neither grey nor an alpha that is opaque everywhere.
    if field in GREY_FIELDS and pixels.ndim == 3:
        return np.ascontiguousarray(pixels[..., 0])
    if field in ALPHA_FIELDS and pixels.ndim == 3 and pixels.shape[2] == 3:
        return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return pixels


def check_fit(pictures: Mapping[str, np.ndarray], where: str) -> None:
    """Check that pictures of one triple have the channels and the size that they should have.

    Raises:
        DataError: Naming the one that does not fit.
    """
    height, width = pictures["background"].shape[:2]
    for field, pixels in pictures.items():
        channels = {"background": (3,), "composite": (3,), "foreground": (4,), "decoys": (4,)}.get(field, ())
        expected = (*(pixels.shape[:2] if field == "foreground" else (height, width)), *channels)
        if pixels.shape != expected or pixels.dtype != np.uint8:
            wanted = " x ".join(map(str, (expected[1], expected[0], *channels)))
            raise DataError(
                f"{where}: the pictures do not fit together ({field} is {pixels.dtype} {_size(pixels)}, not uint8 "
                f"{wanted}); make the data set again"
            )


def _pictures(label: Mapping[str, Any], files: Files, where: str) -> dict[str, np.ndarray]:
    pictures: dict[str, np.ndarray] = {}
    for field in PICTURE_FIELDS:
        if not has_picture(label, field):
            continue
        pixels = read_picture(files, field, where)
        if pixels is not None and not _is_absent(field, pixels, pictures):
            pictures[field] = pixels
    if "patch_xy" in label:
        pictures["composite"] = _patched(files, where, label["patch_xy"], pictures["background"], pictures["effect"])
    return pictures


def _unchanged(background: UInt8[np.ndarray, "h w 3"]) -> dict[str, np.ndarray]:
    """The pictures of a triple whose background has nothing put into it."""
    nothing = np.zeros(background.shape[:2], np.uint8)
    return {"composite": background, "visible_alpha": nothing, "effect": nothing, "hole": nothing}


def _is_absent(field: str, pixels: np.ndarray, pictures: Mapping[str, np.ndarray]) -> bool:
    is_one_pixel = field in OPTIONAL_FIELDS and pixels.shape[:2] == ABSENT.shape
    return is_one_pixel and pictures["background"].shape[:2] != ABSENT.shape


def _patched(
    files: Files,
    where: str,
    patch_xy: Sequence[int],
    background: UInt8[np.ndarray, "h w 3"],
    effect: UInt8[np.ndarray, "_ _"],
) -> UInt8[np.ndarray, "h w 3"]:
    """The composite: the background with a patch where the effect is."""
    patch, (left, top) = _decoded(files, "patch", where), patch_xy
    place = slice(top, top + patch.shape[0]), slice(left, left + patch.shape[1])
    if background.shape[:2] != effect.shape or background[place].shape != patch.shape:
        raise DataError(
            f"{where}: the pictures do not fit together (patch {_size(patch)} at {left}, {top}, effect "
            f"{_size(effect)}, background {_size(background)}); make the data set again"
        )
    composite = background.copy()
    composite[place] = np.where(effect[place][..., None] > 0, patch, background[place])
    return composite


def _decoded(files: Files, suffix: str, where: str) -> np.ndarray:
    name = _name_of(files, suffix)
    pixels = decode_png(read_file(files, name, where))
    if pixels is None:
        raise DataError(f"{where}.{name} cannot be decoded; make the data set again")
    return pixels


def _name_of(files: Files, suffix: str) -> str:
    names = [f"{suffix}.{encoding}" for encoding in ENCODINGS]
    return next((name for name in names if name in files), names[0])


def _size(pixels: np.ndarray) -> str:
    return " x ".join(map(str, (pixels.shape[1], pixels.shape[0], *pixels.shape[2:])))
