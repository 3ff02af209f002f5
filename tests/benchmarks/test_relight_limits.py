"""What relighting could reach at most is measured on composites that are right in one thing."""

from dataclasses import replace

import numpy as np
import pytest
import relight_limits
from tests.synthetic import synthetic_triple, write_synthetic_set

from situate.data.starter import STARTER
from situate.errors import InputError


@pytest.fixture(scope="module")
def cases():
    return relight_limits.cases_of(STARTER, "val")[:12]


def test_an_objects_own_gain_makes_up_for_a_change_of_brightness(cases):
    gained = []
    for case in cases:
        composite = case.triple.composite
        dimmed = np.where((case.triple.visible_alpha > 0)[..., None], composite * 0.5, composite).astype(np.uint8)
        darker = replace(case, pasted=dimmed, log_gain=relight_limits.own_log_gain(case.triple, dimmed))
        row = relight_limits.psnr_of_each(darker, lambda case: case.log_gain)
        gained.append(row["no shadow, object scaled by its own best gain"] - row["copy-paste"])
    # Near black `DARK` keeps it from making up for all.
    assert min(gained) > 3
    assert np.mean(gained) > 10


def test_the_more_is_known_the_nearer_the_composite_is(cases):
    rows = [relight_limits.psnr_of_each(case, relight_limits.fitted_gain(cases)) for case in cases]
    means = {name: np.mean([row[name] for row in rows]) for name in rows[0]}
    assert means["copy-paste"] < means["true shadow, pasted object"]
    assert means["true shadow, pasted object"] < means["true shadow, object scaled by its own best gain"]
    assert means["true shadow, object scaled by its own best gain"] < means["no shadow, true object"]
    assert means["copy-paste"] < means["what is composed when the network makes the true window"]


def test_the_gain_follows_the_known_light(cases):
    light_to_gain = relight_limits.fitted_gain(cases)
    brighter = [replace(case, log_gain=case.triple.light[0].mean(0)) for case in cases]
    told, known = relight_limits.fitted_gain(brighter), np.stack([case.log_gain for case in brighter])
    error = np.stack([told(case) for case in brighter]) - known
    assert np.square(error).mean() < 0.2 * known.var(0).mean()
    assert not np.allclose(light_to_gain(cases[0]), told(cases[0]))


def test_triples_that_do_not_know_their_light_are_refused(tmp_path):
    assert synthetic_triple(0).light is None
    with pytest.raises(InputError, match="does not know its light"):
        relight_limits.cases_of(write_synthetic_set(tmp_path / "set"), "test")
