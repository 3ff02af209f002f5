"""Fitted scores: kept beside the networks, read with them, and given with every place."""

import pytest
from tests.pipeline.models import cutout, publish_untrained, scene

from situate.errors import ModelFileError
from situate.nn.score import ScoreMap
from situate.pipeline.composer import Composer
from situate.pipeline.load import publish_score
from situate.records.constraints import Extent, PlacementConstraints

MAP = ScoreMap((-40.0, -2.0, 6.0), (0.0, 0.3, 0.9))


@pytest.fixture
def folder(tmp_path):
    return publish_untrained(tmp_path / "model")


def test_places_have_no_score_until_one_is_fitted(folder):
    assert Composer.from_pretrained(folder).place(scene(), cutout()).placements[0].score is None
    publish_score(MAP, folder)
    composer = Composer.from_pretrained(folder)
    assert composer.pipeline.score_map == MAP
    places = composer.place(scene(), cutout())
    for placement in places.placements:
        on_canvas = places.lattice.letterbox.box_to_canvas(placement.box_cxcywh)
        assert placement.score == pytest.approx(composer.pipeline.score(places.lattice, on_canvas))
        assert 0 < placement.score < 1


def test_a_place_given_by_hand_has_a_score_too(folder):
    publish_score(MAP, folder)
    (composite,) = Composer.from_pretrained(folder)(scene(), cutout(), box_xywh_px=(30.0, 20.0, 40.0, 30.0))
    assert composite.placement.probability is None
    assert 0 < composite.placement.score < 1


def test_constraints_raise_probabilities_but_no_scores(folder):
    publish_score(MAP, folder)
    composer = Composer.from_pretrained(folder)
    free = composer.place(scene(), cutout(), top_k=1)
    (best,) = free.placements
    height_px = best.box_xywh_px((96, 64))[3]
    tight = PlacementConstraints(min_height=Extent(height_px - 2, "px"), max_height=Extent(height_px + 2, "px"))
    held = composer.place(scene(), cutout(), top_k=1, constraints=tight)
    assert held.lattice.kept < 0.6
    assert held.placements[0].probability > best.probability
    on_canvas = free.lattice.letterbox.box_to_canvas(held.placements[0].box_cxcywh)
    assert held.placements[0].score == pytest.approx(composer.pipeline.score(free.lattice, on_canvas), abs=1e-4)


@pytest.mark.parametrize("content", ["{", "[]", '{"log_density": [1, 0], "chance": [0, 1]}', '{"chance": [0.5]}'])
def test_damaged_scores_are_named(folder, content):
    (folder / "score.json").write_text(content)
    with pytest.raises(ModelFileError, match="is damaged"):
        Composer.from_pretrained(folder)


def test_an_object_too_wide_for_any_place_can_be_put_by_hand(folder):
    for with_score in (False, True):
        if with_score:
            publish_score(MAP, folder)
        composer = Composer.from_pretrained(folder)
        (composite,) = composer(scene(120, 1000), cutout(200, 10), box_xywh_px=(10.0, 500.0, 100.0, 20.0))
        assert (composite.placement.score is not None) == with_score
