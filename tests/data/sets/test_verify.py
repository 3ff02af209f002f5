"""What is damaged is found and named; what is whole is called whole."""

import json
import shutil
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from tests.data.sets.triples import photo, scene, written

from situate.cli.app import main
from situate.data.checksums import write_index
from situate.data.sets.checks import problems_of
from situate.data.sets.merge import merge
from situate.data.sets.split import split
from situate.data.sets.verify import verify
from situate.data.shard_writer import ShardWriter
from situate.data.starter import starter_set


@pytest.fixture
def folder(tmp_path):
    written(tmp_path / "set", [scene(number) for number in range(6)])
    return tmp_path / "set"


@pytest.fixture
def pictures(folder, tmp_path):
    merge([folder], tmp_path / "pictures", layout="folder")
    return tmp_path / "pictures"


def problems(folder) -> list[str]:
    return [str(problem) for problem in verify(folder).problems]


def test_a_whole_data_set_has_no_problems(folder, pictures):
    for one, num_files in ((folder, 2), (pictures, 43)):
        found = verify(one)
        assert (found.num_files, found.num_triples, len(found.groups), found.has_checksums) == (num_files, 6, 6, True)
        assert found.problems == ()


def test_the_starter_set_is_whole_and_older_than_checksums():
    found = verify(starter_set("test"))
    assert (found.has_checksums, found.problems) == (False, ())


def flip(path, offset) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 0xFF
    path.write_bytes(content)


def test_one_flipped_byte_is_found(folder):
    # Padding behind the last file: nothing but the checksum can tell.
    flip(folder / "shard-00001.tar", -1)
    (problem,) = problems(folder)
    assert "shard-00001.tar: has the SHA-256" in problem
    assert "copy it again" in problem


def test_a_flipped_byte_of_a_file_is_found(pictures):
    flip(pictures / "images/scene-3.effect.png", -20)
    assert "scene-3.effect.png: has the SHA-256" in problems(pictures)[0]


def test_missing_and_foreign_shards_are_named(folder):
    shutil.move(folder / "shard-00001.tar", folder / "shard-00007.tar")
    first, second = problems(folder)
    assert "shard-00001.tar: is missing, though index.json lists it" in first
    assert "shard-00007.tar: is not listed" in second


def test_a_shard_that_was_cut_off_does_not_hide_the_others(folder):
    path = folder / "shard-00000.tar"
    path.write_bytes(path.read_bytes()[:1800])
    found = problems(folder)
    assert "bytes, not" in found[0]
    assert any("scene-0" in problem for problem in found)
    assert verify(folder).num_triples >= 2


def test_a_shard_that_is_no_archive_is_named(folder):
    (folder / "shard-00000.tar").write_bytes(b"x" * 3000)
    assert [problem for problem in problems(folder) if "shard-00000.tar: is damaged" in problem]


def test_a_damaged_index_is_a_problem_of_its_own(folder):
    (folder / "index.json").write_text("{")
    assert "index.json: is damaged" in problems(folder)[0]


def test_a_wrong_count_is_named(folder):
    index = json.loads((folder / "index.json").read_text())
    index["shardlist"][0]["nsamples"] = 5
    (folder / "index.json").write_text(json.dumps(index))
    assert "holds 4 triples, not 5" in problems(folder)[0]


def files_of(shard) -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = {}
    with tarfile.open(shard) as tar:
        for entry in tar:
            key, _, suffix = entry.name.partition(".")
            found.setdefault(key, {})[suffix] = tar.extractfile(entry).read()
    return found


def test_a_key_in_two_shards_is_named(folder):
    files = files_of(folder / "shard-00000.tar")
    with ShardWriter(folder, first_shard=2) as writer:
        writer.add("scene-1", files["scene-1"])
    write_index(folder)
    assert ["shard-00002.tar: key scene-1 is in an earlier shard too" in problem for problem in problems(folder)] == [
        True
    ]


def test_a_damaged_label_and_a_damaged_picture_are_named(folder):
    files = files_of(folder / "shard-00000.tar")
    files["scene-0"]["json"] = b"{"
    files["scene-2"]["effect.png"] = b"no picture"
    del files["scene-3"]["patch.png"]
    with ShardWriter(folder) as writer:
        for key, content in files.items():
            writer.add(key, content)
    write_index(folder)
    label, picture, patch = problems(folder)
    assert "scene-0: json is damaged" in label
    assert "scene-2: effect.png cannot be decoded" in picture
    assert "scene-3: has no patch.png" in patch


