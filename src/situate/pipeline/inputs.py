"""What a caller hands in: pictures of any kind, a place given as a box in pixels, constraints."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from situate.errors import InputError
from situate.geometry.boxes import xywh_px_to_cxcywh
from situate.imageio.convert import as_picture
from situate.imageio.foreground import check_background, prepare_foreground
from situate.records.constraints import MIN_INSIDE, PlacementConstraints
from situate.records.picture import Picture
from situate.records.placement import BoxXywhPx, Composite, Placement


def scene_from(background: Any) -> Picture:
    """Return whatever a caller holds as a background."""
    return check_background(as_picture(background))


def cutout_from(foreground: Any) -> Picture:
    """Return whatever a caller holds as a trimmed cut-out."""
    return prepare_foreground(as_picture(foreground))


def cutouts_from(foregrounds: Sequence[Any]) -> list[Picture]:
    """Return several; at least one.

    Raises:
        InputError: If there are none.
    """
    if not foregrounds:
        raise InputError("there are 0 foregrounds; pass at least 1")
    return [cutout_from(foreground) for foreground in foregrounds]


def fitted_placement(box_xywh_px: BoxXywhPx, scene: Picture, cutout: Picture) -> Placement:
    """Fit the cut-out into a box, bottom-centre, without stretching it.

    Raises:
        InputError: If the box is empty, or too little of it lies inside the picture.
    """
    left, top, width, height = box_xywh_px
    # Asked this way round, a box that is not a number is refused too.
    if not (width > 0 and height > 0):
        raise InputError(f"box {left:g},{top:g},{width:g},{height:g} is empty; width and height must be above 0")
    _check_inside("box", box_xywh_px, scene)
    scale = min(width / cutout.width_px, height / cutout.height_px)
    fitted_width, fitted_height = cutout.width_px * scale, cutout.height_px * scale
    fitted = (left + (width - fitted_width) / 2, top + height - fitted_height, fitted_width, fitted_height)
    _check_inside("the cut-out, fitted bottom-centre into the box,", fitted, scene)
    return Placement(xywh_px_to_cxcywh(fitted, (scene.width_px, scene.height_px)))


def _check_inside(what: str, box_xywh_px: BoxXywhPx, scene: Picture) -> None:
    left, top, width, height = box_xywh_px
    inside = _overlap(left, width, scene.width_px) * _overlap(top, height, scene.height_px) / (width * height)
    if not inside >= MIN_INSIDE:
        raise InputError(
            f"{what} {left:g},{top:g},{width:g},{height:g} lies {inside:.0%} inside the background of "
            f"{scene.width_px} x {scene.height_px} pixels; at least {MIN_INSIDE:.0%} is needed; "
            "the box is left,top,width,height in pixels"
        )


def _overlap(start: float, length: float, limit: int) -> float:
    return max(0.0, min(start + length, limit) - max(start, 0.0))


def apart_from(composite: Composite | None, constraints: PlacementConstraints | None) -> PlacementConstraints | None:
    """Return constraints that also keep clear of the objects that a composite holds."""
    if composite is None:
        return constraints
    demanded = constraints or PlacementConstraints()
    placed = tuple(placed.box_xywh_px for placed in composite.objects)
    return replace(demanded, away_from_xywh_px=(*demanded.away_from_xywh_px, *placed))
