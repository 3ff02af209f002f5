"""Triples at rest: what is written is read back, and what is damaged is named."""

import json
import tarfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from situate.data.members import Member
from situate.data.png import decode_png, encode_png
from situate.data.store import TripleStore
from situate.data.writer import TripleWriter
from situate.errors import DataError, OutputError
from situate.records.triple import Triple

PICTURES = ("background", "composite", "foreground", "visible_alpha", "effect", "hole")
COMMAND_FOR_NEW_DATA = "situate data scenes"


def make_triple(key: str = "scene-0", *, seed: int = 0, has_hole: bool = False) -> Triple:
    """A triple of noise pictures, 12 x 16 pixels."""
    generator = np.random.default_rng(seed)

    def noise(*shape: int) -> np.ndarray:
        return generator.integers(0, 256, shape, dtype=np.uint8)

    return Triple(
        key=key,
        group=f"group-{seed}",
        source="scenes",
        kind="cone",
        background=noise(12, 16, 3),
        composite=noise(12, 16, 3),
        foreground=noise(5, 7, 4),
        visible_alpha=noise(12, 16),
        effect=noise(12, 16),
        hole=noise(12, 16) if has_hole else np.zeros((12, 16), np.uint8),
        box_cxcywh=(0.5, 0.25, 0.125, 0.0625),
    )


def write_data_set(folder, triples, **settings) -> TripleStore:
    with TripleWriter(folder, **settings) as writer:
        for triple in triples:
            writer.write(triple)
        writer.finish({"source": "scenes", "seed": 3})
    return TripleStore(folder)


def assert_same(left: Triple, right: Triple) -> None:
    for field in PICTURES:
        np.testing.assert_array_equal(getattr(left, field), getattr(right, field), err_msg=field)
    assert (left.key, left.group, left.source, left.kind) == (right.key, right.group, right.source, right.kind)
    assert left.box_cxcywh == pytest.approx(right.box_cxcywh, abs=1e-7)


@given(
    arrays.arrays(
        np.uint8,
        st.one_of(
            st.tuples(st.integers(1, 9), st.integers(1, 9)),
            st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([3, 4])),
        ),
    )
)
def test_pixels_survive_png(pixels):
    decoded = decode_png(encode_png(pixels))
    assert decoded is not None
    np.testing.assert_array_equal(decoded, pixels)


def test_png_stores_red_as_red(tmp_path):
    from PIL import Image

    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 255
    (tmp_path / "red.png").write_bytes(encode_png(red))
    with Image.open(tmp_path / "red.png") as picture:
        assert picture.getpixel((0, 0)) == (255, 0, 0)


def test_pixels_under_zero_alpha_survive_png():
    pixels = np.full((3, 3, 4), 200, np.uint8)
    pixels[..., 3] = 0
    np.testing.assert_array_equal(decode_png(encode_png(pixels)), pixels)


def test_damaged_png_decodes_to_none():
    assert decode_png(encode_png(np.zeros((9, 9, 3), np.uint8))[:20]) is None


def test_triples_survive_the_disk(tmp_path):
    triples = [make_triple(f"scene-{seed}", seed=seed, has_hole=seed % 2 == 1) for seed in range(5)]
    store = write_data_set(tmp_path / "data", triples, triples_per_shard=2)
    assert len(store) == len(triples)
    assert store.description["seed"] == 3
    for written, read in zip(triples, store, strict=True):
        assert_same(written, read)
    assert_same(store[3], triples[3])


@given(
    box=st.tuples(*[st.floats(-1, 2)] * 4),
    kind=st.text(min_size=1),
    group=st.text(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_label_survives_the_disk(tmp_path_factory, box, kind, group):
    fields = {**vars(make_triple()), "box_cxcywh": box, "kind": kind, "group": group}
    store = write_data_set(tmp_path_factory.mktemp("labels"), [Triple(**fields)])
    assert_same(store[0], Triple(**fields))


def test_shards_are_filled_in_order(tmp_path):
    triples = [make_triple(f"scene-{seed}", seed=seed) for seed in range(5)]
    write_data_set(tmp_path, triples, triples_per_shard=2, first_shard=7)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "dataset.json",
        "index.json",
        "shard-00007.tar",
        "shard-00008.tar",
        "shard-00009.tar",
    ]


def test_same_triples_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_data_set(tmp_path / name, [make_triple()])
    assert (tmp_path / "a/shard-00000.tar").read_bytes() == (tmp_path / "b/shard-00000.tar").read_bytes()


def test_shards_can_be_read_with_any_tar(tmp_path):
    write_data_set(tmp_path, [make_triple(has_hole=True)])
    with tarfile.open(tmp_path / "shard-00000.tar") as tar:
        assert sorted(tar.getnames()) == [
            "scene-0.background.png",
            "scene-0.composite.png",
            "scene-0.effect.png",
            "scene-0.foreground.png",
            "scene-0.hole.png",
            "scene-0.json",
            "scene-0.visible.png",
        ]


def test_a_hole_without_pixels_takes_no_space(tmp_path):
    write_data_set(tmp_path, [make_triple()])
    with tarfile.open(tmp_path / "shard-00000.tar") as tar:
        assert "scene-0.hole.png" not in tar.getnames()


def test_an_error_while_writing_leaves_no_half_shard(tmp_path):
    def write_and_fail():
        with TripleWriter(tmp_path) as writer:
            writer.write(make_triple())
            raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError, match="power"):
        write_and_fail()
    assert list(tmp_path.iterdir()) == []


