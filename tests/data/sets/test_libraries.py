"""Other people's libraries read our data sets without help: `datasets` and `webdataset`."""

from dataclasses import replace

import numpy as np
import pytest
from tests.data.sets.triples import photo, scene, written

from situate.data.sets.merge import merge
from situate.data.starter import starter_set

# Before it is imported: nothing here may ask the network.
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}


@pytest.fixture
def datasets(monkeypatch, tmp_path):
    for name, value in OFFLINE.items():
        monkeypatch.setenv(name, value)
    library = pytest.importorskip("datasets")
    monkeypatch.setattr(library.config, "HF_DATASETS_OFFLINE", True)
    return library


def rows_of(datasets, kind, tmp_path, *, is_streaming, **source):
    loaded = datasets.load_dataset(
        kind, split="train", streaming=is_streaming, cache_dir=str(tmp_path / "cache"), **source
    )
    return list(loaded)


def shards(folder) -> dict:
    return {"data_files": {"train": sorted(map(str, folder.glob("shard-*.tar")))}}


@pytest.fixture
def sets(tmp_path):
    written(tmp_path / "scenes", [scene(number) for number in range(7)])
    # A hole or decoys may be empty, and the quality unknown: the files of a triple are the same all the same.
    photos = [photo(number, has_hole=number % 2 == 0) for number in range(7)]
    written(tmp_path / "photos", [replace(one, quality=None) if one.key == "photo-6" else one for one in photos])
    merge([tmp_path / "scenes", tmp_path / "photos"], tmp_path / "mixed")
    return tmp_path


@pytest.mark.parametrize("is_streaming", [True, False])
@pytest.mark.parametrize("name", ["scenes", "photos", "mixed"])
def test_datasets_reads_shards(datasets, sets, name, is_streaming):
    rows = rows_of(datasets, "webdataset", sets, is_streaming=is_streaming, **shards(sets / name))
    assert len(rows) == (14 if name == "mixed" else 7)
    for row in rows:
        expected = scene(int(row["__key__"][-1])) if row["json"]["source"] == "scenes" else None
        assert row["background.png"].size == (16, 12)
        if expected is not None:
            np.testing.assert_array_equal(np.asarray(row["background.png"]), expected.background)
            assert row["json"]["truth"]["seed"] == expected.truth["seed"]
        if name != "scenes":
            assert row["composite.png"].size == (16, 12)


@pytest.mark.parametrize("is_streaming", [True, False])
@pytest.mark.parametrize("name", ["scenes", "mixed"])
def test_datasets_reads_the_folder_layout(datasets, sets, name, is_streaming):
    merge([sets / name], sets / "pictures", layout="folder")
    rows = rows_of(datasets, "imagefolder", sets, is_streaming=is_streaming, data_dir=str(sets / "pictures"))
    assert len(rows) == (14 if name == "mixed" else 7)
    by_key = {row["key"]: row for row in rows}
    expected, row = scene(3), by_key["scene-3"]
    for column, field in {"image": "composite", "background": "background", "support": "support"}.items():
        np.testing.assert_array_equal(np.asarray(row[column]), getattr(expected, field))
    assert row["box_cxcywh"] == list(expected.box_cxcywh)
    if name == "mixed":
        assert row["hole"] is None
        assert by_key["photo-0"]["support"] is None
        assert by_key["photo-0"]["quality"] == 0.5
        assert by_key["photo-0"]["decoys"].size == (16, 12)


def test_names_of_splits_in_keys_do_not_mislead_datasets(datasets, tmp_path):
    for name in ("train", "test"):
        written(tmp_path / name, [scene(number) for number in range(3)])
    assert merge([tmp_path / "train", tmp_path / "test"], tmp_path / "all", layout="folder") == ["train-", "test-"]
    rows = rows_of(datasets, "imagefolder", tmp_path, is_streaming=True, data_dir=str(tmp_path / "all"))
    assert {row["key"] for row in rows} == {
        f"{part}-scene-{number}" for part in ("train", "test") for number in range(3)
    }


def test_datasets_reads_shards_that_are_older_than_the_index(datasets, tmp_path):
    files = {"data_files": {"train": [str(starter_set("test") / "shard-00000.tar")]}}
    rows = rows_of(datasets, "webdataset", tmp_path, is_streaming=True, **files)
    assert len(rows) == 48
    assert rows[0]["patch.webp"].mode == "RGB"


# webdataset leaves the shard to be closed by whoever collects the garbage.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Exception ignored in.*shard-00000:pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_shards(sets):
    webdataset = pytest.importorskip("webdataset")
    shard = str(sets / "mixed/shard-00000.tar")
    samples = list(webdataset.WebDataset(shard, shardshuffle=False).decode("rgb8"))
    assert len(samples) == 14
    np.testing.assert_array_equal(samples[2]["background.png"], scene(2).background)
    assert samples[2]["json"]["truth"]["seed"] == 2
