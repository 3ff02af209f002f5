"""The suite `scenes` of `situate evaluate`: rendered scenes, judged by the oracle that knows them."""

import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from situate.errors import InputError
from situate.pipeline.runtime import Runtime, composer_of

if TYPE_CHECKING:
    from situate.data.store import TripleStore
    from situate.evaluation.benchmark.mean_shadow import MeanShadow
    from situate.evaluation.benchmark.model_under_test import ModelUnderTest
    from situate.evaluation.benchmark.scene_scores import SceneScores
    from situate.evaluation.benchmark.scene_set import SceneSet, TestSet


@dataclass(frozen=True)
class SceneOptions:
    """What was asked for; see `situate evaluate`."""

    model: Path | None
    test_set: "TestSet | None"
    data: list[Path]
    limit: int | None
    no_render: bool
    fit_score: bool
    assets: Path | None
    prior_data: Path | None
    steps: tuple[int, ...]
    seed: int
    num_workers: int | None


def evaluate_scene_suite(options: SceneOptions, json: Path | None, report: Path | None, runtime: Runtime) -> None:
    """Run the benchmark; print tables and write what was asked for."""
    from situate.cli.progress import progress_bar
    from situate.evaluation.benchmark.report import benchmark_report
    from situate.evaluation.benchmark.run import BenchmarkConfig, figures_of, prepared_bench, scored
    from situate.imageio.write import write_bytes, write_json
    from situate.sharding.pool import num_processors

    _check_fit(options)
    scenes, store = _scenes(options)
    model = _model(options, runtime)
    config = BenchmarkConfig(seed=options.seed, with_renders=not options.no_render)
    mean_shadow, shadow_data = _mean_shadow(options.prior_data) if config.with_renders else (None, None)
    make_bench = partial(
        prepared_bench,
        scenes,
        config,
        model=model,
        triples=store,
        prior_data=options.prior_data,
        mean_shadow=mean_shadow,
    )
    bench = make_bench()  # here too, before any worker: what is missing is named, not taken for a killed process
    num_workers = num_processors() if options.num_workers is None else options.num_workers
    with progress_bar("evaluating") as progress:
        scores = scored(make_bench, len(scenes.groups), num_workers=num_workers, progress=progress)
    scores = _fitted(options.model, scores, scenes) if options.fit_score else scores
    result: dict[str, Any] = {**figures_of(bench, scores, config), "mean_shadow": shadow_data}
    if model is not None:
        result |= {"model": str(options.model), "model_fingerprint": model.fingerprint}
    if "reliability" in (result["score"] or {}):
        result["score"]["in_sample"] = _is_in_sample(options, scenes)
    _tell(result)
    if json is not None:
        write_json(result, json)
    if report is not None:
        write_bytes(benchmark_report(bench, scores, result).encode(), report)


def _model(options: SceneOptions, runtime: Runtime) -> "ModelUnderTest | None":
    from situate.evaluation.benchmark.model_under_test import ModelUnderTest

    if options.model is None:
        if runtime.backend != "torch":
            raise InputError(f"--backend {runtime.backend} needs a model; without one the baselines are measured")
        return None
    composer = composer_of(options.model, runtime)
    return ModelUnderTest(composer.pipeline, options.steps, composer.model_fingerprint)


def _mean_shadow(prior_data: Path | None) -> tuple["MeanShadow", dict[str, Any]]:
    """Measure the mean shadow on the prior's training triples, or on the starter set if these know no shadows."""
    from situate.data.starter import starter_set
    from situate.data.store import TripleStore
    from situate.evaluation.benchmark.mean_shadow import SHADOW_SOURCES, mean_shadow_of

    store = TripleStore(starter_set("train") if prior_data is None else prior_data)
    if not any(label["source"] in SHADOW_SOURCES for label in store.labels):
        store = TripleStore(starter_set("train"))
    mean_shadow = mean_shadow_of(store)
    is_starter = store.folder == starter_set("train")
    data = "starter/train" if is_starter else str(store.folder)
    return mean_shadow, {"data": data, "num_triples": mean_shadow.num_triples}


