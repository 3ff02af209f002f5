"""What places are drawn, and how they are stored; the same config and scenes give the same bytes."""

from pydantic import Field, model_validator

from situate.data.options import DataOptions
from situate.data.writer import Encoding


class PlacesConfig(DataOptions):
    """Options of `situate data places`.

    Attributes:
        per_background: Foregrounds for every background, its own among them.
        num_places: Places that are drawn for every pair, the box among them.
        min_places: A pair with fewer is left out.
        seed: Of everything that is drawn.
        encoding: How pictures are stored; those that already are so are copied as they are.
    """

    per_background: int = Field(default=8, ge=1, le=1000)
    num_places: int = Field(default=16, ge=1, le=1000)
    min_places: int = Field(default=4, ge=1)
    seed: int = Field(default=0, ge=0)
    encoding: Encoding = "png"

    @model_validator(mode="after")
    def _can_have_enough(self) -> "PlacesConfig":
        if self.num_places < self.min_places:
            raise ValueError(
                f"num_places is {self.num_places}, fewer than the {self.min_places} without which a pair is left out; "
                f"draw at least {self.min_places}"
            )
        return self
