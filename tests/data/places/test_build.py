"""Pairs of rendered backgrounds and foreign objects: what is in them, the same bytes, what is refused."""

import json

import numpy as np
import pytest
from tests.data.places.scene_sets import primitives, write_scenes
from tests.data.sets.triples import photo, written

from situate.cli import app as cli
from situate.data.building.build import Workers
from situate.data.loader import TripleUnion
from situate.data.places import block
from situate.data.places.build import build_places
from situate.data.places.config import PlacesConfig
from situate.data.places.pool import read_pool
from situate.data.scenes.config import SceneConfig
from situate.data.scenes.kinds import KINDS
from situate.data.store import TripleStore
from situate.errors import ConfigError, DataError, InputError

CONFIG = PlacesConfig(per_background=3, num_places=6)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    return write_scenes(tmp_path_factory.mktemp("scenes") / "meadow", primitives(), 3)


def bytes_of(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_pair_has_the_background_of_one_scene_and_the_foreground_of_another(scenes, tmp_path):
    report = build_places(CONFIG, [scenes], tmp_path / "pairs")
    store, originals = TripleStore(tmp_path / "pairs"), {triple.key: triple for triple in TripleStore(scenes)}
    assert report.num_triples == len(store) > len(originals)
    assert report.num_annotations == 3 * len(originals) == report.num_triples + sum(report.skipped.values())
    for triple in store:
        key, _, number = triple.key.rpartition("-")
        background = originals[key]
        assert (triple.source, triple.group, triple.light) == ("places", background.group, None)
        np.testing.assert_array_equal(triple.background, background.background)
        assert triple.composite is triple.background
        assert not np.stack([triple.effect, triple.visible_alpha, triple.hole]).any()
        assert triple.places is not None
        assert triple.places.shape == (5, 4)
        others = [one for one in originals.values() if np.array_equal(one.foreground, triple.foreground)]
        assert [one.kind for one in others] == [triple.kind]
        if number == "0":
            assert others[0].key == key
            assert triple.box_cxcywh == background.box_cxcywh
        else:
            assert others[0].group != background.group


def test_it_can_be_told_what_it_was_made_from(scenes, tmp_path):
    report = build_places(CONFIG, [scenes], tmp_path / "pairs")
    description = TripleStore(tmp_path / "pairs").description
    assert description["source"] == "places"
    assert description["config"] == CONFIG.model_dump()
    assert description["report"] == report.to_json()
    assert [one["name"] for one in description["scenes"]] == ["meadow"]
    assert len(description["scenes"][0]["index_sha256"]) == 64


def test_neither_workers_nor_a_stop_change_the_bytes(scenes, tmp_path, monkeypatch):
    monkeypatch.setattr("situate.data.places.build.SCENES_PER_BLOCK", 1)
    build_places(CONFIG, [scenes], tmp_path / "one")
    build_places(CONFIG, [scenes], tmp_path / "two", Workers(2))
    assert bytes_of(tmp_path / "two") == bytes_of(tmp_path / "one")

    def stop(done: int, wanted: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_places(CONFIG, [scenes], tmp_path / "three", progress=stop)
    build_places(CONFIG, [scenes], tmp_path / "three", resume=True)
    assert bytes_of(tmp_path / "three") == bytes_of(tmp_path / "one")


def test_scenes_of_several_folders_are_paired_and_stay_apart(scenes, tmp_path):
    other = write_scenes(tmp_path / "other", primitives(seed=1, encoding="webp"), 2)
    build_places(CONFIG, [scenes, other], tmp_path / "pairs")
    store = TripleStore(tmp_path / "pairs")
    assert {label["group"].partition("-scene")[0] for label in store.labels} == {"meadow", "other"}
    # Those of the other folder are stored anew, so that all have the same files.
    assert {frozenset(store.files(index)) for index in range(len(store))} == {
        frozenset({"json", "background.png", "foreground.png"})
    }


def test_a_pair_without_enough_places_is_left_out_and_counted(scenes, tmp_path, monkeypatch):
    monkeypatch.setattr("situate.data.places.draw.MAX_CANDIDATES", 64)
    config = PlacesConfig(per_background=4, num_places=40, min_places=30)
    report = build_places(config, [scenes], tmp_path / "pairs")
    assert report.skipped[block.TOO_FEW_PLACES] > 0
    assert report.num_triples == len(TripleStore(tmp_path / "pairs"))
    assert min(len(triple.places) for triple in TripleStore(tmp_path / "pairs")) >= 29  # type: ignore[arg-type]


def test_more_places_may_not_be_asked_for_than_are_drawn():
    with pytest.raises(ConfigError, match="num_places is 3, fewer than the 4"):
        PlacesConfig.checked(num_places=3)


def test_where_there_are_not_enough_objects_none_comes_twice(scenes, tmp_path):
    report = build_places(PlacesConfig(per_background=40, num_places=4), [scenes], tmp_path / "pairs")
    num = len(TripleStore(scenes))
    assert report.skipped[block.NO_OTHER] >= num * (40 - num)


def test_things_are_read_from_the_truth_as_they_are_drawn(scenes):
    pool = read_pool((scenes,), None)
    for subject in pool.subjects:
        world = pool.world_of(subject)
        index = pool.stores[0].labels[subject.index]["truth"]["object"]
        thing = world.things[index]
        read = subject.thing
        assert (read.kind, read.model, read.base_m) == (thing.kind, thing.model, thing.base_m)
        numbers, expected = ((*one.position_m, one.yaw_rad, one.height_m, one.width_m) for one in (read, thing))
        assert numbers == pytest.approx(expected, abs=1e-5)


def test_primitives_stand_among_primitives_and_models_elsewhere(scenes, assets, tmp_path):
    config = SceneConfig(num_triples=12, size_px=64, world="street", assets=assets, triples_per_scene=6)
    street = write_scenes(tmp_path / "street", config, 2)
    pool = read_pool((scenes, street), assets)
    for subject in pool.subjects:
        world = pool.world_of(subject)
        kinds = pool.kinds_for(world)
        assert subject.thing.kind in kinds
        assert {KINDS[kind].body is not None for kind in kinds} == {world.setting == "primitives"}


def test_a_held_out_scene_is_held_out_of_its_pairs_too(scenes, tmp_path):
    build_places(CONFIG, [scenes], tmp_path / "pairs")
    union = TripleUnion([scenes, tmp_path / "pairs"])
    num_scenes = len(TripleStore(scenes))
    of_scenes = {union.group(index) for index in range(num_scenes)}
    assert {union.group(index) for index in range(num_scenes, len(union))} == of_scenes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "scenes.json").unlink(), r"has no scenes\.json.*neither split nor merged"),
        (  # another seed draws other worlds
            lambda folder: (folder / "scenes.json").write_text(primitives(seed=9).model_dump_json()),
            "is drawn otherwise than it was rendered",
        ),
    ],
)
def test_scenes_that_cannot_be_drawn_again_are_refused(tmp_path, change, message):
    folder = write_scenes(tmp_path / "scenes", primitives(seed=2), 1)
    change(folder)
    with pytest.raises(DataError, match=message):
        build_places(CONFIG, [folder], tmp_path / "pairs")


