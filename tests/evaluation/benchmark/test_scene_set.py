"""Test sets: the published one is what its hash says."""

import json
from dataclasses import replace
from typing import get_args

import pytest
from tests.data.scenes.test_build import CONFIG

from situate.data.scenes.build import build_scene_triples
from situate.data.store import TripleStore
from situate.errors import DataError, InputError
from situate.evaluation.benchmark.scene_set import (
    TestSet,
    digest_of,
    frozen_set,
    published_set,
    set_of_folder,
    sha256_of,
)

NUM_SCENES = {"primitives": 500, "worlds": 500, "worlds-seen": 200}


def test_every_published_set_is_known():
    assert set(NUM_SCENES) == set(get_args(TestSet))


@pytest.mark.parametrize(("name", "num_scenes"), NUM_SCENES.items())
def test_a_published_set_has_its_scenes_and_its_hash(name, num_scenes, tmp_path):
    published = published_set(name, assets=tmp_path)
    assert len(published.groups) == len(published.digests) == len(set(published.groups)) == num_scenes
    content = {
        "config": published.config.model_dump(mode="json", exclude={"encoding"}),
        "groups": list(published.groups),
        "worlds": list(published.digests),
    }
    assert sha256_of(content) == published.sha256


def test_this_version_draws_the_published_worlds():
    # After the generator has changed on purpose: benchmarks/freeze_test_set.py, and the new hash in docs/benchmark.md.
    published = published_set("primitives").first(3)
    for number in range(3):
        world, index = published.scene(number)
        assert published.is_as_published(number, world)
        assert 0 <= index < len(world.things)


def test_freezing_gives_the_same_again_and_notices_another_world():
    published = published_set("primitives")
    frozen = frozen_set("primitives", published.config, 2, 50)
    assert frozen["groups"] == list(published.groups[:2])
    assert frozen["worlds"] == list(published.digests[:2])
    world, _ = published.scene(0)
    other, _ = published.scene(1)
    assert digest_of(world) != digest_of(other)


def test_the_worlds_to_compare_differ_in_models_seed_and_number_only(tmp_path):
    unseen, seen = (published_set(name, assets=tmp_path).config for name in ("worlds", "worlds-seen"))
    assert (unseen.models, seen.models) == ("test", "train")
    other = {"models": unseen.models, "seed": unseen.seed, "num_triples": unseen.num_triples}
    assert seen.seed != unseen.seed
    assert seen.model_copy(update=other) == unseen


def test_sets_that_share_scenes_say_so(scenes):
    def drawn_as(**changes) -> str:
        return replace(scenes, config=scenes.config.model_copy(update=changes)).draws_sha256

    assert scenes.first(1).draws_sha256 == drawn_as(num_triples=99) == drawn_as(encoding="webp") == drawn_as()
    assert drawn_as(seed=2) != drawn_as()


@pytest.mark.parametrize("limit", [0, -1])
def test_no_scenes_are_refused(limit):
    with pytest.raises(InputError, match="at least 1"):
        published_set("primitives").first(limit)


def test_a_limit_beyond_the_set_keeps_all():
    assert len(published_set("primitives").first(10_000).groups) == 500


def test_the_scenes_of_a_folder_are_those_behind_its_triples(tmp_path):
    pytest.importorskip("mitsuba", reason="needs the extra 'scenes'")
    build_scene_triples(CONFIG, tmp_path / "made")
    store = TripleStore(tmp_path / "made")
    scenes = set_of_folder(tmp_path / "made", store.keys)
    assert scenes.config == CONFIG
    for number, group in enumerate(scenes.groups):
        triple = store[next(k for k, key in enumerate(store.keys) if key.startswith(group))]
        oracle = scenes.oracle(number)
        assert triple.kind == oracle.thing.kind
        # The cut-out's box is measured on a render, the oracle's is computed.
        assert oracle.true_box_cxcywh == pytest.approx(triple.box_cxcywh, abs=1.2 / CONFIG.size_px)
        assert oracle.plausible(triple.box_cxcywh).is_plausible


def test_a_folder_without_a_config_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="--suite triples"):
        set_of_folder(tmp_path, [])
    (tmp_path / "scenes.json").write_text(json.dumps(CONFIG.model_dump(mode="json")))
    assert set_of_folder(tmp_path, ["scene00000001-2", "scene00000001-3"]).indices == (2,)
