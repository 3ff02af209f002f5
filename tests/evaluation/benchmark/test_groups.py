"""Scenes are grouped by world, model and kind; each group has the figures that its scenes alone would have."""

from dataclasses import replace
from pathlib import Path

import pytest

from situate.data.assets.model import NOT_TURNED, AssetModel
from situate.data.scenes.cast import is_test_model
from situate.evaluation.benchmark.groups import GROUPINGS, MIN_KIND_SCENES, grouped
from situate.evaluation.benchmark.place_pictures import ScenePictureScores
from situate.evaluation.benchmark.place_scores import PlaceScores
from situate.evaluation.benchmark.scene_scores import SceneScores
from situate.evaluation.benchmark.scene_set import SceneSet
from situate.evaluation.benchmark.subject import Subject
from situate.evaluation.benchmark.summary import GROUP_FIGURES, figures, summary
from situate.evaluation.benchmark.tables import as_markdown, tables_of


def model_called(key: str, height_m: float = 1.0) -> AssetModel:
    size = {"width_m": 1.0, "depth_m": 1.0, "height_m": height_m}
    place = {"rotation": NOT_TURNED, "archive": Path("none"), "member": ""}
    words = {"name": key, "category": "", "creator": "", "licence": ""}
    return AssetModel(key=key, **words, **size, **place, top_m=None, elevation_m=0.0, is_movable=True)


SEEN, UNSEEN = (
    next(
        model for model in map(model_called, (f"m{number}" for number in range(99))) if is_test_model(model) == is_kept
    )
    for is_kept in (False, True)
)


def scored_scene(number: int, subject: Subject, *, is_plausible: bool = True) -> SceneScores:
    places = PlaceScores(is_plausible, () if is_plausible else ("size",), 0.5, 0.5, float(number), 0.1 * number)
    made = ScenePictureScores({}, {}, {})
    return SceneScores(f"scene{number}", subject, True, {"truth": places, "prior": places}, (), made, False)


def of_kinds(*kinds: str) -> list[SceneScores]:
    return [scored_scene(number, Subject("primitives", kind, None)) for number, kind in enumerate(kinds)]


def test_a_model_is_seen_unseen_or_none():
    assert Subject("yard", "dog", SEEN).familiarity == "seen models"
    assert Subject("yard", "dog", UNSEEN).familiarity == "unseen models"
    assert Subject("primitives", "cone", None).familiarity == "no model"


def test_rare_kinds_are_joined_and_come_last():
    kinds = ["tent"] * (MIN_KIND_SCENES - 1) + ["cone"] * MIN_KIND_SCENES + ["ball"] * 7 + ["sign"]
    scores = of_kinds(*kinds)
    key, min_scenes = GROUPINGS["kind"]
    groups = grouped(scores, key, min_scenes)
    assert {name: len(part) for name, part in groups.items()} == {"ball": 7, "cone": 5, "others": 5}
    assert list(groups) == ["ball", "cone", "others"]
    assert {scene.group for part in groups.values() for scene in part} == {scene.group for scene in scores}


def test_no_group_is_left_out_where_small_ones_may_stay():
    key, min_scenes = GROUPINGS["models"]
    scores = [scored_scene(0, Subject("yard", "dog", SEEN)), *of_kinds("cone", "cone")]
    assert list(grouped(scores, key, min_scenes)) == ["no model", "seen models"]


def test_a_group_has_the_figures_of_its_scenes_alone(scenes: SceneSet):
    scores = [replace(scene, group=f"s{i}") for i, scene in enumerate(of_kinds(*["cone"] * 6, *["ball"] * 8))]
    result = summary(scenes, scores, seed=3, name="scenes")
    assert result["groups"]["kind"]["cone"] == figures(scenes, scores[:6], GROUP_FIGURES, seed=3)
    assert set(result["groups"]["kind"]["cone"]["methods"]["prior"]) == set(GROUP_FIGURES)
    assert result["groups"]["kind"]["cone"]["methods"]["prior"]["likelihood_gap"] == pytest.approx(2.5)
    (everything,) = result["groups"]["world"].values()
    assert everything["methods"]["prior"] == {name: result["methods"]["prior"][name] for name in GROUP_FIGURES}
    assert everything["size_floor"] == result["size_floor"]


def test_the_tables_tell_every_group_beside_its_floor(scenes: SceneSet):
    result = summary(scenes, of_kinds(*["cone"] * 5, "ball"), seed=0, name="scenes")
    texts = {table.title: as_markdown(table) for table in tables_of(result)}
    assert "| cone | 5 | 100.0 [100.0, 100.0] | 50.0" in texts["By kind: prior"]
    assert "| others | 1 |" in texts["By kind: prior"]
    assert "| 15.9, 15.9 |" in texts["By kind: prior"]
    assert "| primitives | 6 |" in texts["By world: prior"]
    assert "| no model | 6 |" in texts["By object's model: prior"]
