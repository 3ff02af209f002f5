"""Blocks of work over workers: two passes, resumable, the same bytes for any number of workers (docs/scaling.md).

The first pass plans: it applies the rules and counts. The second makes the triples, one shard a block. What either has
finished lies in `OUT/building/`, so that a killed run repeats nothing but the blocks that were under way.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from situate.data.building.folder import BuildFolder
from situate.data.building.report import BuildReport, add_reports
from situate.data.building.source import AnyBlock, BuildSource, Plan
from situate.data.lock import only_writer
from situate.data.shard_writer import writing
from situate.errors import DataError
from situate.sharding.engine import Engine, check_engine, run_items
from situate.sharding.pool import check_num_workers

Progress = Callable[[int, int], None]
"""Called with how many of how many pictures are done."""


@dataclass(frozen=True)
class Workers:
    """Who does the work.

    Attributes:
        num_workers: How many; 1 works in this process. The result does not depend on it.
        engine: Processes of this machine, or Ray actors.
    """

    num_workers: int = 1
    engine: Engine = "local"


IN_THIS_PROCESS = Workers()


def plan(source: BuildSource[AnyBlock], workers: Workers) -> BuildReport:
    """Say what `build` would make and leave out; nothing is written."""
    return replace(_sum(_plans(source, workers, None)), notes=source.notes)


def build(
    source: BuildSource[AnyBlock],
    folder: Path,
    workers: Workers,
    *,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Make a data set of triples.

    Args:
        source: What from, and how.
        folder: Where the data set is written.
        workers: Who does it.
        resume: Go on with what is already in `folder`.
        overwrite: Replace the data set in `folder`.
        progress: Told after every block.

    Raises:
        DataError: If nothing can be used.
        ConfigError: If there is no worker, or no such engine.
        InputError: If `folder` cannot be used as asked.
        OutputError: If it cannot be written, or another run writes into it.
    """
    check_num_workers(workers.num_workers)
    check_engine(workers.engine)
    building = BuildFolder(folder)
    with only_writer(folder), writing(folder):
        finished = building.open(source.identity, resume=resume, overwrite=overwrite)
        if finished is not None:
            return BuildReport.from_json(finished["report"])
        plans = _plans(source, workers, building)
        planned = _sum(plans)
        if not planned.num_triples:
            building.give_up(planned.errors)
        _check_not_empty(planned, source.origin)
        report = replace(_make(source, plans, workers, building, progress), notes=source.notes)
        seed = source.identity["config"]["seed"]
        building.finish({"source": source.name, **source.identity, "seed": seed, "report": report.to_json()})
    return report


def _plans(source: BuildSource[AnyBlock], workers: Workers, building: BuildFolder | None) -> list[Plan]:
    plans = {block.number: None if building is None else building.plan(block.number) for block in source.blocks}
    todo = [block for block in source.blocks if plans[block.number] is None]
    for position, made in _run(source.plan_block, todo, workers):
        plans[todo[position].number] = made
        if building is not None:
            building.keep_plan(todo[position].number, made)
    return [made for made in plans.values() if made is not None]


def _make(
    source: BuildSource[AnyBlock],
    plans: Sequence[Plan],
    workers: Workers,
    building: BuildFolder,
    progress: Progress | None,
) -> BuildReport:
    reports = {block.number: building.report(block.number) for block in source.blocks}
    todo = [item for item in zip(source.blocks, plans, strict=True) if reports[item[0].number] is None]
    num_pictures = sum(block.num_pictures for block in source.blocks)
    num_done = num_pictures - sum(block.num_pictures for block, _ in todo)
    for position, report in _run(partial(_made, source.maker(plans)), todo, workers):
        block, _ = todo[position]
        building.keep(block.number, report)
        reports[block.number] = report
        num_done += block.num_pictures
        if progress is not None:
            progress(num_done, num_pictures)
    return add_reports(report for report in reports.values() if report is not None)


def _made(make_block: Callable[[Any, Plan], BuildReport], item: tuple[Any, Plan]) -> BuildReport:
    return make_block(*item)


def _sum(plans: Sequence[Plan]) -> BuildReport:
    return add_reports(BuildReport.from_json(made["report"]) for made in plans)


def _check_not_empty(report: BuildReport, origin: str) -> None:
    if report.num_triples:
        return
    counts = [f"{count} {reason}" for reason, count in report.skipped.items()]
    why = ", ".join(counts) or "there are none"
    if report.errors:
        first = report.errors[0]
        why += f"; {len(report.errors)} pictures are unusable, the first: {first['file']}: {first['error']}"
    raise DataError(
        f"{origin}: none of {report.num_annotations} objects can be used ({why}); "
        "see --dry-run; a larger --size, or options that relax the rules, may help"
    )


def _run(work: Callable[[Any], Any], items: Sequence[Any], workers: Workers) -> Iterator[tuple[int, Any]]:
    return run_items(work, items, num_workers=workers.num_workers, engine=workers.engine, prepare=one_thread_a_process)


def one_thread_a_process() -> None:
    """Leave the parallelism to the processes; networks set their own threads (`situate.data.network_folder`)."""
    import cv2

    cv2.setNumThreads(1)
