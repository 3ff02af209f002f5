"""How commands that build data sets do it, and say what was made."""

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

from situate.cli.progress import progress_bar

if TYPE_CHECKING:
    from situate.data.building.build import Progress
    from situate.data.building.report import BuildReport

EXIT_SOME_FAILED = 1
EXIT_NOTHING_LEFT = 2
NUM_ERRORS_SHOWN = 5


def build_and_print(
    pictures: str,
    plan: "Callable[[], BuildReport] | None",
    build: "Callable[[Progress], BuildReport]",
    *,
    repaired_by: str | None = None,
) -> "BuildReport":
    """Plan for a dry run, else build with a bar of `pictures` on stderr; print what came of it."""
    start_s = perf_counter()
    if plan is not None:
        report = plan()
    else:
        with progress_bar(pictures, can_resume=True) as progress:
            report = build(progress)
    print_report(report, None if plan is not None else perf_counter() - start_s, repaired_by=repaired_by)
    return report


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
