"""The benchmark as a whole: a model that was never trained, three tiny scenes, every figure."""

import json
import math
import re
import shutil
from dataclasses import asdict, replace
from functools import partial

import cv2
import numpy as np
import pytest
from tests.pipeline.models import publish_untrained
from tests.synthetic import write_synthetic_set

from situate.cli.app import main
from situate.errors import ConfigError, InputError
from situate.evaluation.benchmark import proposals
from situate.evaluation.benchmark.made import Made
from situate.evaluation.benchmark.model_under_test import ModelUnderTest
from situate.evaluation.benchmark.place_pictures import ScenePictureScores
from situate.evaluation.benchmark.report import benchmark_report, masks, on_checker, shown_scenes
from situate.evaluation.benchmark.run import BenchmarkConfig, figures_of, prepared_bench, scored
from situate.evaluation.benchmark.tables import as_markdown, tables_of
from situate.nn.score import ScoreMap
from situate.pipeline.load import load_pipeline, publish_score, score_fitted_on
from situate.pipeline.model_files import fingerprint_of, shipped_model

METHODS = ["truth", "random", "prior"]
SCORE = ScoreMap((-4.0, 2.0), (0.1, 0.8))


@pytest.fixture(scope="module")
def result(bench, scores):
    return figures_of(bench, scores, BenchmarkConfig())


def test_every_method_has_its_figures(result):
    assert result["suite"] == "scenes"
    assert result["num_scenes"] == 3
    methods = result["methods"]
    assert set(METHODS) | {"model", "model@truth", "copy-paste", "poisson", "reinhard", "mean-shadow"} <= set(methods)
    for name in (*METHODS, "model"):
        for figure in ("plausible_at_1", "plausible_of_20", "coverage"):
            assert 0 <= methods[name][figure] <= 1
        assert methods[name]["likelihood_gap"] >= 0
        assert methods[name]["size_error"] >= 0
    for name in ("truth", "ceiling", "copy-paste", "reinhard"):
        assert {"psnr_db", "ssim", "psnr_blurred_db", "perceptual", "colour_error", "shadow_iou"} <= set(methods[name])
    for name in (name for name in methods if "num_pictures" in methods[name]):
        assert methods[name]["num_pixels_changed_outside_effect"] == 0, name
    assert "plausible_at_1" not in methods["copy-paste"]
    json.dumps(result, allow_nan=False)


def test_scenes_of_a_folder_are_judged_with_the_pictures_in_it(tmp_path, monkeypatch):
    monkeypatch.setattr(proposals, "NUM_PRIOR_SCENES", 2)
    folder, figures = tmp_path / "made", tmp_path / "figures.json"
    assert main(["data", "scenes", str(folder), "--num", "3", "--size", "48", "--num-workers", "1"]) == 0
    words = ["--data", str(folder), "--json", str(figures), "--limit", "2", "--num-workers", "1"]
    assert main(["evaluate", "--suite", "scenes", *words]) == 0
    found = json.loads(figures.read_text())
    assert found["num_scenes"] >= 1
    assert found["test_set"]["num_scenes_with_pictures"] == found["num_scenes"]
    assert found["methods"]["truth"]["plausible_at_1"] == 1
    assert found["methods"]["copy-paste"]["psnr_db"] < found["methods"]["ceiling"]["psnr_db"]
    assert found["mean_shadow"] == {"data": "starter/train", "num_triples": 416}
    assert found["methods"]["mean-shadow"]["shadow_iou"] > 0
    assert (found["num_steps"], found["steps"], found["gains"]) == (None, {}, {}), "no model"


