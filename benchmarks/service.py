"""How many pictures a second `situate serve` composes for many clients, beside the `Composer` in its own process."""

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

import httpx
import numpy as np
from apart import cpu_s, memory_mib, peak_mib
from cyclopts import run
from in_memory import composed
from load import SIDE_PX, Asked, Tally, asked_for, load
from served import Served, served
from tables import Table, publish

WARM_UP = 8
"""Pictures of each way that do not count."""
PERCENTILES = (50, 95, 99)
MARKS = (0.2, 0.6, 1.0)
"""Memory is told when so much of the answers have come."""
ANSWER_S = 120.0


@dataclass(frozen=True)
class Way:
    """One way to compose, and what it has done in each round.

    Attributes:
        name: For people.
        process: Number of the process that composes.
        work: Composes, and begins no more after so many seconds; returns digests of the PNG files by seed.
        counts: Pictures.
        seconds: Of the clock.
        cpu_seconds: Of all processors, by the process that composes.
        digests: Of all rounds.
    """

    name: str
    process: int
    work: Callable[[Sequence[Asked], float], dict[int, str]]
    counts: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    digests: dict[int, str] = field(default_factory=dict)

    @property
    def rates(self) -> list[float]:
        """Pictures a second of each round."""
        return [count / seconds for count, seconds in zip(self.counts, self.seconds, strict=True)]

    @property
    def row(self) -> list[float]:
        """Pictures, pictures a second, the least and the most of a round, and milliseconds of processors for each."""
        count = max(sum(self.counts), 1)
        rate = count / sum(self.seconds)
        return [sum(self.counts), rate, min(self.rates), max(self.rates), 1000 * sum(self.cpu_seconds) / count]

    def take_turn(self, asked: Sequence[Asked], seconds: float) -> None:
        """Compose a part of all."""
        start_s, start_cpu_s = time.perf_counter(), cpu_s(self.process)
        digests = self.work(asked, seconds)
        self.seconds.append(time.perf_counter() - start_s)
        self.cpu_seconds.append(cpu_s(self.process) - start_cpu_s)
        self.counts.append(len(digests))
        self.digests.update(digests)


def main(
    model: Path | None = None,
    *,
    num: int = 1000,
    clients: int = 16,
    batch: int = 4,
    rounds: int = 5,
    starts: int = 3,
    seconds: float = 1800.0,
    json: Path | None = None,
) -> None:
    """Compose by turns over HTTP and in memory, the same pictures, from their files to PNG files.

    Exits with 1 if an answer was neither a composite nor 429.

    Args:
        model: Model folder; the shipped weights by default.
        num: Requests; each way composes as many.
        clients: That ask at once, each for the next as soon as it has its answer.
        batch: Pictures that the networks always see at once, in the service and in memory.
        rounds: Parts of the requests; the ways take turns after each.
        starts: Starts of the service that are timed; the last one stays for the rest.
        seconds: Time for all rounds; what is not begun by then is left out.
        json: Keep the figures here.
    """
    asked, tally = asked_for(num), Tally()
    options = ["--batch", str(batch), *([] if model is None else ["--model", str(model)])]
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch, "log")
        start_s = [started_s(options, log) for _ in range(starts - 1)]
        with served(options, log) as service, composing_process() as (pool, peer):
            over_http(service, clients, Tally(), asked[:WARM_UP], seconds)
            ways = [
                Way("service", service.process, partial(over_http, service, clients, tally)),
                Way("in memory, in batches", peer, partial(apart_from_here, pool, model, batch)),
                Way("in memory, one by one", peer, partial(apart_from_here, pool, model, None)),
            ]
            take_turns(ways, asked, rounds, seconds)
            peak = peak_mib(service.process)
        print(log.read_text()[-2000:], file=sys.stderr, end="")
    tables = [rate_table(ways, clients, batch), answer_table(tally), memory_table(tally, peak)]
    publish([*tables, start_table([*start_s, service.start_s])], json)
    if tally.errors:
        sys.exit(f"error: {len(tally.errors)} requests have failed, such as: {tally.errors[0]}")


