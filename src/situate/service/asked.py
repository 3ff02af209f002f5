"""What a request asks, as JSON beside its pictures; checked before any work."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from situate.augment.config import AugmentConfig
from situate.client.options import AugmentOptions, ComposeOptions, PlaceOptions
from situate.errors import InputError
from situate.pipeline.demands import extent_of
from situate.pipeline.options import Synthesis
from situate.records.constraints import PlacementConstraints

Options = TypeVar("Options", bound=BaseModel)


def options_from(kind: type[Options], text: str) -> Options:
    """Read options that came as JSON text.

    Raises:
        InputError: Naming each value that cannot be used.
    """
    try:
        return kind.model_validate_json(text or "{}")
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, one['loc'])) or 'options'}: {one['msg']}"
            for one in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise InputError("options cannot be used: " + "; ".join(problems)) from None


def constraints_of(options: PlaceOptions) -> PlacementConstraints:
    """Return what is demanded, but for masks.

    Raises:
        InputError: If a value makes no sense.
    """
    demanded = PlacementConstraints(
        min_height=extent_of(options.min_size, "min_size"),
        max_height=extent_of(options.max_size, "max_size"),
        away_from_xywh_px=options.away_from,
        min_distance_px=options.distance,
        min_inside=options.inside,
    )
    if problems := demanded.problems():
        raise InputError("; ".join(problems))
    return demanded


def synthesis_of(options: ComposeOptions) -> Synthesis:
    """Return how composites are made; the seed is another's business."""
    return Synthesis(num_steps=options.steps, strength=options.strength, match=options.match)


def augment_config(options: AugmentOptions) -> AugmentConfig:
    """Return how a data set is made larger.

    Raises:
        ConfigError: If options do not go together.
    """
    return AugmentConfig.checked(**options.model_dump(exclude={"new_only"}))