def _check_fit(options: SceneOptions) -> None:
    if not options.fit_score:
        return
    from situate.evaluation.benchmark.score import require_isotonic_regression
    from situate.imageio.write import check_output
    from situate.pipeline.load import SCORE_NAME
    from situate.pipeline.model_files import shipped_model
    from situate.pipeline.runtime import folder_of

    if options.model is None:
        raise InputError("--fit-score fits the scores of a model; pass one")
    require_isotonic_regression()
    folder = folder_of(options.model)
    check_output(folder / SCORE_NAME, suffixes=(".json",))
    if not options.data:
        raise InputError(
            "--fit-score needs scenes of your own (--data, from situate data scenes); the published ones are for tests"
        )
    if folder.resolve() == shipped_model().resolve():
        raise InputError(
            f"--fit-score would overwrite the scores of the installed package; copy the model first (cp -r {folder} "
            "my-model) and pass the copy"
        )


def _is_in_sample(options: SceneOptions, scenes: "SceneSet") -> bool | None:
    """Say whether the model's scores were fitted on these scenes; None if its folder does not say on which."""
    from situate.pipeline.load import score_fitted_on
    from situate.pipeline.runtime import folder_of

    if not options.data:
        return False
    fitted_on = score_fitted_on(folder_of(options.model))
    return fitted_on == scenes.draws_sha256 if fitted_on else None


def _fitted(model: Path | None, scores: "list[SceneScores]", scenes: "SceneSet") -> "list[SceneScores]":
    """Fit the model's scores on all places, keep them in its folder, and score the places anew."""
    from situate.evaluation.benchmark.score import fitted_score_map, scored_by
    from situate.pipeline.load import publish_score
    from situate.pipeline.runtime import folder_of

    score_map = fitted_score_map([place for one in scores for place in one.scored])
    folder = folder_of(model)
    publish_score(score_map, folder, fitted_on=scenes.draws_sha256)
    print(f"scores fitted on these scenes: {folder / 'score.json'}; measure them on others", file=sys.stderr)
    return [replace(one, scored=scored_by(score_map, one.scored)) for one in scores]


def _scenes(options: SceneOptions) -> tuple["SceneSet", "TripleStore | None"]:
    """The published test set, or the scenes of one data folder with its pictures."""
    from situate.data.store import TripleStore
    from situate.evaluation.benchmark.scene_set import published_set, set_of_folder

    if not options.data:
        return published_set(options.test_set or "primitives", options.assets).first(options.limit), None
    if options.test_set is not None:
        raise InputError("--test-set and --data were both given; choose the published scenes or your own")
    if len(options.data) > 1:
        raise InputError(
            f"{len(options.data)} folders were given; --suite scenes takes one, made by situate data scenes"
        )
    store = TripleStore(options.data[0])
    return set_of_folder(options.data[0], store.keys, options.assets).first(options.limit), store


def _tell(result: dict[str, Any]) -> None:
    from situate.evaluation.benchmark.tables import NOTES, as_markdown, tables_of

    _warn(result)
    print(f"{result['num_scenes']} scenes of {result['test_set']['name']}. {NOTES}\n")
    print("\n\n".join(as_markdown(table) for table in tables_of(result)))


def _warn(result: dict[str, Any]) -> None:
    test_set = result["test_set"]
    if test_set["is_as_published"] is False:
        print(
            f"warning: this version draws other worlds than those of the published test set {test_set['name']}; "
            "the figures cannot be compared with published ones",
            file=sys.stderr,
        )
    num_missing = result["num_scenes"] - test_set["num_scenes_with_pictures"]
    if test_set["num_scenes_with_pictures"] and num_missing:
        print(
            f"{num_missing} scenes have no pictures: too little of the object is seen, or not in --data",
            file=sys.stderr,
        )
