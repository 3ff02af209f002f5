"""What of a data set is not used although nothing is wrong with it: counted while its labels are read.

Every reader puts these counts into `CocoDataset.extra["notes"]`, in words for people.
"""

from collections.abc import Mapping

NOTES = "notes"
PICTURES_WITHOUT_ANNOTATIONS = "pictures without annotations"
MASKS_WITHOUT_PICTURE = "masks without a picture"
LABEL_FILES_WITHOUT_PICTURE = "label files without a picture"


def notes_of(counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Return what to add to `extra`: the counts that are not zero."""
    return {NOTES: {what: count for what, count in counts.items() if count}}
