"""Pairs of a cut-out and another photograph are drawn by the seed, and no photograph serves twice."""

from dataclasses import replace

import pytest
from photographs import drawn_pairs, image_id_of
from tests.synthetic import synthetic_triple

from situate.data.store import TripleStore
from situate.data.writer import TripleWriter
from situate.errors import InputError


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    with TripleWriter(folder, triples_per_shard=16) as writer:
        for number in range(12):
            key = f"image{number // 2}-object{number}"
            kind = "box" if number == 0 else "ball"
            writer.write(replace(synthetic_triple(number), key=key, group=str(number // 2), kind=kind))
        writer.finish({"source": "scenes", "seed": 0, "num_triples": 12, "kinds": {"ball": 11, "box": 1}})
    return TripleStore(folder)


def test_objects_go_into_other_photographs_of_their_kind(store):
    pairs = drawn_pairs(store, num=6, max_per_kind=6, min_side_px=1, seed=0)
    assert len({image_id_of(pair.background_key) for pair in pairs}) == 6
    for pair in pairs:
        assert pair.kind == "ball"
        assert store.keys[pair.number] == pair.foreground_key
        assert image_id_of(pair.foreground_key) != image_id_of(pair.background_key)
    assert pairs == drawn_pairs(store, num=6, max_per_kind=6, min_side_px=1, seed=0)
    assert pairs != drawn_pairs(store, num=6, max_per_kind=6, min_side_px=1, seed=1)


def test_too_few_pairs_are_an_error(store):
    with pytest.raises(InputError, match="2 of 6 pairs can be drawn"):
        drawn_pairs(store, num=6, max_per_kind=2, min_side_px=1, seed=0)
    with pytest.raises(InputError, match="0 of 1 pairs can be drawn"):
        drawn_pairs(store, num=1, max_per_kind=2, min_side_px=1000, seed=0)
