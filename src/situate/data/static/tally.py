"""What happens to the frames and objects of a block, counted so that triples and skipped add up to the objects."""

from collections import Counter
from pathlib import Path
from typing import Any

from situate.data.building.report import BuildReport
from situate.data.static.block import FrameBlock
from situate.data.static.seen import SeenFrame, look, regions_of_mask
from situate.data.static.select import Selection, Skip
from situate.data.static.view import View
from situate.errors import DataError, ImageError


class Tally:
    """Counts of one block; every frame that cannot be used is an error with a `reason`."""

    def __init__(self, block: FrameBlock) -> None:
        self._block = block
        self._errors: list[dict[str, Any]] = []
        self._skipped: Counter[str] = Counter()
        self._num_chosen = 0

    def look(self, path: Path, view: View) -> SeenFrame | None:
        """Return the frame, or count it as unusable."""
        clip, config = self._block.clip, self._block.config
        mask_path = clip.mask_of(path)
        if mask_path is not None and not mask_path.is_file():
            self._refuse(path, "no_mask", f"{mask_path} does not exist; add it, or leave the frame out")
            return None
        try:
            drawn = regions_of_mask(clip, path, view.plate.shape[:2], config)
        except (DataError, ImageError) as error:
            self._refuse(path, "unusable_mask", str(error))
            return None
        try:
            return look(path, view, drawn)
        except (DataError, ImageError) as error:
            self._skip(Skip.UNREADABLE_PICTURE, 0 if drawn is None else drawn.num_objects)
            self._refuse(path, Skip.UNREADABLE_PICTURE.value, str(error))
            return None

    def refuse_clip(self, problem: str) -> None:
        """Count all frames as unusable because the clip has no plate, and the objects that their masks tell."""
        for path in self._block.frames:
            try:
                drawn = regions_of_mask(self._block.clip, path, None, self._block.config)
            except (DataError, ImageError):
                # How many objects there were is not known.
                drawn = None
            self._skip(Skip.NO_PLATE, 0 if drawn is None else drawn.num_objects)
            self._refuse(path, Skip.NO_PLATE.value, problem)

    def refuse_moving(self, seen: SeenFrame) -> None:
        """Count the objects of a frame whose camera moved; without a mask it counts as one."""
        self._skip(Skip.MOVING_CAMERA, 1 if self._block.clip.masks is None else seen.regions.num_objects)

    def take(self, selection: Selection) -> None:
        """Count what was selected of a frame."""
        self._skipped.update({skip.value: count for skip, count in selection.skipped.items()})
        self._num_chosen += len(selection.chosen)

    def report(self) -> BuildReport:
        """Return the counts."""
        return BuildReport(
            num_pictures=self._block.num_pictures,
            num_annotations=self._num_chosen + self._skipped.total(),
            num_triples=self._num_chosen,
            kinds={self._block.kind: self._num_chosen} if self._num_chosen else {},
            skipped=self._skipped,
            errors=tuple(self._errors),
        )

    def _skip(self, skip: Skip, num_objects: int) -> None:
        if num_objects:
            self._skipped[skip.value] += num_objects

    def _refuse(self, path: Path, reason: str, problem: str) -> None:
        name = f"{self._block.clip.name}/{path.name}" if self._block.clip.is_nested else path.name
        self._errors.append({"file": name, "reason": reason, "error": problem})
