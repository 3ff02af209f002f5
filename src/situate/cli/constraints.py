"""The options that say where an object may be put, the same for `place` and `compose`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from situate.errors import InputError
from situate.pipeline.demands import extent_of, mask_for

if TYPE_CHECKING:
    from situate.records.constraints import PlacementConstraints
    from situate.records.picture import Picture


@Parameter(name="*")
@dataclass(frozen=True)
class ConstraintOptions:
    """Where an object may be put.

    Args:
        allow: Picture of the background's size, white where the object may stand (its bottom centre); with folders, a
            folder of such pictures, named like the backgrounds.
        avoid: The same, white what the object must not cover.
        min_size: The object is at least so tall: 0.2 or 20% of the picture's height, or 80px.
        max_size: And at most so tall.
        away_from: Boxes to keep clear of: left,top,width,height in pixels.
        distance: How far to keep from them, in pixels; several objects keep as far from each other.
        inside: Least share of the object's box inside the picture.
    """

    allow: Path | None = None
    avoid: Path | None = None
    min_size: str | None = None
    max_size: str | None = None
    away_from: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None
    distance: float = 0.0
    inside: float = 0.5

    def without_masks(self, *, num_foregrounds: int = 1) -> "PlacementConstraints":
        """Read and check what is the same for every background.

        Raises:
            InputError: If a value cannot be used.
        """
        from situate.pipeline.demands import parsed_box
        from situate.records.constraints import PlacementConstraints

        if self.distance and not self.away_from and num_foregrounds == 1:
            raise InputError(f"--distance {self.distance:g} needs something to keep from; pass --away-from BOX")
        constraints = PlacementConstraints(
            min_height=extent_of(self.min_size, "--min-size"),
            max_height=extent_of(self.max_size, "--max-size"),
            away_from_xywh_px=tuple(parsed_box(box) for box in self.away_from or ()),
            min_distance_px=self.distance,
            min_inside=self.inside,
        )
        if problems := constraints.problems():
            raise InputError("; ".join(problems))
        return constraints

    def for_background(self, background: "Picture", *, num_foregrounds: int = 1) -> "PlacementConstraints":
        """Read the masks too, and check everything for one background.

        Raises:
            InputError: If a mask or a value cannot be used.
        """
        constraints = replace(
            self.without_masks(num_foregrounds=num_foregrounds),
            allow=mask_for(self.allow, "--allow", background),
            avoid=mask_for(self.avoid, "--avoid", background),
        )
        if problems := constraints.problems((background.width_px, background.height_px)):
            raise InputError("; ".join(problems))
        return constraints


NO_CONSTRAINTS = ConstraintOptions()


def check_number(foregrounds: tuple[Path, ...], *, may_overlap: bool) -> None:
    """Check that there is a foreground, and several where options are for several.

    Raises:
        InputError: If not.
    """
    if not foregrounds:
        raise InputError("there is no foreground; pass BACKGROUND FOREGROUND")
    if may_overlap and len(foregrounds) == 1:
        raise InputError("--may-overlap is for several foregrounds, there is 1; leave it out")
