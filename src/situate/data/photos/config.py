"""How photographs become triples: every limit and choice, in one frozen record."""

from typing import Literal

from pydantic import Field, model_validator

from situate.data.options import DataOptions


class PhotoConfig(DataOptions):
    """Settings of a photo data set; the defaults were chosen by looking at COCO and street photographs.

    `min_*_px` count in the stored pictures, because that is what a network sees; fractions refer to the photograph.

    Attributes:
        size_px: Longest side of the stored pictures; photographs are reduced to it, never enlarged.
        foreground_px: Longest side of the stored cut-out, which is taken from the photograph at full size.
        seed: Every draw follows from it and the annotation's id.
        max_per_image: Most triples from one photograph, drawn at random among the objects that can be used.
        group_by: What must not be split between training and validation: the photograph, or the series that the
            file name begins with (up to the first `__`).
        inpainter: Who repairs; "telea" smears, but is everywhere.
        kinds: Category names to use; empty means all.
        min_side_px: The object's box must have both sides at least this long, or it is `tiny`.
        min_area_px: The object's mask must have at least this many pixels, or it is `tiny`.
        border_fraction: A mask that comes this near to the photograph's edge, as a fraction of its longest side, is
            `border_cut`: annotators stop early (COCO by 1 or 2 px of 512, LabelMe by up to 7).
        max_area_fraction: A mask larger than this is `too_large`.
        max_box_fraction: A box larger than this is `too_large` too: too little is left to repair from.
        min_main_piece: The largest connected piece must hold this fraction of the mask, or it is `fragmented`.
        max_covered: Other objects may lie on at most this fraction of the mask, or it is `occluded`.
        max_intrusion: Other objects may fill at most this fraction of the box, or it is `occluded`.
        max_contact: At most this fraction of the outline may touch other objects, or it is `occluded`.
        num_decoys: Least and most places repaired although nothing stood there.
    """

    size_px: int = Field(default=256, ge=32, le=4096)
    foreground_px: int = Field(default=256, ge=16, le=4096)
    seed: int = Field(default=0, ge=0)
    max_per_image: int = Field(default=4, ge=1)
    group_by: Literal["image", "prefix"] = "image"
    inpainter: Literal["patchmatch", "telea"] = "patchmatch"
    kinds: tuple[str, ...] = ()
    min_side_px: float = Field(default=12, ge=1)
    min_area_px: float = Field(default=125, ge=1)
    border_fraction: float = Field(default=0.015, ge=0, lt=0.5)
    max_area_fraction: float = Field(default=0.25, gt=0, lt=1)
    max_box_fraction: float = Field(default=0.45, gt=0, lt=1)
    min_main_piece: float = Field(default=0.93, ge=0, le=1)
    max_covered: float = Field(default=0.1, ge=0, le=1)
    max_intrusion: float = Field(default=0.3, ge=0, le=1)
    max_contact: float = Field(default=0.2, ge=0, le=1)
    num_decoys: tuple[int, int] = (1, 3)

    @model_validator(mode="after")
    def _check_decoys(self) -> "PhotoConfig":
        least, most = self.num_decoys
        if not 0 <= least <= most:
            raise ValueError(f"num_decoys is {least} to {most}; the first must be at least 0 and at most the second")
        return self
