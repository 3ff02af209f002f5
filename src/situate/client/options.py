"""What a service may be asked, as JSON beside the pictures."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from situate.records.constraints import MIN_INSIDE

MAX_FOREGROUNDS = 8
MAX_PLACES = 16
MAX_STEPS = 50
MAX_SEED = 2**53 - 1
"""Larger numbers change on their way through JSON in a browser."""
MAX_PX = 1e6
DEFAULT_STEPS = 4
Size = Annotated[str, Field(max_length=16, examples=["20%", "80px"])]
Pixels = Annotated[float, Field(ge=-MAX_PX, le=MAX_PX)]
Length = Annotated[float, Field(gt=0, le=MAX_PX)]
Box = tuple[Pixels, Pixels, Length, Length]


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PlaceOptions(_Options):
    """How many places, and what is demanded of them."""

    top_k: int = Field(default=5, ge=1, le=MAX_PLACES, description="How many places, best first.")
    min_size: Size | None = Field(
        default=None, description="The object is at least so tall: 0.2 or 20% of the picture, 80px."
    )
    max_size: Size | None = Field(default=None, description="And at most so tall.")
    away_from: tuple[Box, ...] = Field(
        default=(), max_length=64, description="Boxes to keep clear of: left, top, width, height."
    )
    distance: float = Field(default=0.0, ge=0, le=MAX_PX, description="How far to keep from them, in pixels.")
    inside: float = Field(
        default=MIN_INSIDE, ge=0, le=1, description="Least share of the object's box inside the picture."
    )


class ComposeOptions(PlaceOptions):
    """How composites are made, and where."""

    top_k: int = Field(default=1, ge=1, le=MAX_PLACES, description="How many places to use; one composite each.")
    box: Box | None = Field(default=None, description="A place given by hand: left, top, width, height in pixels.")
    may_overlap: bool = Field(default=False, description="With several foregrounds: their boxes may overlap.")
    seed: int = Field(default=0, ge=0, le=MAX_SEED, description="Of the noise; the same request gives the same bytes.")
    steps: int = Field(default=DEFAULT_STEPS, ge=1, le=MAX_STEPS, description="Steps of the synthesis.")
    strength: float = Field(default=1.0, ge=0, le=1, description="How much of what the model changes is taken.")
    match: Literal["all", "light", "shadow", "none"] = Field(default="all", description="What of it is taken.")


class AugmentOptions(_Options):
    """How a data set is made larger; what is left out is as `situate augment` has it."""

    per_image: int = Field(default=1, ge=1, le=100, description="New pictures of each picture.")
    objects: tuple[int, int] = Field(default=(1, 1), description="Least and most new objects in a picture.")
    balance: bool = Field(default=False, description="Lift rare classes.")
    min_size: Size | None = Field(default=None, description="New objects are at least so tall.")
    max_size: Size | None = Field(default=None, description="And at most so tall.")
    keep_clear: bool = Field(default=False, description="Keep clear of the boxes of annotated objects.")
    min_score: float = Field(
        default=0.7, ge=0, le=1, description="Leave out places with a lower chance to be plausible."
    )
    new_only: bool = Field(default=False, description="Leave the original pictures out of the result.")
    seed: int = Field(default=0, ge=0, le=MAX_SEED, description="Every draw follows from it.")
