"""`situate evaluate`: figures with intervals, beside the baselines."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from situate.errors import InputError
from situate.pipeline.runtime import Backend, Runtime


def evaluate(
    model: Path | None = None,
    *,
    suite: Literal["scenes", "triples", "photos", "composites", "leak"] | None = None,
    test_set: Literal["primitives", "worlds", "worlds-seen"] | None = None,
    data: Annotated[list[Path] | None, Parameter(negative=(), consume_multiple=True)] = None,
    limit: Annotated[int | None, Parameter(name=("--limit", "--num"))] = None,
    no_render: bool = False,
    assets: Path | None = None,
    fit_score: Annotated[bool, Parameter(negative=())] = False,
    split: Literal["all", "validation"] = "all",
    prior_data: Annotated[list[Path] | None, Parameter(negative=(), consume_multiple=True)] = None,
    inpaint: str = "auto",
    steps: str = "4",
    seed: int = 0,
    num_workers: int | None = None,
    json: Path | None = None,
    report: Path | None = None,
    device: str = "auto",
    backend: Backend = "torch",
) -> None:
    """Measure a model, or the baselines alone; every figure has a 95 % interval (bootstrap over scenes).

    The suite `scenes` asks an oracle that knows the rendered scenes: which places are plausible, how likely each is,
    and how the object would look there. Without a model it measures the baselines only. The suite `triples` measures
    a model on any held-out triples, against their own places: placement, synthesis at the true box, use of the fused
    tokens. The suite `photos` asks of held-out photographs (or any triples) where their objects stood, class by class,
    beside the truth, chance and priors; nothing is synthesised. The suite `composites` puts the objects of photographs
    and of a fixed camera back where they stood, and judges object and shadow apart, beside paste and Poisson. The suite
    `leak` asks whether repaired backgrounds give away where the object stood: of photographs, whether a detector tells
    the real hole from a decoy; of triples with true backgrounds (scenes, static), how much better the model finds the
    place once the background is repaired there.

    Args:
        model: Model folder, such as RUN/model, or the word shipped. Without it the suite scenes measures the
            baselines, and the others the shipped weights.
        suite: Which figures; by default triples if --data is given, else scenes.
        test_set: Which published scenes (scenes only): primitives, the default; worlds, which are streets, yards and
            rooms with objects that neither the starter set nor --models train shows; or worlds-seen, the same with
            objects that --models train shows. Both need --assets.
        data: Folders of triples that were not trained on, or the word starter: the 192 triples of the package that are
            kept for testing. For scenes, one folder made by situate data scenes, in
            place of the published test set.
        limit: At most so many scenes, the first ones; for the other suites, so many triples, drawn by the seed.
        no_render: Leave out the scores of pictures, which need renders (scenes only).
        assets: Folder of the models that the scenes are made of (situate data assets), if they are not primitive
            (scenes only).
        fit_score: Fit the model's scores on these scenes and keep them in its folder (scenes only, and not on the
            published ones, which are for testing).
        split: validation takes the part that training on the same folders leaves out (triples only).
        prior_data: Training triples (or starter) on which the prior placement is counted, for photos several folders;
            by default on other scenes, for triples and photos on the other half of the groups. For scenes the mean
            shadow is measured on them, too; by default on the training part of the starter set.
        inpaint: Who repairs the true backgrounds (leak only): auto, patchmatch, telea, or the folder of an inpainting
            pipeline.
        steps: Steps of the synthesis; several with commas, the first one is reported in full.
        seed: Of the noise, the baselines' boxes and the bootstrap.
        num_workers: Processes that render and judge (scenes only), by default one for each processor; does not change
            the figures.
        json: Write all figures here.
        report: Write them as a page here (.html).
        device: auto, cpu, cuda or mps.
        backend: Who runs the networks: torch, or openvino for a folder that situate export made.
    """
    from situate.cli.evaluate_composites import CompositeOptions, check_composites_only, evaluate_composite_suite
    from situate.cli.evaluate_leak import LeakOptions, evaluate_leak_suite
    from situate.cli.evaluate_photos import PhotoOptions, check_placement_only, evaluate_photo_suite
    from situate.cli.evaluate_scenes import SceneOptions, evaluate_scene_suite
    from situate.cli.evaluate_triples import TripleOptions, evaluate_triple_suite
    from situate.data.starter import data_folder

    outputs = *_checked_outputs(json, report), Runtime(device, backend)
    folders = [data_folder(folder, "test") for folder in data or []]
    prior_folders = [data_folder(folder, "train") for folder in prior_data or []]
    asked = suite or ("triples" if data else "scenes")
    if asked != "scenes":
        _check_scene_options(no_render or fit_score, assets, test_set)
    if asked == "leak":
        _check_no_prior(prior_folders)
        evaluate_leak_suite(LeakOptions(model, folders, limit, inpaint, seed), *outputs)
    elif asked == "photos":
        check_placement_only(split, inpaint, steps, num_workers)
        evaluate_photo_suite(PhotoOptions(model, folders, limit, prior_folders, seed), *outputs)
    elif asked == "composites":
        check_composites_only(split, inpaint, prior_folders, num_workers)
        evaluate_composite_suite(CompositeOptions(model, folders, limit, parsed_steps(steps), seed), *outputs)
    elif asked == "scenes":
        if split != "all":
            raise InputError("--split validation is for --suite triples; scenes are all held out")
        options = SceneOptions(
            model,
            test_set,
            folders,
            limit,
            no_render,
            fit_score,
            assets,
            _only(prior_folders),
            parsed_steps(steps),
            seed,
            num_workers,
        )
        evaluate_scene_suite(options, *outputs)
    else:
        triple_options = TripleOptions(model, folders, limit, split, _only(prior_folders), parsed_steps(steps), seed)
        evaluate_triple_suite(triple_options, *outputs)


def _checked_outputs(json: Path | None, report: Path | None) -> tuple[Path | None, Path | None]:
    from situate.imageio.write import check_output

    for path, suffix in ((json, ".json"), (report, ".html")):
        if path is not None:
            check_output(path, suffixes=(suffix,))
    return json, report


def _check_scene_options(is_for_scenes: bool, assets: Path | None, test_set: str | None) -> None:
    if is_for_scenes or assets is not None or test_set is not None:
        raise InputError(
            "--no-render, --fit-score, --assets and --test-set are for --suite scenes; triples are not rendered"
        )


def _check_no_prior(prior_folders: list[Path]) -> None:
    if prior_folders:
        raise InputError("--prior-data is for the other suites; the leak is measured without a prior")


def _only(prior_folders: list[Path]) -> Path | None:
    if len(prior_folders) > 1:
        raise InputError(
            f"{len(prior_folders)} folders were given as --prior-data; only --suite photos counts priors on several"
        )
    return prior_folders[0] if prior_folders else None


def parsed_steps(text: str) -> tuple[int, ...]:
    """Read numbers of steps with commas between them.

    Raises:
        InputError: If they are not whole numbers from 1 on.
    """
    try:
        steps = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError as error:
        raise InputError(f"steps {text!r} are not whole numbers; write 4 or 1,2,4,8") from error
    if min(steps) < 1:
        raise InputError(f"steps {text!r} hold {min(steps)}; at least 1 is needed")
    return steps
