"""What a block of new pictures came to: records that go from the workers to the one who collects them."""

from dataclasses import dataclass

from situate.labels.coco import CocoAnnotation, CocoImage
from situate.records.placement import BoxXywhPx


@dataclass(frozen=True)
class Rejected:
    """An object that was not put into a picture.

    Attributes:
        number: Of the new picture.
        cutout: What.
        reason: A `Reject`, or why its file cannot be used.
        box_xywh_px: Where it would have stood, if that was known.
    """

    number: int
    cutout: str
    reason: str
    box_xywh_px: BoxXywhPx | None = None


@dataclass(frozen=True)
class MadePicture:
    """A new picture.

    Attributes:
        image: Its entry.
        annotations: Its labels, new objects last.
        num_new: How many of them are new.
        num_dropped: Objects that are hardly seen any more, and have no label.
    """

    image: CocoImage
    annotations: tuple[CocoAnnotation, ...]
    num_new: int
    num_dropped: int


@dataclass(frozen=True)
class BlockReport:
    """What became of a block.

    Attributes:
        pictures: That were made.
        rejected: Objects that came to nothing, each try.
        errors: Pictures and cut-outs that cannot be used: file and error.
        num_left_out: Planned objects that are in no picture.
    """

    pictures: tuple[MadePicture, ...]
    rejected: tuple[Rejected, ...]
    errors: tuple[dict[str, str], ...]
    num_left_out: int
