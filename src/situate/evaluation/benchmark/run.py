"""The whole benchmark: scenes in, figures out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from situate.data.places.distribution import GRID_SIDE
from situate.data.scenes.render import Renderer
from situate.data.store import TripleStore
from situate.errors import InputError
from situate.evaluation.baselines import PriorPlacement, prior_from
from situate.evaluation.benchmark.bench import Bench, TripleSource
from situate.evaluation.benchmark.mean_shadow import MeanShadow
from situate.evaluation.benchmark.model_under_test import ModelUnderTest
from situate.evaluation.benchmark.proposals import prior_of_other_scenes
from situate.evaluation.benchmark.scene_scores import SceneScores
from situate.evaluation.benchmark.scene_set import SceneSet
from situate.evaluation.benchmark.summary import summary
from situate.evaluation.oracle.oracle import Oracle
from situate.evaluation.suite import boxes_on_canvas
from situate.records.triple import Triple
from situate.sharding.engine import run_items
from situate.sharding.pool import check_num_workers

SUITE = "scenes"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class BenchmarkConfig:
    """What to measure.

    Attributes:
        seed: Of the methods' draws and of the bootstrap.
        with_renders: Whether pictures are scored, too.
    """

    seed: int = 0
    with_renders: bool = True


def prepared_bench(
    scenes: SceneSet,
    config: BenchmarkConfig,
    *,
    model: ModelUnderTest | None = None,
    triples: TripleStore | None = None,
    prior_data: Path | None = None,
    mean_shadow: MeanShadow | None = None,
) -> Bench:
    """Set up the benchmark.

    Args:
        scenes: What is judged.
        config: What to measure.
        model: The model to judge; None judges the baselines only.
        triples: A data set that holds the scenes' pictures; without it they are rendered.
        prior_data: Training triples on which the prior is counted; without it on other scenes of the same config.
        mean_shadow: Of training triples; None leaves out the baseline that needs it.

    Raises:
        InputError: If a model is to be judged without pictures.
        MissingExtraError: If something is to be rendered and Mitsuba or the features of the perceptual distance are
            not installed.
    """
    if model is not None and triples is None and not config.with_renders:
        raise InputError(
            "a model cannot be judged without pictures: drop --no-render, or pass --data with scenes that are rendered"
        )
    renderer = Renderer(scenes.config.num_samples) if config.with_renders else None
    source = _source(scenes, renderer, triples)
    prior = prior_of_other_scenes(scenes.config) if prior_data is None else _counted(prior_data)
    return Bench(
        scenes,
        prior,
        seed=config.seed,
        triples=source,
        renderer=renderer,
        model=model,
        mean_shadow=mean_shadow,
    )


def scored(
    make_bench: Callable[[], Bench], num_scenes: int, *, num_workers: int = 1, progress: Progress | None = None
) -> list[SceneScores]:
    """Judge the first scenes; the figures are the same for any number of processes.

    Args:
        make_bench: Sets the benchmark up, once in every process; must be picklable if there are several.
        num_scenes: How many scenes it has.
        num_workers: Processes.
        progress: Called with scenes done and all, after each.

    Raises:
        ConfigError: If `num_workers` is under 1.
    """
    check_num_workers(num_workers)
    scores: dict[int, SceneScores] = {}
    for number, score in _each(make_bench, num_scenes, min(num_workers, num_scenes)):
        scores[number] = score
        if progress is not None:
            progress(len(scores), num_scenes)
    return [scores[number] for number in range(num_scenes)]


def _each(make_bench: Callable[[], Bench], num_scenes: int, num_workers: int) -> Iterator[tuple[int, SceneScores]]:
    if num_workers == 1:
        num_threads = torch.get_num_threads()
        torch.set_num_threads(1)  # as in a worker: sums of other threads differ in the last digits
        try:
            yield from enumerate(map(make_bench().score, range(num_scenes)))
        finally:
            torch.set_num_threads(num_threads)
        return
    prepare = partial(_begin, make_bench)
    yield from run_items(_score, range(num_scenes), num_workers=num_workers, prepare=prepare)


_benches: list[Bench] = []
"""The benchmark of a worker process."""


def _begin(make_bench: Callable[[], Bench]) -> None:
    torch.set_num_threads(1)
    _benches[:] = [make_bench()]


def _score(number: int) -> SceneScores:
    return _benches[0].score(number)


def figures_of(bench: Bench, scores: Sequence[SceneScores], config: BenchmarkConfig) -> dict[str, Any]:
    """Return all figures, ready for JSON."""
    return summary(bench.scenes, scores, seed=config.seed, name=SUITE)


def _source(scenes: SceneSet, renderer: Renderer | None, triples: TripleStore | None) -> TripleSource | None:
    if triples is not None:
        return _Stored(scenes, triples, {key: number for number, key in enumerate(triples.keys)})
    if renderer is not None:
        return _Rendered(scenes, renderer)
    return None


@dataclass(frozen=True)
class _Stored:
    scenes: SceneSet
    triples: TripleStore
    positions: Mapping[str, int]

    def __call__(self, number: int, oracle: Oracle) -> Triple | None:
        position = self.positions.get(f"{self.scenes.groups[number]}-{oracle.index}")
        return None if position is None else self.triples[position]


@dataclass(frozen=True)
class _Rendered:
    scenes: SceneSet
    renderer: Renderer

    def __call__(self, number: int, oracle: Oracle) -> Triple | None:
        return oracle.render_truth(self.renderer, self.scenes.groups[number])


def _counted(folder: Path) -> PriorPlacement:
    return prior_from(boxes_on_canvas(TripleStore(folder)), GRID_SIDE)
