"""The folder layout: what is written as files is read back, and what is damaged is named."""

import json

import pytest
from tests.data.sets.triples import assert_identical, photo, scene

from situate.data import folder_writer
from situate.data.folder_layout import metadata_lines, picture_path, row_of
from situate.data.folder_writer import FolderWriter
from situate.data.store import TripleStore
from situate.errors import DataError


def written(folder, triples) -> TripleStore:
    writer = FolderWriter(folder)
    for triple in triples:
        writer.write(triple)
    writer.finish({"source": "mixed"})
    return TripleStore(folder)


def test_triples_survive_the_folder_layout(tmp_path):
    triples = [scene(0), scene(1), photo(0), photo(1, quality=None, has_hole=False)]
    store = written(tmp_path, triples)
    assert store.layout == "folder"
    assert sorted(store.keys) == sorted(triple.key for triple in triples)
    for triple in triples:
        assert_identical(store[store.keys.index(triple.key)], triple)


def test_the_disk_holds_the_metadata_before_the_data_set_is_readable(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        folder_writer, "sync", lambda path: seen.append((path.name, (tmp_path / "dataset.json").exists()))
    )
    written(tmp_path, [scene(0)])
    assert seen == [("metadata.jsonl", False)]


def test_every_line_has_the_same_columns_and_no_column_is_always_empty(tmp_path):
    written(tmp_path, [scene(0), scene(1)])
    rows = [json.loads(line) for line in (tmp_path / "metadata.jsonl").read_text().splitlines()]
    assert rows[0].keys() == rows[1].keys()
    assert "quality" not in rows[0]
    assert "hole_file_name" not in rows[0]
    assert rows[0]["file_name"] == "images/scene-0.composite.png"
    assert json.loads(rows[0]["truth"])["world"] == "street"


def test_the_first_lines_show_every_column():
    rows = [row_of(f"k{n}", {"group": "g", "quality": 0.5 if n == 7 else None}, ["composite"]) for n in range(9)]
    lines = [json.loads(line)["key"] for line in metadata_lines(rows)]
    assert lines == ["k0", "k7", "k1", "k2", "k3", "k4", "k5", "k6", "k8"]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("scene-0", "scene-0"),
        ("train-0", "trainq-0"),  # `datasets` takes these words for names of splits
        ("a_val_test", "a_valq_testq"),
        ("trainq-0", "trainqq-0"),  # two keys never share a file
        ("training", "trainingq"),
        ("constrain-7", "constrain-7"),  # part of a word
    ],
)
def test_file_names_do_not_look_like_splits(key, name):
    assert picture_path(key, "effect") == f"images/{name}.effect.png"


def changed(folder, **fields) -> None:
    path = folder / "metadata.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps({**row, **fields}) + "\n" for row in rows))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source": "web"}, "has the source 'web'"),
        ({"box_cxcywh": [0, 0, 1]}, "is not four numbers"),
        ({"truth": "{"}, "is damaged"),
        ({"truth": 7}, "is damaged"),
        ({"effect_file_name": "../secret.png"}, r"names the file '\.\./secret\.png', which is not inside"),
        ({"effect_file_name": "/etc/passwd"}, "not inside"),
        ({"effect_file_name": 7}, "names the file 7"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path, fields, message):
    written(tmp_path, [scene(0)])
    changed(tmp_path, **fields)
    with pytest.raises(DataError, match=rf"metadata\.jsonl:1 .*{message}"):
        TripleStore(tmp_path)


def test_a_key_that_occurs_twice_is_named(tmp_path):
    written(tmp_path, [scene(0), scene(1)])
    changed(tmp_path, key="same")
    with pytest.raises(DataError, match=r"metadata\.jsonl:2: key same occurs twice"):
        TripleStore(tmp_path)


@pytest.mark.parametrize("text", ["{\n", "[]\n", "7\n", "{}\n"])
def test_a_line_that_is_no_row_is_named(tmp_path, text):
    written(tmp_path, [scene(0)])
    (tmp_path / "metadata.jsonl").write_text(text)
    with pytest.raises(DataError, match=r"metadata\.jsonl:1 is damaged"):
        TripleStore(tmp_path)


def test_metadata_that_is_no_text_is_named(tmp_path):
    written(tmp_path, [scene(0)])
    (tmp_path / "metadata.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"metadata\.jsonl is damaged"):
        TripleStore(tmp_path)


def test_a_missing_picture_is_named_when_it_is_read(tmp_path):
    store = written(tmp_path, [scene(0)])
    (tmp_path / "images/scene-0.composite.png").unlink()
    store = TripleStore(tmp_path)
    with pytest.raises(DataError, match=r"scene-0 has no composite\.png"):
        store[0]
