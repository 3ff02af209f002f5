"""The options that say what an augmentation shall do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from situate.errors import InputError

Names = Annotated[tuple[str, ...] | None, Parameter(negative=())]


@Parameter(name="*")
@dataclass(frozen=True)
class AugmentOptions:
    """What is asked of an augmentation; what is left out is as `AugmentConfig` has it.

    Args:
        per_image: New pictures of each picture; by default 1.
        total: New pictures altogether.
        balance: Lift rare classes: each new object is of the class that has fewest by then.
        per_class: NAME=NUMBER new objects of that class; may be given several times.
        objects: New objects in a picture: 1, or 1,3 for 1 to 3.
        kind: Class to add; may be given several times. Without it, all that have cut-outs.
        add_classes: Classes of cut-outs that the data set does not have are added.
        own_picture: With self: an object may come back into its own picture.
        min_quality: With self: leave out cut-outs with a lower quality, 0 to 1 (0.2).
        matting: With self: how the soft edge is found: guided, closed-form, or the folder of a matting network.
        place: Who says where: the model, or chance (plain copy-paste).
        places: So many of the model's best places are considered; one is drawn by their probabilities (5).
        like_annotated: For a class with at least so many annotated objects (20) heights are drawn from theirs, and the
            model says where an object so tall stands; 0 leaves heights to the model.
        min_size: Objects are at least so tall: 0.2 or 20% of the picture's height, or 80px.
        max_size: And at most so tall.
        allow: Picture, or folder of pictures named like the backgrounds, white where objects may stand.
        avoid: The same, white what they must not cover.
        inside: Least share of an object's box inside the picture (0.8).
        keep_clear: Keep clear of the boxes of annotated objects.
        max_enlarge: A cut-out is made at most so many times as large as it is (2).
        min_score: Leave out places with a lower chance to be plausible, 0 to 1 (0.7).
        min_visible: Leave out of the labels objects, old and new, of which a smaller share is seen (0.25).
        min_side: Leave out new objects whose box has a shorter side, in pixels (8).
        tries: How often an object that came to nothing is drawn (3).
        steps: Steps of the synthesis (4).
        strength: How much of what the model changes is taken: 0 is plain paste, 1 all of it.
        match: What of it: the object's colours (light), what it does to the ground (shadow), both, or neither.
        image_format: Of the new pictures (png).
        seed: Every draw follows from it.
        batch_size: Pictures that go through the networks together (8); part of the plan.
    """

    per_image: int | None = None
    total: int | None = None
    balance: bool | None = None
    per_class: Names = None
    objects: str | None = None
    kind: Names = None
    add_classes: bool | None = None
    own_picture: bool | None = None
    min_quality: float | None = None
    matting: str | None = None
    place: Literal["model", "random"] | None = None
    places: int | None = None
    like_annotated: int | None = None
    min_size: str | None = None
    max_size: str | None = None
    allow: Path | None = None
    avoid: Path | None = None
    inside: float | None = None
    keep_clear: bool | None = None
    max_enlarge: float | None = None
    min_score: float | None = None
    min_visible: float | None = None
    min_side: int | None = None
    tries: int | None = None
    steps: int | None = None
    strength: float | None = None
    match: Literal["all", "light", "shadow", "none"] | None = None
    image_format: Literal["png", "jpg"] | None = None
    seed: int | None = None
    batch_size: int | None = None

    def given(self) -> dict[str, Any]:
        """Return those that were given, by the names of `AugmentConfig`'s attributes.

        Raises:
            InputError: If one cannot be read.
        """
        renamed = {"kind": "kinds", "min_side": "min_side_px", "steps": "num_steps"}
        found = {renamed.get(name, name): value for name, value in vars(self).items() if value is not None}
        if self.per_class is not None:
            found["per_class"] = dict(map(_per_class, self.per_class))
        if self.objects is not None:
            found["objects"] = _range(self.objects)
        return found


NOTHING_ASKED = AugmentOptions()


def _per_class(text: str) -> tuple[str, int]:
    name, is_pair, number = text.rpartition("=")
    if not is_pair or not name or not number.isdigit():
        raise InputError(f"--per-class {text!r} is not NAME=NUMBER; pass for example --per-class rare=200")
    return name, int(number)


def _range(text: str) -> tuple[int, int]:
    parts = text.split(",")
    if len(parts) > 2 or not all(part.strip().isdigit() for part in parts):
        raise InputError(f"--objects {text!r} is no number; pass 2, or 1,3 for 1 to 3")
    return int(parts[0]), int(parts[-1])
