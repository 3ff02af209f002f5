"""Merging keeps every triple; the layouts are converted into each other without loss."""

import errno
import shutil
import tarfile

import pytest
from tests.data.sets.triples import assert_identical, photo, scene, written

from situate.cli.app import main
from situate.data import folder_writer
from situate.data.sets import output
from situate.data.sets.attribution import joined_attributions
from situate.data.sets.merge import merge
from situate.data.store import TripleStore
from situate.errors import DataError, InputError, OutputError


@pytest.fixture
def scenes(tmp_path):
    return written(tmp_path / "street", [scene(number) for number in range(6)])


@pytest.fixture
def photos(tmp_path):
    triples = [photo(number, has_hole=number != 2, quality=None if number == 3 else 0.25) for number in range(5)]
    return written(tmp_path / "coco", triples, source="photos")


def names_of(folder) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for shard in folder.glob("*.tar"):
        with tarfile.open(shard) as tar:
            for name in tar.getnames():
                key, _, suffix = name.partition(".")
                names.setdefault(key, set()).add(suffix)
    return names


def by_key(store) -> dict:
    return {triple.key: triple for triple in store}


def test_sources_can_be_mixed_and_every_triple_has_the_same_files(scenes, photos, tmp_path):
    assert merge([scenes.folder, photos.folder], tmp_path / "all") == ["", ""]
    both = TripleStore(tmp_path / "all")
    assert both.keys == [*scenes.keys, *photos.keys]
    for triple, before in zip(both, [*scenes, *photos], strict=True):
        assert_identical(triple, before)
    assert len({frozenset(names) for names in names_of(tmp_path / "all").values()}) == 1
    assert both.description["source"] == "mixed"
    assert [parent["name"] for parent in both.description["parents"]] == ["street", "coco"]
    assert both.description["parents"][0]["config"] == {"size_px": 16}
    assert both.description["kinds"] == {"car": 5, "cone": 6}


def test_like_data_sets_are_merged_byte_by_byte(scenes, tmp_path):
    more = written(tmp_path / "more", [scene(number) for number in range(10, 13)])
    merge([scenes.folder, more.folder], tmp_path / "all")
    both = TripleStore(tmp_path / "all")
    for index in range(3):
        assert {name: member.read() for name, member in both.files(6 + index).items()} == {
            name: member.read() for name, member in more.files(index).items()
        }


def test_scenes_in_two_encodings_are_stored_alike_with_patches(scenes, tmp_path):
    more = written(tmp_path / "more", [scene(number) for number in range(10, 13)], encoding="webp")
    merge([scenes.folder, more.folder], tmp_path / "all")
    names = {frozenset(names) for names in names_of(tmp_path / "all").values()}
    assert len(names) == 1
    assert "patch.png" in next(iter(names))
    for triple, before in zip(TripleStore(tmp_path / "all"), [*scenes, *more], strict=True):
        assert_identical(triple, before)


@pytest.mark.parametrize("source", ["scenes", "photos"])
def test_a_data_set_survives_both_layouts(source, tmp_path, request):
    store = request.getfixturevalue(source)
    merge([store.folder], tmp_path / "pictures", layout="folder")
    merge([tmp_path / "pictures"], tmp_path / "shards")
    for folder in ("pictures", "shards"):
        converted = by_key(TripleStore(tmp_path / folder))
        assert converted.keys() == set(store.keys)
        for before in store:
            assert_identical(converted[before.key], before)
        assert TripleStore(tmp_path / folder).description == store.description
    assert {frozenset(names) for names in names_of(tmp_path / "shards").values()} == {
        frozenset(names) for names in names_of(store.folder).values()
    }


def test_mixed_sources_survive_the_folder_layout(scenes, photos, tmp_path):
    merge([scenes.folder, photos.folder], tmp_path / "pictures", layout="folder")
    merge([tmp_path / "pictures"], tmp_path / "shards")
    merge([tmp_path / "shards"], tmp_path / "again", layout="folder")
    for folder in ("pictures", "shards", "again"):
        found = by_key(TripleStore(tmp_path / folder))
        for before in [*scenes, *photos]:
            assert_identical(found[before.key], before)


@pytest.mark.parametrize("layout", ["shards", "folder"])
def test_names_that_clash_get_the_name_of_their_folder(scenes, tmp_path, layout):
    other = written(tmp_path / "other set", [scene(number) for number in range(3)])
    assert merge([scenes.folder, other.folder], tmp_path / "all", layout=layout) == ["street-", "other-set-"]
    found = by_key(TripleStore(tmp_path / "all"))
    assert len(found) == 9
    assert found["other-set-scene-1"].group == "other-set-world-1"


