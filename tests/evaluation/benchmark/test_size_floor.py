"""The least size error of one answer for each kind or model: closed forms, and the generator's own draws."""

import math

import numpy as np
import pytest
from tests.evaluation.benchmark.test_groups import model_called

from situate.data.scenes.cast import LOG_HEIGHT_SPREAD, Cast
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.placing import draw_size
from situate.data.scenes.primitives import PRIMITIVES
from situate.evaluation.benchmark.size_floor import Heights, size_floors
from situate.evaluation.benchmark.subject import Subject
from situate.evaluation.oracle.judge import SIZE_RATIO

BAND = SIZE_RATIO[1] / SIZE_RATIO[0]
DOGS = tuple(model_called(f"dog{number}", height_m) for number, height_m in enumerate((0.4, 0.5, 0.52, 0.9)))
CAST = Cast({"dog": DOGS})


def floor_of(*subjects: Subject, known: str = "kind") -> dict[str, float]:
    return size_floors(subjects, CAST)[known]


def primitive(kind: str) -> Subject:
    return Subject("primitives", kind, None)


def best_in_hindsight(heights_m: np.ndarray) -> tuple[float, float]:
    """Try every answer: the least median error, and the least share outside the band."""
    answers = np.linspace(heights_m.min(), heights_m.max(), 400)
    ratios = answers[:, None] / heights_m
    is_outside = (ratios < SIZE_RATIO[0]) | (ratios > SIZE_RATIO[1])
    return float(np.median(np.abs(ratios - 1), axis=1).min()), float(is_outside.mean(1).min())


@pytest.mark.parametrize("kind", PRIMITIVES, ids=lambda kind: kind.name)
def test_a_uniform_height_has_closed_forms(kind):
    low_m, high_m = kind.height_m
    floor = floor_of(primitive(kind.name))
    assert floor["size_error"] == pytest.approx((high_m - low_m) / (3 * high_m + low_m), abs=1e-3)
    held = min(1, high_m * (1 - 1 / BAND) / (high_m - low_m))
    assert floor["outside_band"] == pytest.approx(1 - held, abs=2e-3)
    assert size_floors([primitive(kind.name)], CAST)["model"] == floor


def test_a_models_height_has_closed_forms():
    floor = floor_of(Subject("yard", "dog", DOGS[0]), known="model")
    # Half of a normal distribution is within 0.6745 standard deviations.
    assert floor["size_error"] == pytest.approx(math.tanh(0.6745 * LOG_HEIGHT_SPREAD), abs=2e-4)
    assert floor["outside_band"] == pytest.approx(0, abs=1e-3)
    for ratio in (1.05, 1.1, 1.2):
        expected = math.erf(math.log(ratio) / (2 * math.sqrt(2) * LOG_HEIGHT_SPREAD))
        assert Heights(models_m=(0.7,)).share_held(ratio) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("kind", ["cone", "tyres", "bench"])
def test_the_floor_of_a_primitive_is_that_of_the_generators_draws(kind):
    generator = np.random.default_rng(0)
    heights_m = np.array([draw_size(generator, KINDS[kind]).height_m for _ in range(4000)])
    floor = floor_of(primitive(kind))
    assert best_in_hindsight(heights_m) == pytest.approx((floor["size_error"], floor["outside_band"]), abs=0.02)


def test_the_floor_of_a_kind_with_several_models_is_that_of_the_casts_draws():
    generator = np.random.default_rng(0)
    heights_m = np.array([CAST.draw(generator, "dog").height_m for _ in range(4000)])
    floor = floor_of(Subject("yard", "dog", DOGS[0]))
    assert best_in_hindsight(heights_m) == pytest.approx((floor["size_error"], floor["outside_band"]), abs=0.02)
    assert floor["size_error"] > 2 * floor_of(Subject("yard", "dog", DOGS[0]), known="model")["size_error"]


def test_the_floor_of_several_kinds_answers_each_for_the_median_of_all():
    subjects = [primitive("bench")] * 3 + [primitive("tyres")]
    error = floor_of(*subjects)["size_error"]
    bench, tyres = (Heights(range_m=KINDS[kind].height_m) for kind in ("bench", "tyres"))
    ratio = (1 + error) / (1 - error)
    assert (3 * bench.share_held(ratio) + tyres.share_held(ratio)) / 4 == pytest.approx(0.5, abs=2e-3)
    assert floor_of(primitive("bench"))["size_error"] < error < floor_of(primitive("tyres"))["size_error"]
    assert floor_of(*subjects)["outside_band"] == pytest.approx((1 - tyres.share_held(BAND)) / 4, abs=1e-6)


def test_what_is_known_of_a_cut_outs_shape_says_nothing_about_its_height():
    generator = np.random.default_rng(0)
    things = [draw_size(generator, KINDS["crate"]) for _ in range(4000)]
    aspects = np.array([thing.width_m / thing.height_m for thing in things])
    heights_m = np.array([thing.height_m for thing in things])
    assert abs(np.corrcoef(aspects, heights_m)[0, 1]) < 0.05
    wide = best_in_hindsight(heights_m[aspects > np.median(aspects)])
    assert wide == pytest.approx(best_in_hindsight(heights_m), abs=0.02)