def take_turns(ways: Sequence[Way], asked: Sequence[Asked], rounds: int, seconds: float) -> None:
    """Compose everything by every way, part by part: other work on the machine hits all of them."""
    for way in ways[1:]:
        way.work(asked[:WARM_UP], seconds)
    end_s, left = time.perf_counter() + seconds, rounds * len(ways)
    for number in range(rounds):
        part = asked[number * len(asked) // rounds : (number + 1) * len(asked) // rounds]
        for way in ways:
            way.take_turn(part, (end_s - time.perf_counter()) / left)
            left -= 1
        rates = ", ".join(f"{way.name} {way.rates[-1]:.2f}" for way in ways)
        print(f"round {number + 1} of {rounds}, pictures a second: {rates}", file=sys.stderr)


def over_http(service: Served, clients: int, tally: Tally, asked: Sequence[Asked], seconds: float) -> dict[int, str]:
    """Ask the service."""
    open_client = partial(httpx.Client, base_url=service.url, timeout=ANSWER_S, trust_env=False)
    held = partial(memory_mib, service.process)
    load(asked, clients, time.perf_counter() + seconds, open_client=open_client, memory_mib=held, tally=tally)
    return {one.seed: tally.digests[one.seed] for one in asked if one.seed in tally.digests}


def apart_from_here(
    pool: ProcessPoolExecutor, model: Path | None, batch: int | None, asked: Sequence[Asked], seconds: float
) -> dict[int, str]:
    """Ask the process that composes in memory."""
    return pool.submit(composed, model, batch, asked, seconds).result()


@contextmanager
def composing_process() -> Iterator[tuple[ProcessPoolExecutor, int]]:
    """Give a process that composes in memory, and its number."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool, pool.submit(os.getpid).result()


def started_s(options: list[str], log: Path) -> float:
    """Start the service and stop it again; return how long it took until it was ready."""
    with served(options, log) as service:
        return service.start_s


def rate_table(ways: Sequence[Way], clients: int, batch: int) -> Table:
    """Pictures a second of each way, and what the service reaches of the others."""
    service, rows = ways[0], []
    for way in ways:
        shares = [share(*rates) for rates in zip(service.rates, way.rates, strict=True)]
        rows.append([way.name, *way.row, share(service.row[1], way.row[1]), median(shares)])
    in_batches = ways[1].digests
    both = service.digests.keys() & in_batches.keys()
    differ = sum(service.digests[seed] != in_batches[seed] for seed in both)
    notes = (
        f"The longer side has {SIDE_PX} px; from JPEG and PNG files to a PNG file. {clients} clients on the same "
        f"machine, their time counts; the networks see {batch} pictures at once, in the last row 1.",
        f"Of {len(both)} pictures {differ} differ between the service and the same in memory, in batches.",
    )
    columns = ("way", "pictures", "pictures a second", "slowest round", "fastest round", "CPU ms each")
    compared = ("service over it, %", "the same, median of rounds, %")
    return Table("Composing for many clients", (*columns, *compared), rows, notes)


def share(ours: float, its: float) -> float:
    """One rate over another, in percent; 0 if nothing was made."""
    return 100 * ours / its if its else 0.0


def answer_table(tally: Tally) -> Table:
    """Requests and how soon they were answered."""
    quantiles = np.percentile(tally.latencies_s, PERCENTILES) if tally.latencies_s else [None] * len(PERCENTILES)
    num = len(tally.latencies_s) + len(tally.errors)
    row = [str(num), len(tally.errors), tally.num_busy, *(one if one is None else float(one) for one in quantiles)]
    columns = ("requests", "errors", "answers 429", *(f"p{one} of answers, s" for one in PERCENTILES))
    notes = ("After 429 a client waits as long as it is told and asks again; the last try is timed.",)
    return Table("Answers of the service", columns, [row], notes)


def memory_table(tally: Tally, peak: float) -> Table:
    """Memory of the service's process."""
    held = [next((mib for count, mib in tally.held if count >= mark * tally.held[-1][0]), None) for mark in MARKS]
    columns = ("process", *(f"at {mark:.0%} of the answers, MiB" for mark in MARKS), "peak, MiB")
    return Table("Memory of the service", columns, [["situate serve", *held, peak]])


def start_table(start_s: Sequence[float]) -> Table:
    """Seconds until the service was ready."""
    columns = ("starts", "median, s", "fastest, s", "slowest, s")
    notes = ("From the start of the process until `/readyz` answers 200, without the page.",)
    return Table("Start", columns, [[str(len(start_s)), median(start_s), min(start_s), max(start_s)]], notes)


if __name__ == "__main__":
    run(main)
