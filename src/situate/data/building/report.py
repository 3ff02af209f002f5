"""What a data set was made of: counts that add up, kept block by block so that a killed build can go on."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class BuildReport:
    """Counts of a data set, or of one block of it.

    `num_annotations` is `num_triples` plus everything in `skipped`.

    Attributes:
        num_pictures: Photographs or frames looked at.
        num_annotations: Objects in them.
        num_triples: Triples made; before the work, how many will be.
        kinds: Triples of every kind.
        skipped: Objects left out, for every reason.
        num_short_polygons: Polygons with fewer than three corners, left out of their masks.
        num_decoys_missing: Decoys that found no room.
        num_matting_failed: Cut-outs whose soft edge was found by the guided filter instead.
        notes: What else was not used, such as masks without a picture.
        errors: One entry for every picture that could not be used: `file` and `error`, and what else names it.
    """

    num_pictures: int = 0
    num_annotations: int = 0
    num_triples: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    num_short_polygons: int = 0
    num_decoys_missing: int = 0
    num_matting_failed: int = 0
    notes: Mapping[str, int] = field(default_factory=dict)
    errors: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain values, kinds and reasons with the most frequent first."""
        return {
            **asdict(self),
            "kinds": _by_count(self.kinds),
            "skipped": _by_count(self.skipped),
            "errors": [dict(error) for error in self.errors],
        }

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "BuildReport":
        """Return the report that `to_json` wrote."""
        return BuildReport(**{**content, "errors": tuple(content["errors"])})

    def lines(self) -> list[str]:
        """Return the report as lines for people."""
        lines = [
            f"pictures        {self.num_pictures} ({len(self.errors)} unusable)",
            f"annotations     {self.num_annotations}",
            f"triples         {self.num_triples}",
        ]
        lines += [f"  skipped       {count} {reason}" for reason, count in _by_count(self.skipped).items()]
        if self.num_short_polygons:
            lines.append(f"short polygons  {self.num_short_polygons} left out of their masks")
        if self.num_decoys_missing:
            lines.append(f"decoys          {self.num_decoys_missing} found no room")
        if self.num_matting_failed:
            lines.append(f"matting         {self.num_matting_failed} objects found no alpha and got a guided edge")
        lines += [f"not used        {count} {note}" for note, count in self.notes.items()]
        kinds = ", ".join(f"{kind} {count}" for kind, count in _by_count(self.kinds).items())
        return [*lines, f"kinds           {kinds or 'none'}"]


def add_reports(reports: Iterable[BuildReport]) -> BuildReport:
    """Return the sum of all `reports`, errors in their order."""
    parts = list(reports)
    counts: dict[str, Any] = {name: sum(getattr(part, name) for part in parts) for name in _COUNTS}
    kinds: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    for part in parts:
        kinds.update(part.kinds)
        skipped.update(part.skipped)
    errors = tuple(error for part in parts for error in part.errors)
    return BuildReport(**counts, kinds=kinds, skipped=skipped, errors=errors)


_COUNTS = (
    "num_pictures",
    "num_annotations",
    "num_triples",
    "num_short_polygons",
    "num_decoys_missing",
    "num_matting_failed",
)


def _by_count(counts: Mapping[str, int]) -> dict[str, int]:
    return {str(name): count for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}
