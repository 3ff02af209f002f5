"""How photographs become triples: every limit and choice, in one frozen record."""

from typing import Literal

from pydantic import Field, model_validator

from situate.data.objects.limits import ObjectLimits


class PhotoConfig(ObjectLimits):
    """Settings of a photo data set; the defaults were chosen by looking at COCO and street photographs.

    Attributes:
        max_per_image: Most triples from one photograph, drawn at random among the objects that can be used.
        group_by: What must not be split between training and validation: the photograph, its folder, or the series
            that the file name begins with (up to the first `__`).
        inpainter: Who repairs: "patchmatch", "telea" (smears, but is everywhere), or an inpainting pipeline's folder.
        kinds: Category names to use; empty means all.
        licences: Numbers of the licences, as the annotations count them, whose photographs are used; empty means all.
        min_main_piece: The largest connected piece must hold this fraction of the mask, or it is `fragmented`.
        max_covered: Other objects may lie on at most this fraction of the mask, or it is `occluded`.
        max_intrusion: Other objects may fill at most this fraction of the box, or it is `occluded`.
        max_contact: At most this fraction of the outline may touch other objects, or it is `occluded`.
        matting: How the soft edge is found: "guided", "closed-form", or the folder of a matting network.
        num_decoys: Least and most places repaired although nothing stood there.
    """

    max_per_image: int = Field(default=4, ge=1)
    group_by: Literal["image", "folder", "prefix"] = "image"
    inpainter: str = "patchmatch"
    kinds: tuple[str, ...] = ()
    licences: tuple[int, ...] = ()
    min_main_piece: float = Field(default=0.93, ge=0, le=1)
    max_covered: float = Field(default=0.1, ge=0, le=1)
    max_intrusion: float = Field(default=0.3, ge=0, le=1)
    max_contact: float = Field(default=0.2, ge=0, le=1)
    matting: str = "guided"
    num_decoys: tuple[int, int] = (1, 3)

    @model_validator(mode="after")
    def _check_decoys(self) -> "PhotoConfig":
        least, most = self.num_decoys
        if not 0 <= least <= most:
            raise ValueError(f"num_decoys is {least} to {most}; the first must be at least 0 and at most the second")
        return self
