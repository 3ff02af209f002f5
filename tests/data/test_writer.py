"""How rendered scenes are stored small: what their triples share lies in a shard once."""

import tarfile
from dataclasses import replace

import numpy as np
import pytest
from tests.data.test_store import PICTURES, assert_same, make_triple, write_data_set

from situate.data.png import decode_png
from situate.data.store import TripleStore
from situate.data.webp import encode_webp
from situate.data.writer import is_patched, patch_of
from situate.errors import DataError
from situate.records.triple import Triple

LIGHT = np.linspace(-2, 2, 30, dtype=np.float32).reshape(2, 5, 3)


def scene(number: int = 0, count: int = 3, seed: int = 0) -> list[Triple]:
    """Triples of one scene: one composite, backgrounds that differ from it inside their effects."""
    triples = [make_triple(f"scene{number}-{index}", seed=10 * seed + index) for index in range(count)]
    composite = triples[0].composite
    made = []
    for index, triple in enumerate(triples):
        effect = np.zeros_like(triple.effect)
        effect[2 + index : 7 + index, 3:9] = 255
        effect[4 + index, 5] = 0
        background = np.where(effect[..., None] > 0, triple.background, composite)
        made.append(replace(triple, group=f"s{number}", composite=composite, effect=effect, background=background))
    return made


def names_in(store: TripleStore) -> list[str]:
    with tarfile.open(store.folder / "shard-00000.tar") as tar:
        return tar.getnames()


def test_a_scenes_composite_is_stored_once(tmp_path):
    store = write_data_set(tmp_path, [*scene(0), *scene(1, seed=1)])
    names = names_in(store)
    assert len([name for name in names if name.startswith("composite-")]) == 2
    assert not [name for name in names if ".background." in name or ".composite." in name]
    for written, read in zip([*scene(0), *scene(1, seed=1)], store, strict=True):
        assert_same(written, read)


def test_an_effect_that_is_empty_needs_no_patch(tmp_path):
    triple = scene()[0]
    triple = replace(triple, effect=np.zeros_like(triple.effect), background=triple.composite)
    assert_same(write_data_set(tmp_path, [triple])[0], triple)


def test_a_shard_of_its_own_has_a_composite_of_its_own(tmp_path):
    triples = scene(count=3)
    for written, read in zip(triples, write_data_set(tmp_path, triples, triples_per_shard=1), strict=True):
        assert_same(written, read)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"source": "photos"}, "an inpainted background differs from the photograph by more than the object"),
        ({"background": make_triple(seed=99).background}, "noise outside the effect would be lost"),
    ],
)
def test_other_triples_are_stored_whole(tmp_path, change, why):
    triple = replace(scene()[0], **change)
    assert not is_patched(triple), why
    store = write_data_set(tmp_path, [triple])
    assert "scene0-0.background.png" in names_in(store)
    assert_same(store[0], triple)


def test_webp_keeps_everything_but_the_shared_composite(tmp_path):
    flat = [replace(triple, composite=np.full_like(triple.composite, 120)) for triple in scene()]
    triples = [
        replace(one, background=np.where(one.effect[..., None] > 0, one.background, one.composite), light=LIGHT)
        for one in flat
    ]
    store = write_data_set(tmp_path, triples, encoding="webp")
    for written, read in zip(triples, store, strict=True):
        for field in set(PICTURES) - {"background", "composite"}:
            np.testing.assert_array_equal(getattr(read, field), getattr(written, field), err_msg=field)
        hidden = written.effect > 0
        np.testing.assert_array_equal(read.background[hidden], written.background[hidden])
        np.testing.assert_array_equal(read.background[~hidden], read.composite[~hidden])
        assert np.abs(read.composite.astype(int) - written.composite).max() <= 2
        np.testing.assert_allclose(read.light, LIGHT, atol=1e-4)


@pytest.mark.parametrize("channels", [3, 4])
def test_webp_is_lossless_without_a_quality(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    np.testing.assert_array_equal(decode_png(encode_webp(pixels)), pixels)
    assert len(encode_webp(pixels, 50)) < len(encode_webp(pixels))


def test_an_opaque_foreground_keeps_its_alpha_channel_as_webp(tmp_path):
    triple = scene()[0]
    opaque = triple.foreground.copy()
    opaque[..., 3] = 255
    store = write_data_set(tmp_path, [replace(triple, foreground=opaque)], encoding="webp")
    np.testing.assert_array_equal(store[0].foreground, opaque)


def test_a_patch_covers_just_what_is_hidden():
    triple = scene()[1]
    patch, (left, top) = patch_of(triple.background, triple.effect)
    assert (left, top, *patch.shape) == (3, 3, 5, 6, 3)
    assert (patch[2, 2] == 0).all(), "the hole in the effect shows the composite"


def test_a_missing_composite_is_named(tmp_path):
    store = write_data_set(tmp_path, scene())
    for key in [key for key in store._members if key.startswith("composite-")]:
        del store._members[key]
    with pytest.raises(DataError, match="composite-.*make the data set again"):
        _ = store[0]


def test_pictures_of_different_sizes_are_named(tmp_path):
    store = write_data_set(tmp_path, scene())
    store.labels[0]["patch_xy"] = [14, 0]
    with pytest.raises(DataError, match="do not fit together"):
        _ = store[0]
