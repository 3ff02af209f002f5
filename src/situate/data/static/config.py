"""How frames of a fixed camera become triples: every limit and choice, in one frozen record."""

from pydantic import Field

from situate.data.objects.limits import ObjectLimits
from situate.data.static.mask_values import MaskValues


class StaticConfig(ObjectLimits):
    """Settings of a data set from fixed cameras.

    Attributes:
        max_per_frame: Most triples from one frame, drawn at random among the objects that can be used.
        kind: Class name of all objects; None takes the name of a nested clip's folder, else "object".
        mask_values: What the grey values of masks mean.
        min_changed: At least this fraction of the mask must differ from the plate, or it is `no_difference`.
        still_iou: An object whose mask overlaps the one used last by more than this is `still`.
        max_disagreement: A clip whose frames disagree more with the plate has a `moving_camera` (see
            `situate.data.static.match.disagreement`); DAVIS clips with a moving camera have 0.78 and more, those with
            a fixed one and highway at most 0.23.
        max_plate_frames: The plate is the median, and the noise is measured, over at most so many frames.
    """

    max_per_frame: int = Field(default=4, ge=1)
    kind: str | None = Field(default=None, min_length=1)
    mask_values: MaskValues = MaskValues()
    min_changed: float = Field(default=0.25, ge=0, le=1)
    still_iou: float = Field(default=0.9, gt=0, le=1)
    max_disagreement: float = Field(default=0.4, gt=0)
    max_plate_frames: int = Field(default=51, ge=3)
