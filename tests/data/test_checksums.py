"""The index beside a data set tells how its files were when it was finished."""

import hashlib
import json

import pytest
from tests.data.sets.triples import scene, written

from situate.data.checksums import read_index, write_index
from situate.data.description import write_description
from situate.errors import DataError


def test_the_index_is_one_of_wids_with_checksums(tmp_path):
    written(tmp_path, [scene(number) for number in range(6)])
    index = json.loads((tmp_path / "index.json").read_text())
    assert (index["__kind__"], index["wids_version"]) == ("wids-shard-index-v1", 1)
    assert [(shard["url"], shard["nsamples"]) for shard in index["shardlist"]] == [
        ("shard-00000.tar", 4),
        ("shard-00001.tar", 2),
    ]
    for shard in index["shardlist"]:
        content = (tmp_path / shard["url"]).read_bytes()
        assert (shard["filesize"], shard["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_the_same_data_set_has_the_same_index(tmp_path):
    for name in ("a", "b"):
        written(tmp_path / name, [scene(number) for number in range(6)])
    assert (tmp_path / "a/index.json").read_bytes() == (tmp_path / "b/index.json").read_bytes()
    before = (tmp_path / "a/index.json").read_bytes()
    write_index(tmp_path / "a")
    assert (tmp_path / "a/index.json").read_bytes() == before


def test_a_data_set_is_not_readable_before_its_index_is_there(tmp_path):
    written(tmp_path / "set", [scene(0)])
    (tmp_path / "set/dataset.json").unlink()
    (tmp_path / "set/shard-00000.tar").write_bytes(b"damaged" * 100)
    with pytest.raises(DataError, match=r"shard-00000\.tar is damaged"):
        write_description(tmp_path / "set", {})
    assert not (tmp_path / "set/dataset.json").exists()


def test_a_data_set_without_an_index_is_an_old_one(tmp_path):
    assert read_index(tmp_path) is None


@pytest.mark.parametrize(
    "text",
    [
        "{",  # cut off
        "[]",  # JSON, but no index
        "{}",  # no list
        '{"shardlist": [{"url": "a"}]}',  # no size
    ],
)
def test_a_damaged_index_is_named(tmp_path, text):
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(DataError, match=r"index\.json is damaged.*remove it"):
        read_index(tmp_path)
