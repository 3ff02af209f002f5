"""How rendered scenes are stored small: of the composite, what the effect shows."""

import errno
import os
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from tests.data.test_store import PICTURES, assert_same, make_triple, write_data_set

from situate.data import shard_writer
from situate.data.png import decode_png
from situate.data.store import TripleStore
from situate.data.webp import encode_webp
from situate.data.writer import TripleWriter, is_patched, patch_of
from situate.errors import DataError, OutputError
from situate.records.triple import Triple

LIGHT = np.linspace(-2, 2, 30, dtype=np.float32).reshape(2, 5, 3)


def scene(count: int = 3) -> list[Triple]:
    """Triples whose composite is the background but for the effect."""
    made = []
    for index in range(count):
        triple = make_triple(f"scene-{index}", seed=index)
        effect = np.zeros_like(triple.effect)
        effect[2 + index : 7 + index, 3:9] = 255
        effect[4 + index, 5] = 0
        composite = np.where(effect[..., None] > 0, triple.composite, triple.background)
        made.append(replace(triple, composite=composite, effect=effect))
    return made


def names_in(store: TripleStore) -> list[str]:
    with tarfile.open(store.folder / "shard-00000.tar") as tar:
        return tar.getnames()


def test_of_a_scenes_composite_a_patch_is_stored(tmp_path):
    store = write_data_set(tmp_path, scene())
    assert not [name for name in names_in(store) if ".composite." in name]
    for written, read in zip(scene(), store, strict=True):
        assert_same(written, read)


def test_an_effect_that_is_empty_needs_no_patch(tmp_path):
    triple = scene()[0]
    triple = replace(triple, effect=np.zeros_like(triple.effect), composite=triple.background)
    assert_same(write_data_set(tmp_path, [triple])[0], triple)


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
    store = write_data_set(tmp_path, [triple], encoding="webp")
    assert "scene-0.composite.webp" in names_in(store)
    assert_same(store[0], triple)


def test_webp_keeps_everything_but_the_background(tmp_path):
    smooth = [replace(triple, background=np.full_like(triple.background, 120), light=LIGHT) for triple in scene()]
    triples = [
        replace(one, composite=np.where(one.effect[..., None] > 0, one.composite, one.background)) for one in smooth
    ]
    store = write_data_set(tmp_path, triples, encoding="webp")
    for written, read in zip(triples, store, strict=True):
        for field in set(PICTURES) - {"background", "composite"}:
            np.testing.assert_array_equal(getattr(read, field), getattr(written, field), err_msg=field)
        is_shown = written.effect > 0
        np.testing.assert_array_equal(read.composite[is_shown], written.composite[is_shown])
        np.testing.assert_array_equal(read.composite[~is_shown], read.background[~is_shown])
        assert np.abs(read.background.astype(int) - written.background).max() <= 2
        np.testing.assert_allclose(read.light, LIGHT, atol=1e-4)


def test_a_lossy_background_does_not_tell_where_the_object_was(tmp_path):
    """Two triples that differ in the effect and the composite only have the same background, byte for byte."""
    first, second = scene(2)
    second = replace(second, background=first.background)
    second = replace(second, composite=np.where(second.effect[..., None] > 0, second.composite, second.background))
    store = write_data_set(tmp_path, [first, second], encoding="webp")
    np.testing.assert_array_equal(store[0].background, store[1].background)


@pytest.mark.parametrize("channels", [3, 4])
def test_webp_is_lossless_without_a_quality(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    np.testing.assert_array_equal(decode_png(encode_webp(pixels)), pixels)
    assert len(encode_webp(pixels, 50)) < len(encode_webp(pixels))


def test_photographs_have_the_same_files_whether_or_not_there_is_a_hole(tmp_path):
    triples = [replace(make_triple(f"p-{n}", seed=n, has_hole=n > 0), source="photos") for n in range(2)]
    store = write_data_set(tmp_path, triples)
    suffixes = [{name.partition(".")[2] for name in names_in(store) if name.startswith(key)} for key in store.keys]
    assert suffixes[0] == suffixes[1]
    assert "hole.png" in suffixes[0]


def test_pictures_that_a_triple_lacks_can_be_stored_as_one_black_pixel(tmp_path):
    pictures = ("composite", "decoys", "hole", "support")
    store = write_data_set(tmp_path, scene(1), pictures=pictures)
    assert {f"scene-0.{suffix}.png" for suffix in pictures} <= set(names_in(store))
    assert (store[0].decoys, store[0].support) == (None, None)
    assert_same(store[0], scene(1)[0])


def test_an_opaque_foreground_keeps_its_alpha_channel_as_webp(tmp_path):
    triple = scene()[0]
    opaque = triple.foreground.copy()
    opaque[..., 3] = 255
    store = write_data_set(tmp_path, [replace(triple, foreground=opaque)], encoding="webp")
    np.testing.assert_array_equal(store[0].foreground, opaque)


def test_a_patch_covers_just_what_is_shown():
    triple = scene()[1]
    patch, (left, top) = patch_of(triple.composite, triple.effect)
    assert (left, top, *patch.shape) == (3, 3, 5, 6, 3)
    assert (patch[2, 2] == 0).all(), "the hole in the effect shows the background"


def test_a_missing_patch_is_named(tmp_path):
    store = write_data_set(tmp_path, scene())
    del store._members["scene-0"]["patch.png"]
    with pytest.raises(DataError, match="scene-0.*patch.*make the data set again"):
        _ = store[0]


def test_pictures_of_different_sizes_are_named(tmp_path):
    store = write_data_set(tmp_path, scene())
    store.labels[0]["patch_xy"] = [14, 0]
    with pytest.raises(DataError, match="do not fit together"):
        _ = store[0]


def test_the_disk_holds_a_shard_before_it_gets_its_name(tmp_path, monkeypatch):
    """A power cut between the two would leave an empty shard beside a report that calls it whole."""
    seen = []
    fsync, replace_file = os.fsync, os.replace

    def watched_fsync(number):
        seen.append(("on disk", os.fstat(number).st_size))
        fsync(number)

    def watched_replace(source, target):
        seen.append(("named", source.stat().st_size))
        replace_file(source, target)

    monkeypatch.setattr(shard_writer.os, "fsync", watched_fsync)
    monkeypatch.setattr(shard_writer.os, "replace", watched_replace)
    with TripleWriter(tmp_path) as writer:
        writer.write(scene()[0])
    size = (tmp_path / "shard-00000.tar").stat().st_size
    assert seen == [("on disk", size), ("named", size)]


def test_a_full_disk_is_named_and_no_shard_is_left(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "addfile", full)
    with (
        pytest.raises(OutputError, match=r"shard-00000.*cannot be written \(No space left on device\); free some"),
        TripleWriter(tmp_path) as writer,
    ):
        writer.write(scene()[0])
    assert list(tmp_path.iterdir()) == []