def test_scores_are_fitted_on_a_folder_and_then_come_with_every_place(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("situate.evaluation.benchmark.score.MIN_PLACES", 100)
    monkeypatch.setattr(proposals, "NUM_PRIOR_SCENES", 2)
    folder, figures, model = tmp_path / "made", tmp_path / "figures.json", publish_untrained(tmp_path / "model")
    words = ["--num", "3", "--size", "48", "--num-workers", "1", "--triples-per-scene", "1"]
    assert main(["data", "scenes", str(folder), *words]) == 0
    words = ["evaluate", str(model), "--suite", "scenes", "--data", str(folder), "--no-render", "--num-workers", "1"]
    assert main([*words, "--fit-score", "--json", str(figures)]) == 0
    printed = capsys.readouterr()
    assert "measure them on others" in printed.err
    assert "| AUROC of the density, true and random places |" in printed.out
    fitted = json.loads(figures.read_text())["score"]
    assert fitted["ece"]["value"] < 0.1, "on the places that it was fitted on"
    assert fitted["in_sample"] is True
    assert "Score, on the scenes that it was fitted on" in printed.out
    assert load_pipeline(model).score_map is not None
    page = tmp_path / "page.html"
    assert main([*words, "--json", str(figures), "--report", str(page)]) == 0
    assert json.loads(figures.read_text())["score"] == fitted
    assert page.read_text().count("<svg") == 1
    kept = json.loads((model / "score.json").read_text())
    for fitted_on, is_in_sample in (("others", False), ("", None)):
        (model / "score.json").write_text(json.dumps({**kept, "fitted_on": fitted_on}))
        assert main([*words, "--limit", "1", "--json", str(figures)]) == 0
        assert json.loads(figures.read_text())["score"]["in_sample"] is is_in_sample


def test_nobody_knows_on_which_scenes_an_older_score_was_fitted(tmp_path):
    folder = publish_untrained(tmp_path / "model")
    assert score_fitted_on(folder) == ""
    publish_score(SCORE, folder, fitted_on="these")
    assert score_fitted_on(folder) == "these"
    kept = json.loads((folder / "score.json").read_text())
    del kept["fitted_on"], kept["fingerprint"]
    (folder / "score.json").write_text(json.dumps(kept))
    assert score_fitted_on(folder) == ""
    assert load_pipeline(folder).score_map == SCORE


def test_the_score_of_another_model_is_left_out_and_said_so(tmp_path, caplog):
    fitted, other = (publish_untrained(tmp_path / str(seed), seed=seed) for seed in (0, 1))
    publish_score(SCORE, fitted)
    assert load_pipeline(fitted).score_map == SCORE
    assert not caplog.records
    shutil.copy(fitted / "score.json", other)
    assert load_pipeline(other).score_map is None
    (record,) = caplog.records
    for word in (fingerprint_of(fitted), fingerprint_of(other), str(other), "--fit-score"):
        assert word in record.getMessage()


def test_the_installed_packages_own_score_is_not_overwritten(tmp_path, capsys):
    for shipped in ("shipped", str(shipped_model())):
        words = ["evaluate", shipped, "--suite", "scenes", "--data", str(tmp_path), "--no-render", "--fit-score"]
        before = (shipped_model() / "score.json").read_bytes()
        assert main(words) == 2
        assert "copy the model first" in capsys.readouterr().err
        assert (shipped_model() / "score.json").read_bytes() == before


def test_figures_do_not_depend_on_the_number_of_processes(scenes, bench, pipeline, tmp_path):
    config, prior_data = BenchmarkConfig(), write_synthetic_set(tmp_path / "triples")
    model = ModelUnderTest(pipeline, (1,), "debug")
    make_bench = partial(prepared_bench, scenes, config, model=model, prior_data=prior_data)
    alone, together = (figures_of(bench, scored(make_bench, 3, num_workers=count), config) for count in (1, 2))
    assert "model" in alone["methods"]
    assert json.dumps(alone) == json.dumps(together)
    with pytest.raises(ConfigError, match="num_workers is 0"):
        scored(make_bench, 3, num_workers=0)


def test_the_truth_is_perfect_and_paste_is_not(result):
    truth, paste = result["methods"]["truth"], result["methods"]["copy-paste"]
    assert (truth["plausible_at_1"], truth["plausible_of_20"], truth["size_error"]) == (1, 1, 0)
    assert (truth["psnr_db"], truth["likelihood_gap"]) == (60, 0)
    assert paste["psnr_db"] < 35
    assert paste["shadow_iou"] == 0


def test_a_render_at_the_true_place_is_the_true_picture(bench):
    oracle = bench.scenes.oracle(0)
    truth = oracle.render_truth(bench._renderer, "scene")
    again = oracle.render_at(bench._renderer, oracle.true_box_cxcywh, "scene")
    assert truth is not None
    assert again is not None
    difference = cv2.absdiff(again.composite, truth.composite)
    assert difference.mean() < 0.3
    np.testing.assert_array_equal(again.background, truth.background)
    overlap = ((again.effect > 0) & (truth.effect > 0)).sum() / ((again.effect > 0) | (truth.effect > 0)).sum()
    assert overlap > 0.97


def test_a_render_elsewhere_shows_the_object_in_its_box(bench):
    oracle = bench.scenes.oracle(0)
    box = oracle.draw_true_boxes(np.random.default_rng(3), 1)[0]
    made = oracle.render_at(bench._renderer, box, "scene")
    assert made is not None
    assert made.box_cxcywh == pytest.approx(box, abs=1.5 / 48)
    larger = (box[0], box[1] - 0.1 * box[3], 1.2 * box[2], 1.2 * box[3])
    enlarged = oracle.render_at(bench._renderer, larger, "scene")
    assert enlarged is not None
    assert enlarged.box_cxcywh[3] == pytest.approx(larger[3], abs=1.5 / 36)


def test_there_is_nothing_to_render_in_the_sky(bench):
    assert bench.scenes.oracle(0).render_at(bench._renderer, (0.5, 0.02, 0.02, 0.03), "scene") is None


def test_a_scene_scores_the_same_alone(bench, scores):
    alone = bench.score(1)
    nothing = ScenePictureScores({}, {}, {})
    assert replace(alone, made=nothing) == replace(scores[1], made=nothing)
    assert alone.pictures.keys() == scores[1].pictures.keys()
    for method, found in alone.pictures.items():
        # A network's sums may be taken in another order, in the last bit.
        assert asdict(found) == pytest.approx(asdict(scores[1].pictures[method]), rel=1e-6, nan_ok=True), method


def test_the_model_is_judged_at_both_places_with_every_number_of_steps(result):
    assert result["num_steps"] == 2
    assert list(result["steps"]) == ["1", "2"]
    for name in ("model", "model@truth"):
        headline = result["steps"]["2"][name]
        assert headline["psnr_db"]["value"] == pytest.approx(result["methods"][name]["psnr_db"], rel=1e-5)
        assert headline["perceptual_ratio"]["value"] == 1, "2 is the most"
        one = result["steps"]["1"][name]
        assert one["perceptual_ratio"]["value"] == pytest.approx(
            one["perceptual"]["value"] / headline["perceptual"]["value"], rel=1e-4
        )


def test_gains_are_paired_scene_by_scene(result, scores):
    assert list(result["gains"]["model@truth"]) == ["copy-paste", "poisson", "reinhard", "mean-shadow"]
    assert "copy-paste@model" in result["gains"]["model"]
    gain = result["gains"]["model@truth"]["poisson"]
    both = [one.made.gains_db["model@truth"]["poisson"] for one in scores if "poisson" in one.pictures]
    assert gain["num_samples"] == len(both)
    assert gain["value"] == pytest.approx(np.mean(both), rel=1e-4)


def test_pictures_that_have_a_figure_are_counted(result, scores):
    made = [one.pictures["copy-paste"] for one in scores if "copy-paste" in one.pictures]
    counts = result["methods"]["copy-paste"]["num_pictures_with"]
    assert counts["visible_iou"] == sum(not math.isnan(one.visible_iou) for one in made)
    assert counts["colour_error"] == len(made) == result["methods"]["copy-paste"]["num_pictures"]


def test_tables_are_markdown(result):
    texts = [as_markdown(table) for table in tables_of(result)]
    titles = [text.splitlines()[0] for text in texts]
    assert titles[5:9] == [
        "**Pictures, the model with 2 steps**",
        "**Object and shadow, the model with 2 steps**",
        "**PSNR of the model above others, on the same pixels, the model with 2 steps**",
        "**Pictures by number of steps**",
    ]
    assert any(line.startswith("| above mean-shadow |") for line in texts[7].splitlines())
    for text in texts:
        lines = [line for line in text.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) == 1
    assert "| truth | 100.0 [100.0, 100.0] |" in texts[0]


def test_the_page_shows_pictures_and_needs_nothing_else(bench, scores, result):
    page = benchmark_report(bench, scores, {**result, "model": "debug", "model_fingerprint": "0"})
    num_shown = sum("model" in one.pictures for one in scores)
    # background, foreground, two maps; at each of two places composite, render, and the masks of both
    assert page.count("<img") == 12 * num_shown > 0
    assert not re.search(r"https?://", page)


def test_best_median_and_worst_are_different_scenes():
    assert shown_scenes([]) == {}
    assert shown_scenes([4]) == {"Best": [4]}
    assert shown_scenes([4, 2]) == {"Best": [4], "Median": [2]}
    parts = shown_scenes(list(range(20)))
    assert parts["Best"] == [0, 1, 2]
    assert parts["Worst"] == [17, 18, 19]
    assert 8 in parts["Median"]


def test_masks_show_the_object_over_the_effect():
    effect, visible = (np.zeros((1, 3), np.uint8) for _ in range(2))
    effect[0, 1:], visible[0, 2] = 255, 255
    nothing, shadow, thing = masks(Made(np.zeros((1, 3, 3), np.uint8), effect, visible))[0].tolist()
    assert nothing == [0, 0, 0]
    assert shadow[2] > shadow[0], "blue"
    assert thing[0] > thing[2], "orange"


def test_a_transparent_cutout_shows_the_board():
    foreground = np.zeros((12, 12, 4), np.uint8)
    foreground[:6, :, 3] = 255
    laid = on_checker(foreground)
    assert (laid[:6] == 0).all()
    assert laid[6:].min() >= 200


def test_a_model_without_pictures_is_refused(bench, scenes):
    with pytest.raises(InputError, match="--data"):
        prepared_bench(scenes, BenchmarkConfig(with_renders=False), model=bench._model)


def test_the_command_needs_no_renderer_for_places(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(proposals, "NUM_PRIOR_SCENES", 2)
    path, page = tmp_path / "figures.json", tmp_path / "page.html"
    words = ["evaluate", "--suite", "scenes", "--limit", "2", "--no-render", "--num-workers", "1"]
    assert main([*words, "--json", str(path), "--report", str(page)]) == 0
    assert "| truth |" in capsys.readouterr().out
    result = json.loads(path.read_text())
    assert list(result["methods"]) == METHODS
    assert result["num_scenes"] == 2
    assert result["test_set"]["is_as_published"] is True
    assert len(result["test_set"]["sha256"]) == 64
    assert result["methods"]["truth"]["plausible_at_1"] == 1
    assert math.isclose(result["methods"]["truth"]["size_error"], 0, abs_tol=1e-6)
    assert "<img" not in page.read_text()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--limit", "0"], "at least 1"),
        (["--fit-score", "--no-render"], "pass one"),
        (["shipped", "--fit-score"], "published ones are for tests"),
        (["--fit-score", "--data", "starter"], "--suite scenes"),
        (["--split", "validation"], "--suite triples"),
        (["--suite", "triples"], "--data"),  # there are no published triples
        (["--suite", "triples", "--data", "x", "--no-render"], "--suite scenes"),
        (["--data", "one", "two", "--suite", "scenes"], "takes one"),
        (["--test-set", "worlds"], "--assets DIR"),
        (["--test-set", "worlds", "--assets", "nowhere"], "situate data assets nowhere"),
        (["--test-set", "worlds", "--data", "one", "--suite", "scenes"], "--test-set and --data"),
        (["--test-set", "worlds", "--data", "one"], "--suite scenes"),
    ],
)
def test_options_that_do_not_fit_are_refused(words, complaint, capsys):
    assert main(["evaluate", *words]) == 2
    assert complaint in capsys.readouterr().err