def test_groups_that_clash_are_kept_apart_though_keys_do_not(scenes, tmp_path):
    other = written(tmp_path / "other", [scene(77, group="world-0")])
    assert merge([scenes.folder, other.folder], tmp_path / "all") == ["street-", "other-"]


def test_folders_of_one_name_are_numbered(tmp_path):
    folders = [written(tmp_path / place / "set", [scene(0)]).folder for place in ("a", "b")]
    assert merge(folders, tmp_path / "all") == ["set-1-", "set-2-"]
    assert TripleStore(tmp_path / "all").keys == ["set-1-scene-0", "set-2-scene-0"]


def test_names_that_clash_even_with_their_folders_are_told_apart_by_numbers(tmp_path):
    first, second = scene(0), scene(1)
    plain = {**vars(first), "key": "b-1", "group": "x"}
    longer = {**vars(second), "key": "1", "group": "x"}
    written(tmp_path / "a", [type(first)(**plain)])
    written(tmp_path / "a-b", [type(first)(**longer)])
    assert merge([tmp_path / "a", tmp_path / "a-b"], tmp_path / "all") == ["0-", "1-"]


def test_the_same_merge_gives_the_same_bytes(scenes, photos, tmp_path):
    for name in ("a", "b"):
        merge([scenes.folder, photos.folder], tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_a_data_set_is_never_its_own_output(scenes, tmp_path):
    with pytest.raises(InputError, match="is the data set that is read"):
        merge([scenes.folder], tmp_path / "street/../street", overwrite=True)
    assert len(TripleStore(scenes.folder)) == 6


@pytest.mark.parametrize(("folders", "message"), [([], "0 data sets"), (["street", "street"], "named twice")])
def test_inputs_that_make_no_sense_are_refused(scenes, tmp_path, folders, message):
    with pytest.raises(InputError, match=message):
        merge([tmp_path / name for name in folders], tmp_path / "all")


def test_only_data_sets_are_written_over(scenes, photos, tmp_path):
    merge([scenes.folder], tmp_path / "all", layout="folder")
    with pytest.raises(InputError, match="not empty"):
        merge([photos.folder], tmp_path / "all")
    merge([photos.folder], tmp_path / "all", overwrite=True)
    assert TripleStore(tmp_path / "all").layout == "shards"
    assert not (tmp_path / "all/images").exists()
    (tmp_path / "all/diary.txt").write_text("mine")
    with pytest.raises(InputError, match=r"diary\.txt, which is no part"):
        merge([scenes.folder], tmp_path / "all", overwrite=True)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="is a file"):
        merge([scenes.folder], tmp_path / "file", overwrite=True)


def described(folder) -> None:
    (folder / "dataset.json").write_text('{"format": "situate-triples-1"}')


def described_by_others(folder) -> None:
    (folder / "dataset.json").write_text('{"format": "imagefolder"}')


@pytest.mark.parametrize(
    ("name", "describe"),
    [
        ("images/holiday.jpg", described),
        ("images/holiday.png", described),  # PNG, but no picture of a triple
        ("images/a.composite.png/holiday.jpg", described),
        ("images/a.composite.png", lambda folder: None),  # whose it is, nobody says
        ("images/a.composite.png", described_by_others),
        ("images/a.composite.png", lambda folder: (folder / "dataset.json").write_text("{")),
        ("building/holiday.jpg", described),
    ],
)
def test_photographs_of_the_user_are_never_removed(scenes, tmp_path, name, describe):
    folder = tmp_path / "mine"
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_bytes(b"a photograph")
    describe(folder)
    with pytest.raises(InputError, match=r"(images|building), which is no part of a data set"):
        merge([scenes.folder], folder, overwrite=True)
    assert (folder / name).read_bytes() == b"a photograph"


def test_a_link_to_photographs_is_not_followed(scenes, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "photographs").mkdir()
    (tmp_path / "mine/images").symlink_to(tmp_path / "photographs")
    described(tmp_path / "mine")
    with pytest.raises(InputError, match="images, which is no part"):
        merge([scenes.folder], tmp_path / "mine", overwrite=True)


def leave_killed_merge(folder, target, layout, monkeypatch) -> None:
    """Leave what a killed merge leaves: all but the description."""

    def kill(written, _):
        shutil.copytree(written, target)
        raise KeyboardInterrupt

    monkeypatch.setattr("situate.data.folder_writer.write_description", kill)
    monkeypatch.setattr("situate.data.sets.copy.write_description", kill)
    with pytest.raises(KeyboardInterrupt):
        merge([folder], target.with_name("killed"), layout=layout)
    monkeypatch.undo()


