"""What an augmentation came to, in numbers."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class AugmentReport:
    """Counts of one run.

    Attributes:
        num_originals: Pictures that are taken over as they were.
        num_new: New pictures.
        num_planned: New pictures that were planned.
        before: Objects of each class in the pictures that were there, crowds left out.
        after: Objects of each class in all pictures of the data set that was written.
        added: Objects of each class that were put into new pictures, and are labelled there.
        rejected: Tries that came to nothing, by reason.
        num_left_out: Objects that were planned and are in no picture.
        num_dropped: Labels in new pictures of objects that are hardly seen any more.
        num_cutouts: Cut-outs of each class.
        notes: What else was counted.
        errors: Pictures and cut-outs that cannot be used: file and error.
    """

    num_originals: int
    num_new: int
    num_planned: int
    before: Mapping[str, int]
    after: Mapping[str, int]
    added: Mapping[str, int]
    rejected: Mapping[str, int]
    num_left_out: int
    num_dropped: int
    num_cutouts: Mapping[str, int]
    notes: Mapping[str, int]
    errors: tuple[Mapping[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "errors": [dict(error) for error in self.errors]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "AugmentReport":
        """Read what `to_json` returned."""
        return cls(**{**content, "errors": tuple(content["errors"])})

    def lines(self) -> Iterator[str]:
        """Say it to people, line by line."""
        yield f"pictures        {self.num_originals} as they were, {self.num_new} new of {self.num_planned} planned"
        yield f"objects         {sum(self.before.values())} before, {sum(self.after.values())} after, of all classes"
        for name, count in self.after.items():
            before, added = self.before.get(name, 0), self.added.get(name, 0)
            if added:
                yield f"  {name:<14}{before} before, {count} after ({added} put there)"
        if self.rejected:
            reasons = ", ".join(f"{count} {reason}" for reason, count in self.rejected.items())
            yield f"rejected        {reasons} (tries); {self.num_left_out} objects left out"
        if self.num_dropped:
            yield f"covered         {self.num_dropped} labels left out, of objects that are hardly seen any more"
        for what, count in self.notes.items():
            yield f"note            {count} {what}"
        if self.errors:
            yield f"unusable        {len(self.errors)}, see errors.jsonl"


def counted(kinds: Iterator[str], names: Mapping[int, str]) -> dict[str, int]:
    """Count classes, those without objects included, in the order of `names`."""
    found = Counter(kinds)
    return {name: found[name] for name in names.values()}