def test_a_shard_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "shard-00000.tar.partial").mkdir()

    def write():
        with TripleWriter(tmp_path) as writer:
            writer.write(make_triple())

    with pytest.raises(OutputError, match=r"shard-00000\.tar\.partial cannot be written"):
        write()


def test_an_error_while_writing_keeps_whole_shards_but_no_data_set(tmp_path):
    def write_and_fail():
        with TripleWriter(tmp_path, triples_per_shard=1) as writer:
            writer.write(make_triple("scene-0"))
            writer.write(make_triple("scene-1"))
            raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError, match="power"):
        write_and_fail()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shard-00000.tar", "shard-00001.tar"]
    with pytest.raises(DataError, match="no dataset.json"):
        TripleStore(tmp_path)


def test_a_folder_that_is_no_data_set_is_named(tmp_path):
    with pytest.raises(DataError, match=f"{tmp_path}.*{COMMAND_FOR_NEW_DATA}"):
        TripleStore(tmp_path)


def test_a_data_set_without_triples_is_named(tmp_path):
    with pytest.raises(DataError, match=f"holds no triples.*{COMMAND_FOR_NEW_DATA}"):
        write_data_set(tmp_path, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),  # cut off while copying
        (json.dumps({"format": "situate-triples-9"}), "this version reads"),  # from the future
        (json.dumps({}), "this version reads"),  # another program's file
    ],
)
def test_a_broken_description_is_named(tmp_path, text, message):
    write_data_set(tmp_path, [make_triple()])
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(DataError, match=rf"dataset\.json.*{message}"):
        TripleStore(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"no tar at all" * 100,  # another file under the shard's name
        b"",  # disk full while copying
    ],
)
def test_a_damaged_shard_is_named(tmp_path, content):
    write_data_set(tmp_path, [make_triple()])
    (tmp_path / "shard-00000.tar").write_bytes(content)
    with pytest.raises(DataError, match=r"shard-00000\.tar|no triples"):
        TripleStore(tmp_path)


def test_a_truncated_shard_is_named(tmp_path):
    write_data_set(tmp_path, [make_triple()])
    shard = tmp_path / "shard-00000.tar"
    shard.write_bytes(shard.read_bytes()[:1800])
    with pytest.raises(DataError, match="make the data set again"):
        list(TripleStore(tmp_path))


@pytest.mark.parametrize(
    "label",
    [
        b"[]",  # JSON, but no object
        b'{"group": "a"}',  # from another program
        b'{"group": "a", "source": "web", "kind": "b", "box_cxcywh": [0, 0, 1, 1]}',  # a source nobody can supervise
        b'{"group": "a", "source": "scenes", "kind": "b", "box_cxcywh": [0, 0, 1]}',  # a number got lost
        b'{"group": "a", "source": "scenes", "kind": "b", "box_cxcywh": [0, 0, 1, NaN]}',  # Python's JSON reads NaN
        b'{"group": "a", "source": "scenes", "kind": "b", "box_cxcywh": [0, 0, 1, 1], "patch_xy": [-3, 0]}',  # outside
        b'{"group": "a", "source": "scenes", "kind": "b", "box_cxcywh": [0, 0, 1, 1], "patch_xy": 7}',  # half a corner
        b'{"group": "a", "source": "scenes", "kind": "b", "box_cxcywh": [0, 0, 1, 1], "light": [1]}',  # not 30 numbers
    ],
)
def test_a_label_that_cannot_be_used_is_named(tmp_path, monkeypatch, label):
    write_data_set(tmp_path, [make_triple()])
    monkeypatch.setattr(Member, "read", lambda self: label)
    with pytest.raises(DataError, match=r"scene-0\.json.*make the data set again"):
        TripleStore(tmp_path)


def test_a_damaged_label_is_named(tmp_path):
    write_data_set(tmp_path, [make_triple()])
    shard = tmp_path / "shard-00000.tar"
    content = bytearray(shard.read_bytes())
    content[512:520] = b"\xff" * 8
    shard.write_bytes(content)
    with pytest.raises(DataError, match="scene-0"):
        TripleStore(tmp_path)


def test_a_damaged_picture_is_named_when_it_is_read(tmp_path):
    write_data_set(tmp_path, [make_triple()])
    shard = tmp_path / "shard-00000.tar"
    with tarfile.open(shard) as tar:
        offset = tar.getmember("scene-0.composite.png").offset_data
    content = bytearray(shard.read_bytes())
    content[offset : offset + 30] = bytes(30)
    shard.write_bytes(content)
    store = TripleStore(tmp_path)
    with pytest.raises(DataError, match=r"scene-0\.composite\.png cannot be decoded"):
        store[0]