def test_models_that_are_missing_are_named(assets, tmp_path):
    config = SceneConfig(num_triples=12, size_px=64, world="street", assets=assets)
    street = write_scenes(tmp_path / "street", config, 1)
    with pytest.raises(ConfigError, match="--assets"):
        build_places(CONFIG, [street], tmp_path / "pairs")
    few = tmp_path / "few"
    few.mkdir()
    rows = (assets / "models.csv").read_text().splitlines()
    (few / "tree-1.obj").write_text((assets / "tree-1.obj").read_text())
    (few / "models.csv").write_text("\n".join([rows[0], *(row for row in rows if row.startswith("tree-1"))]) + "\n")
    with pytest.raises(DataError, match="shows the model .* which --assets lacks"):
        build_places(CONFIG, [street], tmp_path / "pairs", assets=few)


def test_photographs_know_no_world(tmp_path):
    written(tmp_path / "photos", [photo(1)], source="photos")
    with pytest.raises(DataError, match="photo-1 is of source 'photos' and knows no world"):
        build_places(CONFIG, [tmp_path / "photos"], tmp_path / "pairs")


def test_folders_that_make_no_sense_are_refused(scenes, tmp_path):
    for folders, output, message in (
        ([], tmp_path / "pairs", "0 data sets"),
        ([scenes, scenes], tmp_path / "pairs", "named twice"),
        ([scenes], scenes, "the data set that is read"),
    ):
        with pytest.raises(InputError, match=message):
            build_places(CONFIG, folders, output)


def test_the_command_says_what_it_made(scenes, tmp_path, capsys):
    words = [
        "data",
        "places",
        str(scenes),
        "-o",
        str(tmp_path / "pairs"),
        "--per-background",
        "2",
        "--num-workers",
        "1",
    ]
    assert cli.main(words) == 0
    assert "pairs of 6 backgrounds" in capsys.readouterr().out
    assert cli.main(["data", "verify", str(tmp_path / "pairs")]) == 0
    assert json.loads((tmp_path / "pairs/dataset.json").read_text())["config"]["per_background"] == 2
    assert cli.main([*words, "--num-places", "0"]) == 2
    assert "num_places is 0" in capsys.readouterr().err
