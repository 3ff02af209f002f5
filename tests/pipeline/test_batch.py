"""Several pairs at once give what each gives alone."""

import numpy as np
import pytest
from tests.pipeline.models import cutout, scene

from situate import Extent, PlacementConstraints
from situate.errors import InputError, PlacementError
from situate.pipeline.batch import Pair, composed
from situate.pipeline.inputs import cutout_from, scene_from
from situate.pipeline.options import Synthesis

BACKGROUNDS = [scene(96, 64), scene(50, 90), scene(128, 128)]
FOREGROUNDS = [cutout(), cutout(20, 30), cutout(60, 15)]


def difference(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


@pytest.mark.parametrize("batch_size", [1, 2, 8])
def test_a_batch_gives_what_each_pair_gives_alone(composer, batch_size):
    made = list(composer.compose_batch(BACKGROUNDS, FOREGROUNDS, seeds=[5, 6, 7], batch_size=batch_size))
    for background, foreground, seed, (together,) in zip(BACKGROUNDS, FOREGROUNDS, [5, 6, 7], made, strict=True):
        (alone,) = composer(background, foreground, seed=seed)
        assert together.box_xywh_px == pytest.approx(alone.box_xywh_px, abs=0.05)
        assert together.seed == seed
        assert difference(together.picture.pixels, alone.picture.pixels) <= 1


def test_each_pair_has_as_many_places_as_were_asked_for(composer):
    made = list(composer.compose_batch(BACKGROUNDS, FOREGROUNDS, top_k=2))
    assert [len(composites) for composites in made] == [2, 2, 2]
    boxes = [composite.box_xywh_px for composites in made for composite in composites]
    assert len(set(boxes)) == 6


@pytest.mark.parametrize("batch_size", [1, 8])
def test_pictures_before_one_that_cannot_be_read_are_composed(composer, tmp_path, batch_size):
    made = composer.compose_batch([BACKGROUNDS[0], tmp_path / "missing.png"], FOREGROUNDS[:2], batch_size=batch_size)
    assert len(next(made)) == 1
    with pytest.raises(InputError, match="does not exist"):
        next(made)


def test_a_pair_without_a_place_does_not_stop_the_others(composer):
    impossible = PlacementConstraints(min_height=Extent(900.0, "px"))
    pairs = [
        Pair(scene_from(background), cutout_from(foreground), constraints=constraints)
        for background, foreground, constraints in zip(BACKGROUNDS, FOREGROUNDS, (None, impossible, None), strict=True)
    ]
    first, second, third = composed(composer.pipeline, pairs, Synthesis(), 1, composer.model_fingerprint)
    assert isinstance(second, PlacementError)
    for index, made in ((0, first), (2, third)):
        (alone,) = composer(BACKGROUNDS[index], FOREGROUNDS[index])
        assert difference(made[0].picture.pixels, alone.picture.pixels) <= 1


def test_only_pairs_without_a_place_make_nothing(composer):
    pair = Pair(scene_from(scene()), cutout_from(cutout()), box_xywh_px=(500.0, 500.0, 10.0, 10.0))
    (only,) = composed(composer.pipeline, [pair], Synthesis(), 1, composer.model_fingerprint)
    assert isinstance(only, InputError)


@pytest.mark.parametrize(("count", "batch_size"), [(2, 8), (3, 0)])
def test_lists_that_do_not_fit_are_refused_before_any_work(composer, count, batch_size):
    with pytest.raises(InputError, match=f"3 backgrounds, {count} foregrounds and 3 seeds in batches of {batch_size}"):
        composer.compose_batch(BACKGROUNDS, FOREGROUNDS[:count], batch_size=batch_size)
