"""Which files are a data set's own, and what says that a folder is one."""

import pytest

from situate.data.description import is_marked, is_own_name, mark_unfinished, write_description

OWN = (
    "dataset.json",
    "index.json",
    "metadata.jsonl",
    "errors.jsonl",
    "scenes.json",
    "ATTRIBUTION.md",
    "shard-00000.tar",
    "shard-123456.json",
)


@pytest.mark.parametrize("name", OWN)
def test_own_files_are_known_whole_and_half_written(name):
    assert is_own_name(name)
    assert is_own_name(f"{name}.partial")


@pytest.mark.parametrize(
    "name",
    [
        "thesis.tex",
        "thesis.tex.partial",  # of another program
        "shard-of-glass.json",
        "shard-00000.tar.gz",
        "my-dataset.json",
        "images",
        ".partial",
        "",
    ],
)
def test_other_files_are_not(name):
    assert not is_own_name(name)


def test_a_folder_is_marked_while_it_is_written_and_when_it_is_whole(tmp_path):
    assert not is_marked(tmp_path)
    mark_unfinished(tmp_path)
    assert is_marked(tmp_path)
    write_description(tmp_path, {"source": "scenes"})
    assert is_marked(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dataset.json", "index.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"format": "other"}'])
def test_what_others_call_so_marks_nothing(tmp_path, content):
    (tmp_path / "dataset.json").write_bytes(content)
    assert not is_marked(tmp_path)