def test_pictures_that_do_not_fit_together_are_named(folder):
    files = files_of(folder / "shard-00000.tar")
    files["scene-0"]["visible.png"] = files["scene-0"]["foreground.png"]
    with ShardWriter(folder) as writer:
        for key, content in files.items():
            writer.add(key, content)
    write_index(folder)
    (problem,) = problems(folder)
    assert "scene-0: the pictures do not fit together (visible_alpha is uint8 7 x 5" in problem


def test_a_line_twice_is_named(pictures):
    metadata = pictures / "metadata.jsonl"
    lines = metadata.read_text().splitlines(keepends=True)
    metadata.write_text("".join([*lines, lines[0], "{\n"]))
    write_index(pictures)
    twice, damaged = problems(pictures)
    assert "metadata.jsonl:7: key scene-0 is in an earlier line too" in twice
    assert "metadata.jsonl:8: is damaged" in damaged


SCENE, PHOTO = scene(0), photo(0)


@pytest.mark.parametrize(
    ("triple", "message"),
    [
        (replace(SCENE, box_cxcywh=(0.5, 0.5, 0.0, 0.2)), "box is 0.0 x 0.2 pictures large"),
        (replace(SCENE, box_cxcywh=(0.5, 0.5, 9.0, 0.2)), "box is 9.0 x 0.2"),
        (replace(SCENE, box_cxcywh=(1.4, 0.5, 0.2, 0.2)), "lies outside the picture"),
        (replace(SCENE, foreground=np.zeros((4, 4, 4), np.uint8)), "foreground is transparent everywhere"),
        (replace(SCENE, visible_alpha=np.zeros_like(SCENE.effect)), "nothing of the object is seen"),
        (replace(SCENE, background=255 - SCENE.background), "differ in 162 pixels outside the effect"),
        (replace(PHOTO, background=255 - PHOTO.background), "differ in 156 pixels outside the hole"),
        (replace(PHOTO, hole=np.zeros_like(PHOTO.hole)), "differ in 36 pixels outside the hole"),
        (replace(PHOTO, source="static", background=255 - PHOTO.background), "differ in 156 pixels outside the effect"),
        (replace(PHOTO, source="static", effect=np.zeros_like(PHOTO.effect)), "the effect is empty"),
    ],
)
def test_what_makes_no_sense_is_named(triple, message):
    assert [problem for problem in problems_of(triple) if message in problem]


@pytest.mark.parametrize(
    "triple",
    [
        SCENE,
        PHOTO,
        replace(SCENE, box_cxcywh=(-0.05, 0.5, 0.2, 0.2)),  # cut off by the border
        replace(PHOTO, source="static", hole=np.zeros_like(PHOTO.hole)),  # nothing was repaired
    ],
)
def test_what_makes_sense_is_no_problem(triple):
    assert list(problems_of(triple)) == []


def test_a_group_in_two_parts_is_named(folder, tmp_path, capsys):
    split(folder, tmp_path / "parts", {"a": 0.5, "b": 0.5})
    assert main(["data", "verify", str(tmp_path / "parts")]) == 0
    shutil.copytree(tmp_path / "parts/a", tmp_path / "parts/c")
    assert main(["data", "verify", str(tmp_path / "parts")]) == 1
    assert "is in a, c; split again" in capsys.readouterr().out


def test_groups_of_data_sets_that_are_no_parts_may_share_names(folder, tmp_path, capsys):
    shutil.copytree(folder, tmp_path / "all/a")
    shutil.copytree(folder, tmp_path / "all/b")
    assert main(["data", "verify", str(tmp_path / "all")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "whole"


def test_exit_codes_tell_whole_damaged_and_no_data_set(folder, tmp_path, capsys):
    assert main(["data", "verify", str(folder)]) == 0
    assert "6 triples in 6 groups, 2 files, checksums, 0 problems" in capsys.readouterr().out
    (folder / "index.json").unlink()
    assert main(["data", "verify", str(folder)]) == 0
    assert "no checksums" in capsys.readouterr().out
    (folder / "shard-00000.tar").write_bytes(b"x" * 3000)
    assert main(["data", "verify", str(folder)]) == 1
    assert main(["data", "verify", str(tmp_path / "nothing")]) == 2


def test_many_problems_are_cut_short(tmp_path, capsys):
    whole = written(tmp_path / "set", [scene(number) for number in range(30)])
    for number in range(30):
        flip(whole.files(number)["effect.png"].path, whole.files(number)["effect.png"].offset + 1)
    assert main(["data", "verify", str(tmp_path / "set")]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed[-2].strip() == "and 18 more"
    assert printed[-1] == "38 problems"
