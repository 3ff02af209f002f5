"""What a photo data set was made of: counts that add up, kept block by block so that a killed build can go on."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class PhotoReport:
    """Counts of a data set, or of one block of it.

    `num_annotations` is `num_triples` plus everything in `skipped`.

    Attributes:
        num_pictures: Photographs looked at.
        num_annotations: Annotated objects in them.
        num_triples: Triples made; before the work, how many will be.
        kinds: Triples of every kind.
        skipped: Objects left out, for every reason.
        num_short_polygons: Polygons with fewer than three corners, left out of their masks.
        num_decoys_missing: Decoys that found no room.
        errors: One entry for every picture that could not be used: `file`, `image_id`, `error`.
    """

    num_pictures: int = 0
    num_annotations: int = 0
    num_triples: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    num_short_polygons: int = 0
    num_decoys_missing: int = 0
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
    def from_json(content: Mapping[str, Any]) -> "PhotoReport":
        """Return the report that `to_json` wrote."""
        return PhotoReport(**{**content, "errors": tuple(content["errors"])})

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
        kinds = ", ".join(f"{kind} {count}" for kind, count in _by_count(self.kinds).items())
        return [*lines, f"kinds           {kinds or 'none'}"]


def add_reports(reports: Iterable[PhotoReport]) -> PhotoReport:
    """Return the sum of all `reports`, errors in their order."""
    total = PhotoReport()
    for report in reports:
        total = PhotoReport(
            num_pictures=total.num_pictures + report.num_pictures,
            num_annotations=total.num_annotations + report.num_annotations,
            num_triples=total.num_triples + report.num_triples,
            kinds=Counter(total.kinds) + Counter(report.kinds),
            skipped=Counter(total.skipped) + Counter(report.skipped),
            num_short_polygons=total.num_short_polygons + report.num_short_polygons,
            num_decoys_missing=total.num_decoys_missing + report.num_decoys_missing,
            errors=(*total.errors, *report.errors),
        )
    return total


def _by_count(counts: Mapping[str, int]) -> dict[str, int]:
    return {str(name): count for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}
