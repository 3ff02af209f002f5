"""How commands that build data sets say what was made."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from situate.data.building.report import BuildReport

EXIT_SOME_FAILED = 1
EXIT_NOTHING_LEFT = 2
NUM_ERRORS_SHOWN = 5


def exit_code(report: "BuildReport") -> int:
    """Return 2 if nothing can be used, 1 if some pictures were unusable, else 0."""
    if not report.num_triples:
        return EXIT_NOTHING_LEFT
    return EXIT_SOME_FAILED if report.errors else 0


def print_report(report: "BuildReport", seconds: float | None, *, repaired_by: str | None = None) -> None:
    """Print what was made and left out; `seconds` is None after a dry run."""
    print("\n".join(report.lines()))
    if repaired_by is not None:
        print(f"repaired by     {repaired_by}")
    if seconds is None:
        for error in report.errors[:NUM_ERRORS_SHOWN]:
            print(f"unusable        {error['file']}: {error['error']}")
        if len(report.errors) > NUM_ERRORS_SHOWN:
            print(f"                and {len(report.errors) - NUM_ERRORS_SHOWN} more")
        print("dry run         nothing was written")
    else:
        print(f"time            {seconds:.1f} s")
