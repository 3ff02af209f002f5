"""What an augmented data set is made from, and how it is written."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from situate.augment.cutouts import SELF
from situate.labels.read import LabelFormat
from situate.labels.write import WrittenFormat
from situate.pipeline.runtime import Runtime


@dataclass(frozen=True)
class AugmentSource:
    """What a data set is made from.

    Attributes:
        annotations: COCO file, YOLO `data.yaml`, Pascal VOC folder, or folder of masks.
        images: Folder of the pictures.
        cutouts: Folder of cut-outs, a folder in it for each class; or `self`, the data set's own objects.
        label_format: Of the annotations; `auto` tells it by what is there.
        model: Model folder; None is the shipped one.
        runtime: Where the model runs.
    """

    annotations: Path
    images: Path
    cutouts: Path
    label_format: LabelFormat = "auto"
    model: Path | None = None
    runtime: Runtime = field(default_factory=Runtime)

    def absolute(self) -> "AugmentSource":
        """Return it with paths that mean the same in every process."""
        cutouts = self.cutouts if self.is_self else self.cutouts.absolute()
        return replace(self, annotations=self.annotations.absolute(), images=self.images.absolute(), cutouts=cutouts)

    @property
    def is_self(self) -> bool:
        """Whether the data set's own objects are used."""
        return str(self.cutouts) == SELF


@dataclass(frozen=True)
class AugmentOutput:
    """How a data set is written.

    Attributes:
        folder: Where to.
        label_format: Layout; None is that of the annotations (COCO for masks).
        new_only: Leave the original pictures out.
        masks: How COCO run lengths are written: new and covered objects have them.
        resume: Go on with what is in the folder.
        overwrite: Replace it.
    """

    folder: Path
    label_format: WrittenFormat | None = None
    new_only: bool = False
    masks: Literal["rle", "polygons"] = "rle"
    resume: bool = False
    overwrite: bool = False
