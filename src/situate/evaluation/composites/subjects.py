"""The triples that are composed again, each with the foreground that is given and what belongs together with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from situate.data.loader import TripleUnion
from situate.errors import InputError
from situate.evaluation.composites.given import given_of
from situate.evaluation.composites.passes import Passes, passes_of
from situate.evaluation.composites.regions import Regions, regions_of
from situate.evaluation.selection import selected
from situate.geometry.paste import place_foreground
from situate.records.triple import Triple


@dataclass(frozen=True)
class Subject:
    """One triple as it is measured.

    Attributes:
        truth: As it lies in the data set.
        given: With the foreground that methods are given, and the box that they put it into.
        how: What was done to the foreground, see `given_of`.
        unit: What is drawn again as a whole for intervals.
        other_foreground: A cut-out of another unit; None if there is only one unit.
        placed_alpha: The given foreground's alpha at its place, [0, 1].
        regions: Where composites are judged.
    """

    truth: Triple
    given: Triple
    how: str
    unit: str
    other_foreground: UInt8[np.ndarray, "oh ow 4"] | None
    placed_alpha: Float[np.ndarray, "h w"]
    regions: Regions

    @property
    def part(self) -> str:
        """Which triples its figures are put together with: of one source, and with the same done to the foreground."""
        return f"{self.truth.source}, {self.how}"

    @property
    def seen_share(self) -> Float[np.ndarray, "h w"]:
        """How much of each pixel is the object in the truth and in all composites."""
        return np.minimum(self.placed_alpha, self.truth.visible_alpha.astype(np.float32) / 255)


class Subjects(Sequence[Subject]):
    """Some triples of a union, decoded when asked for."""

    def __init__(self, union: TripleUnion, indices: Sequence[int], passes: Passes) -> None:
        """Show only `indices` of `union`; foregrounds of other frames may come from all of it."""
        self._union, self.indices, self.passes = union, indices, passes
        self.units = [self._unit(index) for index in indices]

    def __len__(self) -> int:
        """Number of triples."""
        return len(self.indices)

    def __getitem__(self, number: int) -> Subject:  # type: ignore[override]
        """Decode triple number `number` of the selection.

        Raises:
            InputError: If it has no composite.
        """
        index = self.indices[number]
        truth = self._union[index]
        if truth.source == "places":
            raise InputError(
                f"{truth.key} is of source 'places' and has no composite; pass the rendered scenes it was made from"
            )
        other_index = self.passes.other_frame(index)
        given, how = given_of(truth, None if other_index is None else self._union[other_index])
        height_px, width_px = truth.background.shape[:2]
        placed_alpha = place_foreground(given.foreground, given.box_cxcywh, (width_px, height_px))[1]
        return Subject(
            truth=truth,
            given=given,
            how=how,
            unit=self.units[number],
            other_foreground=self._other_foreground(number),
            placed_alpha=placed_alpha,
            regions=regions_of(truth, placed_alpha),
        )

    def _unit(self, index: int) -> str:
        """The pass of a fixed camera, whose whole clip is one group; else the group."""
        group = f"{self._union.folder_number(index)}:{self._union.label(index)['group']}"
        number = self.passes.number_of(index)
        return group if number is None else f"{group}:pass {number}"

    def _other_foreground(self, number: int) -> np.ndarray | None:
        """The cut-out of the next triple (round the end) of another unit."""
        count = len(self)
        others = ((number + step) % count for step in range(1, count))
        other = next((other for other in others if self.units[other] != self.units[number]), None)
        return None if other is None else self._union[self.indices[other]].foreground


def subjects_of(union: TripleUnion, *, num: int | None, seed: int) -> Subjects:
    """Choose triples.

    Args:
        union: All of them.
        num: At most so many, drawn by `seed`.
        seed: Of the draw.

    Raises:
        InputError: If `num` < 1.
    """
    chosen = selected(union, validation_fraction=None, num=num, seed=seed)
    return Subjects(union, chosen.indices, passes_of(union))
