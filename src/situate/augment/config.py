"""What is asked of an augmentation: every number, limit and choice, in one frozen record."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, field_validator, model_validator

from situate.data.options import DataOptions
from situate.errors import ConfigError, InputError
from situate.geometry.correction import Match
from situate.pipeline.demands import extent_of
from situate.pipeline.options import BATCH_SIZE, DEFAULT_STEPS

MAX_OBJECTS = 100
"""New objects in one picture."""


class SizeRange(DataOptions):
    """How tall objects of a class may be.

    Attributes:
        min_size: At least: a share of the picture's height (0.2, 20%), or 80px.
        max_size: At most.
    """

    min_size: str | None = None
    max_size: str | None = None

    @field_validator("min_size", "max_size")
    @classmethod
    def _check_size(cls, text: str | None) -> str | None:
        try:
            extent = extent_of(text, "it")
        except InputError as error:
            raise ValueError(str(error)) from error
        if extent is not None and not extent.value > 0:
            raise ValueError("a size must be above 0")
        return text


class AugmentConfig(SizeRange):
    """How new pictures are made of old ones.

    Attributes:
        per_image: New pictures of each picture; 1 where nothing else says how many.
        total: New pictures altogether.
        balance: Lift rare classes: each new object is of the class that has fewest by then.
        per_class: New objects of each class that is named; the number of pictures follows.
        objects: Least and most new objects in a picture.
        kinds: Classes to add; empty means all that have cut-outs.
        add_classes: Cut-outs of classes that the data set does not know add these classes.
        own_picture: With the data set's own objects: an object may come back into its own picture.
        min_quality: With the data set's own objects: cut-outs with a lower quality are left out, [0, 1].
        matting: With the data set's own objects: how their soft edge is found.
        place: Who says where: the `model`, or a `random` place with a height between those of nine tenths of the
            annotated objects, which is plain copy-paste.
        places: So many of the best places that the model finds are considered; one is drawn by their probabilities.
        like_annotated: For a class with at least so many annotated objects heights are drawn between those of nine
            tenths of them, and the model says where an object so tall stands; what it expects of heights is corrected
            by one factor. 0 leaves heights to the model.
        sizes: Size limits by class, besides those for all.
        allow: Picture, or folder of pictures named like the backgrounds, white where objects may stand.
        avoid: The same, white what objects must not cover.
        inside: Least share of an object's box inside the picture, [0, 1].
        keep_clear: New objects stay clear of the boxes of annotated ones.
        max_enlarge: A cut-out is made at most so many times as large as it is: a blurred object teaches blur.
        min_score: Places with a lower chance to be plausible are not used, [0, 1].
        min_visible: Objects, old and new, of which a smaller share is seen are left out of the labels, or not made.
        min_side_px: New objects whose visible box has a shorter side are not made.
        tries: How often an object that came to nothing is drawn again, with another cut-out.
        num_steps: Of the synthesis.
        strength: How much of what the synthesis changes is taken, [0, 1]; 0 is plain paste.
        match: What of it.
        image_format: Of the new pictures.
        seed: Every draw follows from it.
        batch_size: Pictures that go through the networks together.
    """

    per_image: int | None = Field(default=None, ge=1, le=10_000)
    total: int | None = Field(default=None, ge=1, le=100_000_000)
    balance: bool = False
    per_class: Mapping[str, int] = Field(default_factory=dict)
    objects: tuple[int, int] = (1, 1)
    kinds: tuple[str, ...] = ()
    add_classes: bool = False
    own_picture: bool = False
    min_quality: float = Field(default=0.2, ge=0, le=1)
    matting: str = "guided"
    place: Literal["model", "random"] = "model"
    places: int = Field(default=5, ge=1, le=100)
    like_annotated: int = Field(default=20, ge=0)
    sizes: Mapping[str, SizeRange] = Field(default_factory=dict)
    allow: Path | None = None
    avoid: Path | None = None
    inside: float = Field(default=0.8, ge=0, le=1)
    keep_clear: bool = False
    max_enlarge: float = Field(default=2.0, gt=0)
    min_score: float = Field(default=0.7, ge=0, le=1)
    min_visible: float = Field(default=0.25, gt=0, le=1)
    min_side_px: int = Field(default=8, ge=1)
    tries: int = Field(default=3, ge=1, le=100)
    num_steps: int = Field(default=DEFAULT_STEPS, ge=1)
    strength: float = Field(default=1.0, ge=0, le=1)
    match: Match = "all"
    image_format: Literal["png", "jpg"] = "png"
    seed: int = Field(default=0, ge=0)
    batch_size: int = Field(default=BATCH_SIZE, ge=1, le=1024)

    @model_validator(mode="after")
    def _check_together(self) -> "AugmentConfig":
        least, most = self.objects
        if not 1 <= least <= most <= MAX_OBJECTS:
            raise ValueError(f"objects is {least} to {most}; pass 1 to {MAX_OBJECTS}, the smaller number first")
        if self.per_image is not None and self.total is not None:
            raise ValueError(f"per_image is {self.per_image} and total {self.total}; pass one of them")
        if self.per_class and (self.balance or self.total is not None or self.per_image is not None):
            raise ValueError("per_class says how many objects there will be; leave out balance, total and per_image")
        wrong = {name: count for name, count in self.per_class.items() if count < 1}
        if wrong:
            raise ValueError(f"per_class is {wrong}; ask for 1 or more of each class")
        if self.place == "random" and (self.allow or self.avoid or self.keep_clear):
            raise ValueError(
                "random places know no allow, avoid and keep_clear; leave them out, or let the model choose"
            )
        return self

    def sizes_of(self, kind: str) -> SizeRange:
        """Return the size limits of a class: its own where it has some, else those for all."""
        own = self.sizes.get(kind, SizeRange())
        return SizeRange(min_size=own.min_size or self.min_size, max_size=own.max_size or self.max_size)

    def absolute(self) -> "AugmentConfig":
        """Return it with paths that mean the same in every process."""
        paths: dict[str, Any] = {
            name: path.absolute() for name in ("allow", "avoid") if (path := getattr(self, name)) is not None
        }
        if Path(self.matting).is_dir():
            paths["matting"] = str(Path(self.matting).absolute())
        return self.model_copy(update=paths)

    def to_json(self) -> dict[str, Any]:
        """Plain values, from which `checked` makes the same config."""
        return self.model_dump(mode="json")


COUNTS = ("per_image", "total", "balance", "per_class")
"""Say how many of what; those of the command line replace those of a file together."""


def read_options(path: Path) -> dict[str, Any]:
    """Read the options of a YAML file, by the names of `AugmentConfig`'s attributes.

    Raises:
        ConfigError: If it cannot be read, or holds something else.
    """
    try:
        content = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); pass a YAML file of options") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not YAML ({' '.join(str(error).split())}); write a line `name: value`") from error
    if content is None:
        return {}
    known = set(AugmentConfig.model_fields)
    if not isinstance(content, dict) or not all(name in known for name in content):
        unknown = sorted(str(name) for name in content if name not in known) if isinstance(content, dict) else [content]
        raise ConfigError(f"{path}: {unknown[0]!r} is no option; there are {', '.join(sorted(known))}")
    return content
