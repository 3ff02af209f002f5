"""The detector learns, boxes come back, precision can be 1 and 0, parts share no series, and gains are paired."""

import json

import numpy as np
import pytest
import torch
from detector.arms import ARMS, Arm, arm_of
from detector.features import Example, Features, classes_of
from detector.model import Detector, Found, Maps, decode, encode, loss_of
from detector.plan import Run
from detector.report import markdown, mean_and_spread, summary
from detector.score import score
from detector.split import (
    SERIES_END,
    PartSizes,
    part_of,
    series_of,
    split_by_series,
    training_name,
    training_subset,
    write_split,
)
from detector.train import Batches, Pictures, Recipe, as_coco, find, fit, loss_on
from detector.views import GREY_U8, View, canvas_of, labels_in, training_views, whole

from situate.errors import InputError
from situate.geometry.boxes import cxcywh_to_xyxy, iou
from situate.imageio.write import write_json
from situate.labels.coco import CocoAnnotation, read_coco

GRID, NUM_CLASSES = 8, 2
RECIPE = Recipe(side_px=8 * GRID, width=16, num_steps=60, batch_size=4, learning_rate=5e-3, dropout=0.0, averaging=0.8)


def annotation(box_xywh_px, category_id=1, number=1, is_crowd=False) -> CocoAnnotation:
    return CocoAnnotation(number, 1, category_id, None, is_crowd, box_xywh_px)


def coco(num_series=12, num_of=5, boxes=((10, 20, 30, 20),)) -> dict:
    """Series of several pictures; every fifth picture shows nothing."""
    names = [f"series{series}{SERIES_END}{number}.jpg" for series in range(num_series) for number in range(num_of)]
    images = [{"id": n, "file_name": name, "width": 100, "height": 80} for n, name in enumerate(names, start=1)]
    annotations = []
    for image in images:
        for box in boxes if image["id"] % 5 else ():
            entry = {"id": len(annotations) + 1, "image_id": image["id"], "category_id": 1, "bbox": list(box)}
            annotations.append(entry | {"iscrowd": 0, "area": box[2] * box[3]})
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "car"}]}


