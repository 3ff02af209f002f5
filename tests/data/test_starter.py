"""The starter set inside the package: whole, small, split by scene and by model, and attributed."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest

from situate.cli.app import main
from situate.data.scenes.truth import models_shown
from situate.data.starter import StarterPart, data_folder, starter_set
from situate.data.store import TripleStore
from situate.demo.plan import MAX_STARTER_HELD_OUT

SPLITS: tuple[StarterPart, ...] = get_args(StarterPart)
MAX_BYTES = 30e6
NUM_TRIPLES = {"train": 1248, "val": 96, "test": 192}


@pytest.fixture(scope="module")
def stores() -> dict[StarterPart, TripleStore]:
    return {split: TripleStore(starter_set(split)) for split in SPLITS}


def truths(store: TripleStore) -> list[dict]:
    return [label["truth"] for label in store.labels]


def objects_in(store: TripleStore) -> set[str]:
    return {truth["things"][truth["object"]]["model"] for truth in truths(store)}


def test_it_is_large_enough_and_small_enough(stores):
    assert {split: len(store) for split, store in stores.items()} == NUM_TRIPLES
    assert NUM_TRIPLES["test"] == MAX_STARTER_HELD_OUT
    files = [file for file in starter_set("train").parent.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= MAX_BYTES


def test_every_split_holds_all_three_worlds(stores):
    for split, store in stores.items():
        worlds = Counter(truth["world"] for truth in truths(store))
        assert set(worlds) == {"street", "yard", "room"}, split
        assert min(worlds.values()) > 0.15 * len(store), worlds


def test_splits_share_no_scene(stores):
    seeds = {split: {truth["seed"] for truth in truths(store)} for split, store in stores.items()}
    for first, second in (("train", "val"), ("train", "test"), ("val", "test")):
        assert not seeds[first] & seeds[second]


def test_objects_of_the_test_split_are_models_that_the_others_never_take_out(stores):
    assert not objects_in(stores["test"]) & (objects_in(stores["train"]) | objects_in(stores["val"]))
    assert len(objects_in(stores["train"])) > 100
    assert len(objects_in(stores["test"])) > 20


@pytest.mark.parametrize("split", SPLITS)
def test_every_triple_is_whole_and_differs_in_its_effect_alone(stores, split):
    """The composite is the background with a patch, and the store takes nothing of the patch where the effect is 0."""
    assert all("patch_xy" in label for label in stores[split].labels)
    for triple in stores[split]:
        changed = (triple.background != triple.composite).any(2)
        assert changed.any()
        assert not changed[triple.effect == 0].any()
        assert (triple.effect[triple.visible_alpha > 0] == 255).all()
        assert max(triple.background.shape[:2]) == 128
        assert triple.light is not None
        assert triple.support is not None


@pytest.mark.parametrize("split", SPLITS)
def test_every_model_that_is_shown_is_attributed(stores, split):
    text = (starter_set(split) / "ATTRIBUTION.md").read_text(encoding="utf-8").replace("\\", "")
    shown = models_shown(truths(stores[split]))
    assert len(shown) > 30
    assert {key for key in shown if f"| {key} |" not in text} == set()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "| key |" not in line]
    assert all("[CC0-1.0](" in row or "[CC-BY-3.0](" in row for row in rows)


def test_its_name_stands_for_it_where_no_folder_has_that_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert data_folder(Path("starter"), "val") == starter_set("val")
    assert data_folder(tmp_path / "starter", "val") == tmp_path / "starter"
    assert main(["data", "inspect", "starter"]) == 0
    assert f"{len(TripleStore(starter_set('train')))} triples" in capsys.readouterr().out
    (tmp_path / "starter").mkdir()
    assert main(["data", "inspect", "starter"]) == 2


def test_commands_take_the_part_that_is_for_them(monkeypatch):
    taken = []
    ended = {"step": 1, "published_step": 1, "converged": False, "reason": "", "num_samples": 4, "seconds": 1.0}
    result = SimpleNamespace(model_folder="m", validation={}, **ended)
    monkeypatch.setattr("situate.training.run.train", lambda _, data, __, **rest: taken.append((data, rest)) or result)
    assert main(["train", "debug", "--data", "starter", "--validation", "starter", "--out", "run"]) == 0
    assert taken[0][0] == [starter_set("train")]
    assert taken[0][1]["validation"] == [starter_set("val")]
    monkeypatch.setattr("situate.cli.evaluate_triples.evaluate_triple_suite", lambda options, *_: taken.append(options))
    assert main(["evaluate", "--data", "starter", "--prior-data", "starter"]) == 0
    assert taken[1].data == [starter_set("test")]
    assert taken[1].prior_data == starter_set("train")
