"""Parts of a data set: by group, stable, nothing re-encoded."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.sets.triples import assert_identical, scene, written

from situate.cli.app import main
from situate.data.sets.merge import merge
from situate.data.sets.split import parsed_parts, part_of, split
from situate.data.store import TripleStore
from situate.errors import DataError, InputError

PARTS = {"train": 0.6, "val": 0.2, "test": 0.2}


@pytest.fixture
def store(tmp_path):
    triples = [scene(number, group=f"world-{number // 2}") for number in range(40)]
    store = written(tmp_path / "set", triples, per_shard=16)
    (tmp_path / "set/ATTRIBUTION.md").write_text("# Models\n\nA car by A. B.\n")
    return store


def test_every_triple_is_in_one_part_as_it_was(store, tmp_path):
    counts = split(store.folder, tmp_path / "parts", PARTS)
    parts = {name: TripleStore(tmp_path / "parts" / name) for name in PARTS}
    assert {name: len(part) for name, part in parts.items()} == counts
    assert sorted(key for part in parts.values() for key in part.keys) == sorted(store.keys)
    for part in parts.values():
        for index, key in enumerate(part.keys):
            before = store.keys.index(key)
            assert_identical(part[index], store[before])
            assert {name: member.read() for name, member in part.files(index).items()} == {
                name: member.read() for name, member in store.files(before).items()
            }


def test_groups_stay_together(store, tmp_path):
    split(store.folder, tmp_path / "parts", PARTS)
    groups = [{label["group"] for label in TripleStore(tmp_path / "parts" / name).labels} for name in PARTS]
    assert sum(map(len, groups)) == len(set().union(*groups)) == 20


def test_a_part_keeps_the_creators_and_tells_where_it_comes_from(store, tmp_path):
    split(store.folder, tmp_path / "parts", PARTS, seed=4)
    description = TripleStore(tmp_path / "parts/val").description
    assert description["part"] == {"name": "val", "fraction": 0.2, "seed": 4}
    assert description["parent"]["config"] == {"size_px": 16}
    assert sum(description["kinds"].values()) == description["num_triples"]
    assert "A car by A. B." in (tmp_path / "parts/val/ATTRIBUTION.md").read_text()


def test_the_same_split_gives_the_same_bytes(store, tmp_path):
    for name in ("a", "b"):
        split(store.folder, tmp_path / name, PARTS)
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_the_folder_layout_is_split_into_folders(store, tmp_path):
    merge([store.folder], tmp_path / "pictures", layout="folder")
    split(tmp_path / "pictures", tmp_path / "parts", PARTS)
    part = TripleStore(tmp_path / "parts/train")
    assert part.layout == "folder"
    assert_identical(part[0], store[store.keys.index(part.keys[0])])


@given(st.text(), st.integers(0, 5))
def test_a_group_belongs_to_one_part_whatever_else_there_is(group, seed):
    part = part_of(group, PARTS, seed)
    assert part in PARTS
    assert part == part_of(group, PARTS, seed)
    # A part that takes more only takes from those behind it.
    if part == "train":
        assert part_of(group, {"train": 0.7, "val": 0.2}, seed) == "train"


def test_parts_are_about_as_large_as_asked():
    parts = [part_of(f"g{number}", PARTS, 0) for number in range(4000)]
    for name, fraction in PARTS.items():
        assert parts.count(name) / 4000 == pytest.approx(fraction, abs=0.03)


def test_what_is_missing_to_one_is_left_out():
    assert {part_of(f"g{number}", {"a": 0.1}, 0) for number in range(200)} == {"a", None}
    assert {part_of(f"g{number}", {"a": 0.1, "b": 0.2, "c": 0.7}, 0) for number in range(200)} == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train"], "is not a name and a fraction"),
        (["train=x"], "is not a name and a fraction"),
        (["train=0"], "is not a name and a fraction"),  # would be empty
        (["train=nan"], "is not a name and a fraction"),
        (["=0.5"], "is not a name and a fraction"),
        (["../out=0.5"], "is not a name and a fraction"),  # would be written elsewhere
        (["a=0.5", "a=0.5"], "is named twice"),
        (["a=0.8", "b=0.3"], "sum to 1.1, more than 1"),
        ([], "0 parts"),
    ],
)
def test_parts_that_make_no_sense_are_refused(words, message):
    with pytest.raises(InputError, match=message):
        parsed_parts(words)


def test_fractions_that_sum_to_one_are_taken():
    assert parsed_parts(["a=0.7", "b=0.2", "c=0.1"]) == {"a": 0.7, "b": 0.2, "c": 0.1}


def test_an_empty_part_is_refused_before_anything_is_written(store, tmp_path):
    with pytest.raises(DataError, match=r"no group falls into tiny \(20 groups in all\)"):
        split(store.folder, tmp_path / "parts", {"rest": 0.999, "tiny": 0.001})
    assert not (tmp_path / "parts").exists()


def test_nothing_is_written_over_unless_asked(store, tmp_path):
    split(store.folder, tmp_path / "parts", PARTS)
    before = (tmp_path / "parts/train/index.json").read_bytes()
    with pytest.raises(InputError, match="not empty"):
        split(store.folder, tmp_path / "parts", PARTS, seed=1)
    assert (tmp_path / "parts/train/index.json").read_bytes() == before
    split(store.folder, tmp_path / "parts", PARTS, seed=1, overwrite=True)
    assert (tmp_path / "parts/train/index.json").read_bytes() != before


def test_nothing_is_written_if_one_part_cannot_be(store, tmp_path):
    (tmp_path / "parts/test").mkdir(parents=True)
    (tmp_path / "parts/test/diary.txt").write_text("mine")
    with pytest.raises(InputError, match=r"diary\.txt, which is no part of a data set"):
        split(store.folder, tmp_path / "parts", PARTS, overwrite=True)
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["test"]


def test_the_command_splits(store, tmp_path, capsys):
    words = ["data", "split", str(store.folder), str(tmp_path / "parts"), "--parts", "train=0.5", "val=0.5"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "train: " in printed
    assert printed.count("(asked for 50.0%)") == 2
    assert json.loads((tmp_path / "parts/val/dataset.json").read_text())["part"]["fraction"] == 0.5
    assert main(words) == 2
    assert main([*words, "--overwrite"]) == 0


def test_a_split_into_its_own_source_is_refused(store):
    before = sorted(path.name for path in store.folder.iterdir())
    with pytest.raises(InputError, match="is the data set that is split"):
        split(store.folder, store.folder, PARTS)
    assert sorted(path.name for path in store.folder.iterdir()) == before


def test_parts_of_an_earlier_split_are_not_left_beside_new_ones(store, tmp_path):
    """Groups of `test` would be in the new `val` too."""
    split(store.folder, tmp_path / "parts", PARTS)
    with pytest.raises(InputError, match="holds another part, test, whose groups"):
        split(store.folder, tmp_path / "parts", {"train": 0.5, "val": 0.5}, overwrite=True)
