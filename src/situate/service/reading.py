"""Uploads become pictures: what they are is told by their bytes, never by a name or type that a client declares."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from situate.errors import InputError
from situate.imageio.formats import READABLE, describe, readable_format
from situate.imageio.mask import mask_of
from situate.imageio.read import decode_picture
from situate.pipeline.inputs import cutouts_from, scene_from
from situate.records.constraints import PlacementConstraints
from situate.records.picture import Picture
from situate.service.refusals import FormatError


@dataclass(frozen=True)
class Uploads:
    """The bytes that came with a request.

    Attributes:
        background: Where to.
        foregrounds: What; one or several.
        allow: Mask of where the object may stand.
        avoid: Mask of what it must not cover.
    """

    background: bytes
    foregrounds: Sequence[bytes]
    allow: bytes | None = None
    avoid: bytes | None = None

    def decoded(self, demanded: PlacementConstraints, max_pixels: int) -> "Asked":
        """Decode and check everything.

        Raises:
            FormatError: If one is no picture that can be read.
            InputError: If one cannot be used.
        """
        scene = scene_from(picture_of(self.background, "background", max_pixels))
        several = len(self.foregrounds) > 1
        cutouts = [
            picture_of(content, f"foreground {number}" if several else "foreground", max_pixels)
            for number, content in enumerate(self.foregrounds, start=1)
        ]
        masks = {
            name: None if content is None else mask_of(picture_of(content, name, max_pixels), scene)
            for name, content in (("allow", self.allow), ("avoid", self.avoid))
        }
        constraints = replace(demanded, **masks)
        if problems := constraints.problems((scene.width_px, scene.height_px)):
            raise InputError("; ".join(problems))
        return Asked(scene, cutouts_from(cutouts), constraints)


@dataclass(frozen=True)
class Asked:
    """What came with a request, decoded.

    Attributes:
        scene: The background.
        cutouts: Trimmed foregrounds.
        constraints: What is demanded of places.
    """

    scene: Picture
    cutouts: Sequence[Picture]
    constraints: PlacementConstraints


def picture_of(content: bytes, name: str, max_pixels: int) -> Picture:
    """Decode one upload; `name` is the field's, for messages.

    Raises:
        FormatError: If it is no picture that can be read.
        ImageError: If it is damaged or too large.
    """
    if not content:
        raise FormatError(f"{name} is empty (0 bytes); send {READABLE}")
    if readable_format(content) is None:
        raise FormatError(f"{name} is not a picture that situate reads: found {describe(content)}; send {READABLE}")
    return decode_picture(content, name=name, max_pixels=max_pixels)