@pytest.mark.parametrize("layout", ["shards", "folder"])
def test_a_merge_that_was_killed_can_be_written_over(scenes, tmp_path, monkeypatch, layout):
    leave_killed_merge(scenes.folder, tmp_path / "all", layout, monkeypatch)
    (tmp_path / "all/index.json.partial").write_text("{")
    merge([scenes.folder], tmp_path / "all", overwrite=True)
    assert len(TripleStore(tmp_path / "all")) == 6
    assert not list((tmp_path / "all").rglob("*.partial"))


def test_overwriting_that_was_killed_can_be_repeated(scenes, tmp_path, monkeypatch):
    merge([scenes.folder], tmp_path / "all", layout="folder")

    def kill(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(output.shutil, "rmtree", kill)
    with pytest.raises(KeyboardInterrupt):
        merge([scenes.folder], tmp_path / "all", overwrite=True)
    monkeypatch.undo()
    with pytest.raises(DataError, match="not a data set"):
        TripleStore(tmp_path / "all")
    merge([scenes.folder], tmp_path / "all", overwrite=True)
    assert len(TripleStore(tmp_path / "all")) == 6


@pytest.mark.parametrize("num_inputs", [1, 2])  # files copied as they are, and pictures stored anew
def test_a_merge_into_files_that_fails_leaves_none(scenes, photos, tmp_path, monkeypatch, num_inputs):
    merge([scenes.folder], tmp_path / "pictures", layout="folder")
    write, num_written = folder_writer.write_bytes, []

    def nearly_full(content, path):
        num_written.append(path)
        if len(num_written) > 20:
            raise OutputError(f"{path} cannot be written: No space left on device")
        write(content, path)

    monkeypatch.setattr(folder_writer, "write_bytes", nearly_full)
    with pytest.raises(OutputError, match="No space left"):
        merge([tmp_path / "pictures", photos.folder][:num_inputs], tmp_path / "all", layout="folder")
    assert list((tmp_path / "all").iterdir()) == []


@pytest.mark.parametrize("num_inputs", [1, 2])  # files copied as they are, and pictures stored anew
def test_a_merge_that_fails_leaves_nothing_that_looks_whole(scenes, photos, tmp_path, monkeypatch, num_inputs):
    add, num_added = tarfile.TarFile.addfile, []

    def nearly_full(self, *arguments):
        num_added.append(1)
        if len(num_added) > 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        add(self, *arguments)

    monkeypatch.setattr(tarfile.TarFile, "addfile", nearly_full)
    with pytest.raises(OutputError, match=r"shard-00000.*No space left"):
        merge([scenes.folder, photos.folder][:num_inputs], tmp_path / "all")
    assert list((tmp_path / "all").iterdir()) == []
    with pytest.raises(DataError, match="not a data set"):
        TripleStore(tmp_path / "all")


def test_creators_are_named_once():
    head = "# Models\n\nKeep these names.\n"
    first = f"{head}\n## a.zip (2 models)\n\n    Free.\n\n| model |\n|---|\n| car |\n| cup |\n"
    second = (
        f"{head}\n## a.zip (1 models)\n\n    Free.\n\n| model |\n|---|\n| van |\n\n## b.zip (1 models)\n\n| cow |\n"
    )
    assert joined_attributions([first, first]) == first
    joined = joined_attributions([first, second])
    assert joined == (
        f"{head}\n## a.zip\n\n    Free.\n\n| model |\n|---|\n| car |\n| cup |\n| van |\n\n## b.zip\n\n| cow |\n\n"
    )


def test_the_creators_go_with_the_pictures(scenes, photos, tmp_path):
    (scenes.folder / "ATTRIBUTION.md").write_text("# Models\n\nA car by A. B.\n")
    (photos.folder / "ATTRIBUTION.md").write_text("# Photographs\n\nBy C. D.\n")
    merge([scenes.folder, photos.folder], tmp_path / "all")
    assert (tmp_path / "all/ATTRIBUTION.md").read_text() == (
        "# Models\n\nA car by A. B.\n\n# Photographs\n\nBy C. D.\n\n"
    )


def test_the_command_merges_and_says_how_keys_begin(scenes, tmp_path, capsys):
    other = written(tmp_path / "other", [scene(0)])
    words = ["data", "merge", str(scenes.folder), str(other.folder), "-o", str(tmp_path / "all")]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "keys and groups now begin with street-" in printed
    assert "7 triples" in printed
    assert main(words) == 2
    assert main([*words, "--overwrite", "--layout", "folder"]) == 0
    assert TripleStore(tmp_path / "all").layout == "folder"
