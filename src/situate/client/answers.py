"""What a service answers."""

from typing import Annotated, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

BoxXywhPx = Annotated[tuple[float, float, float, float], Field(description="Left, top, width, height in pixels.")]
Share = Annotated[float, Field(ge=0, le=1)]
State = Literal["waiting", "running", "done", "failed"]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, protected_namespaces=())


class Place(_Answer):
    """One place."""

    box_xywh_px: BoxXywhPx
    probability: Share | None = Field(description="Of this place among all; null for a place given by hand.")
    score: Share | None = Field(description="Chance that the place is plausible; null if the model has no such score.")


class FoundPlaces(_Answer):
    """Places for an object, best first."""

    model: str = Field(description="Fingerprint of the model.")
    width_px: int
    height_px: int
    placements: list[Place]


class PlacedObject(Place):
    """An object in a composite."""

    visible_box_xywh_px: BoxXywhPx | None = Field(description="Box of what is seen of it; null if nothing is.")
    mask_png: Base64Bytes = Field(description="How much of it is seen at each pixel; grey PNG.")


class Composite(_Answer):
    """A picture with an object, or several, in it."""

    seed: int
    objects: list[PlacedObject]
    picture_png: Base64Bytes
    effect_png: Base64Bytes = Field(description="Where the picture differs from the background; grey PNG.")


class Composition(_Answer):
    """Composites, best place first."""

    model: str = Field(description="Fingerprint of the model.")
    composites: list[Composite]


class Job(_Answer):
    """A data set that is being made larger."""

    id: str
    state: State
    num_done: int = Field(description="Pictures that are finished.")
    num_all: int = Field(description="Pictures that there will be; 0 until that is known.")
    message: str = Field(default="", description="What went wrong, or what was left out.")


class Limits(_Answer):
    """What a service takes."""

    max_body_bytes: int
    max_pixels: int
    max_waiting: int
    deadline_s: float


class Model(_Answer):
    """The model of a service, and the service's limits."""

    version: str = Field(description="Of situate.")
    name: str
    fingerprint: str
    conditioning: str
    num_parameters: dict[str, int]
    backend: str
    device: str
    card: str = Field(description="Markdown.")
    limits: Limits


class Failure(_Answer):
    """What is wrong, as a word and as a sentence that says what helps."""

    type: str
    message: str


class Failed(_Answer):
    """An answer that is an error."""

    error: Failure