def example(seed: int) -> Example:
    generator = torch.Generator().manual_seed(seed)
    levels = [
        torch.randn(channels, GRID // 2**halved, GRID // 2**halved, generator=generator).half()
        for halved, channels in enumerate((40, 112, 320))
    ]
    box = 32 * (1 + seed % 2) / 100
    annotations = [annotation((20.0, 30.0 + 5 * seed, 100 * box, 30.0), 1 + seed % 2)]
    return Example(Features(*levels), labels_in(annotations, whole(100, 100), {1: 0, 2: 1}))


def test_parts_share_no_series_and_nothing_is_left_out():
    dataset = coco()
    series = split_by_series([one["file_name"] for one in dataset["images"]], PartSizes(test=22, development=11), 0)
    parts = [part_of(dataset, found) for found in series.values()]
    seen = [{series_of(image["file_name"]) for image in part["images"]} for part in parts]
    assert not seen[0] & seen[1]
    assert not (seen[0] | seen[1]) & seen[2]
    assert [len(part["images"]) for part in parts] == [20, 10, 30]  # no series is torn apart to fill a part


def test_smaller_training_subset_is_part_of_the_larger_and_shows_objects():
    pool = coco()
    small, large = (training_subset(pool, num, seed=3) for num in (10, 20))
    ids = [{image["id"] for image in one["images"]} for one in (small, large)]
    assert ids[0] < ids[1]
    assert {entry["image_id"] for entry in large["annotations"]} == ids[1]
    assert ids[0] != {image["id"] for image in training_subset(pool, 10, seed=4)["images"]}
    with pytest.raises(InputError, match="the pool has 48"):
        training_subset(pool, 49, seed=3)


def test_written_split_is_read_back_as_sound_coco(tmp_path):
    write_json(coco(num_series=80), tmp_path / "all.json")
    write_split(tmp_path / "all.json", tmp_path / "split", [5], [0])
    counts = json.loads((tmp_path / "split" / "split.json").read_text())["counts"]
    assert counts["test"] == {"pictures": 250, "with_object": 200, "objects": 200}
    assert len(read_coco(tmp_path / "split" / training_name(5, 0)).images) == 5


def test_decoded_boxes_are_the_encoded_ones():
    # A small one inside a large one, one of another class at the same place, and one cut off by the edge.
    boxes = torch.tensor([[0.5, 0.5, 0.8, 0.6], [0.3, 0.3, 0.1, 0.2], [0.9, 0.5, 0.2, 0.1], [0.8, 0.05, 0.2, 0.1]])
    annotations = [
        annotation(tuple(100 * value for value in (x - w / 2, y - h / 2, w, h)), number)
        for (x, y, w, h), number in zip(boxes.tolist(), (1, 1, 2, 1), strict=True)
    ]
    labels = labels_in(annotations, whole(100, 100), {1: 0, 2: 1})
    target = encode([labels], NUM_CLASSES, 40)
    (found,) = decode(Maps(torch.logit(target.maps.heat, eps=1e-6), target.maps.box), len(boxes))
    order = [int((found.boxes_cxcywh - box).abs().sum(1).argmin()) for box in boxes]
    torch.testing.assert_close(found.boxes_cxcywh[order], boxes, atol=1e-5, rtol=0)
    assert found.classes[order].tolist() == [0, 0, 1, 0]
    assert target.num_objects == 4
    assert target.box_weight.sum() <= 4 + 1e-5


def test_perfect_maps_cost_next_to_nothing_and_ignored_places_nothing():
    crowd = annotation((60.0, 60.0, 30.0, 30.0), is_crowd=True)
    labels = labels_in([annotation((10.0, 10.0, 20.0, 20.0)), crowd], whole(100, 100), {1: 0})
    target = encode([labels], 1, 20)
    perfect = Maps(torch.where(target.maps.heat == 1, 20.0, -20.0), target.maps.box)
    assert loss_of(perfect, target, 1.0) < 1e-3
    heat = perfect.heat.clone()
    heat[0, 0, 14, 14] = 20.0  # found in the crowd
    assert loss_of(Maps(heat, perfect.box), target, 1.0) < 1e-3
    heat[0, 0, 14, 4] = 20.0  # found where nothing is
    assert loss_of(Maps(heat, perfect.box), target, 1.0) > 10


def test_loss_falls_on_one_batch_and_its_objects_are_found():
    examples = [example(seed) for seed in range(4)]
    torch.manual_seed(0)
    fresh = Detector(NUM_CLASSES, RECIPE.width, RECIPE.dropout)
    before = loss_on(fresh, examples, NUM_CLASSES, RECIPE).item()
    model, _ = fit([[one] for one in examples], None, NUM_CLASSES, RECIPE, seed=0)
    assert loss_on(model, examples, NUM_CLASSES, RECIPE).item() < 0.2 * before
    for one, found in zip(examples, find(model, [one.features.levels() for one in examples]), strict=True):
        assert found.classes[0] == one.labels.classes[0]
        assert iou(*(cxcywh_to_xyxy(boxes[0]) for boxes in (found.boxes_cxcywh, one.labels.boxes_cxcywh))) > 0.5


def test_same_seed_gives_the_same_detector_and_leaves_the_generator_alone():
    examples = [[example(seed)] for seed in range(4)]
    short = Recipe(**(vars(RECIPE) | {"num_steps": 3, "dropout": 0.1}))
    state = torch.get_rng_state()
    first, second = (fit(examples, examples, NUM_CLASSES, short, seed=1)[0].state_dict() for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_half_of_a_batch_is_new_where_there_are_new_pictures():
    real, new = ([[example(seed)] for seed in seeds] for seeds in (range(3), range(3, 5)))
    drawn = Batches(real, new, 8, seed=0).draw()
    is_real = [any(one is views[0] for views in real) for one in drawn]
    assert is_real == [True] * 4 + [False] * 4
    assert len(Batches(real, None, 8, seed=0).draw()) == 8


def test_mirrored_view_mirrors_boxes_and_pixels():
    rgb_u8 = np.zeros((60, 100, 3), np.uint8)
    rgb_u8[10:30, 20:50] = 255
    for view in (whole(100, 60), View((0, 0, 100, 60), is_mirrored=True), View((10, 0, 50, 40), is_mirrored=True)):
        canvas = canvas_of(rgb_u8, view, 100)
        labels = labels_in([annotation((20.0, 10.0, 30.0, 20.0))], view, {1: 0})
        x, y, width, height = (100 * labels.boxes_cxcywh[0]).tolist()
        rows, columns = np.nonzero(canvas[..., 0] > GREY_U8)
        assert (columns.min(), columns.max() + 1) == pytest.approx((x - width / 2, x + width / 2), abs=1)
        assert (rows.min(), rows.max() + 1) == pytest.approx((y - height / 2, y + height / 2), abs=1)
        assert (canvas[-1] == GREY_U8).all()


def test_object_that_is_hardly_in_a_view_is_ignored_and_one_outside_is_gone():
    view = View((0, 0, 50, 50))
    labels = labels_in(
        [annotation((45.0, 0.0, 50.0, 20.0)), annotation((60.0, 0.0, 20.0, 20.0)), annotation((30.0, 0.0, 20.0, 20.0))],
        view,
        {1: 0},
    )
    assert (len(labels.boxes_cxcywh), len(labels.ignored_cxcywh)) == (1, 1)


def test_zoomed_views_show_an_object_inside_the_picture():
    objects = [annotation((2.0, 3.0, 20.0, 20.0))]
    views = training_views(objects, 100, 80, num_zooms=30, generator=np.random.default_rng(0))
    assert len(views) == 32
    for view in views:
        left, top, width, height = view.window_xywh_px
        assert min(left, top) >= 0
        assert left + width <= 100
        assert top + height <= 80
        assert len(labels_in(objects, view, {1: 0}).boxes_cxcywh) == 1


def test_truth_has_precision_1_and_chance_nearly_0(tmp_path):
    truth = coco(boxes=((10, 20, 30, 20), (60, 30, 25, 40)))
    exact = [
        {key: one[key] for key in ("image_id", "category_id", "bbox")} | {"score": 0.9} for one in truth["annotations"]
    ]
    assert score(truth, exact).mean.ap == pytest.approx(1.0)
    generator = np.random.default_rng(0)
    boxes = generator.uniform(0, 40, (len(exact), 4)).tolist()
    chance = [one | {"bbox": box, "score": generator.random()} for one, box in zip(exact, boxes, strict=True)]
    assert score(truth, chance).mean.ap50 < 0.1
    assert score(truth, []).mean.ap50 == 0
    empty = [entry["id"] for entry in truth["images"] if entry["id"] % 5 == 0]
    false = [{"image_id": number, "category_id": 1, "bbox": [0, 0, 50, 50], "score": 1.0} for number in empty]
    assert score(truth, exact + false).mean.ap50 < 0.9  # pictures without a car count


def test_detections_go_back_to_pixels_of_the_picture(tmp_path):
    write_json(coco(), tmp_path / "all.json")
    dataset = read_coco(tmp_path / "all.json")
    assert classes_of(dataset) == {1: 0}
    labels = [labels_in(found, whole(100, 80), {1: 0}) for found in dataset.annotations_by_image().values()]
    found = [Found(one.boxes_cxcywh, torch.ones(len(one.classes)), one.classes) for one in labels]
    assert score(coco(), as_coco(dataset, found)).mean.ap == pytest.approx(1.0)


def test_gains_are_means_of_the_seeds_differences():
    results = []
    for arm, values in (("real", (0.2, 0.4)), ("random", (0.3, 0.4)), ("ours", (0.3, 0.5))):
        for seed, value in enumerate(values):
            mean = {"ap50": value, "ap": value / 2, "ap75": 0.0}
            settings = {"set": "street", "num_real": 25, "arm": arm, "seed": seed}
            results.append({"settings": settings, "scores": {"mean": mean, "by_class": {"car": mean}}})
    rows = {row["arm"]: row for row in summary(results)}
    assert rows["ours"]["ap50_over_real"] == pytest.approx({"mean": 10.0, "spread": 0.0, "num": 2})
    assert rows["ours"]["ap50_over_random"]["mean"] == pytest.approx(5.0)
    assert "ap50_over_real" not in rows["real"]
    assert "| + our composites | 40.0 ±14.1 | 20.0 ±7.1 | 10.0 ±0.0 | 5.0 ±7.1 |" in markdown(list(rows.values()))
    assert mean_and_spread([0.5]) == {"mean": 50.0, "spread": None, "num": 1}


def test_a_result_of_other_settings_is_refused(tmp_path):
    pictures = Pictures(tmp_path / "a.json", tmp_path)
    run = Run("street", 25, "ours", 0, pictures, None, pictures, pictures, "self", RECIPE, tmp_path)
    assert run.finished() is None
    run.result_path.parent.mkdir()
    write_json({"settings": run.settings() | {"recipe": {}}}, run.result_path)
    with pytest.raises(InputError, match="other settings"):
        run.finished()
    write_json({"settings": run.settings()}, run.result_path)
    assert run.finished() is not None


def test_arms_have_names_of_their_own():
    assert len({arm.name for arm in ARMS}) == len(ARMS)
    assert isinstance(arm_of("real"), Arm)
    with pytest.raises(InputError, match="no arm"):
        arm_of("none")
