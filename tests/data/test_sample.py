"""From a triple to what the networks see: frames agree, draws follow the seed, sources teach what they know."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from tests.synthetic import synthetic_triple

from situate.data.sample import SampleConfig, composing_window, training_sample, validation_sample
from situate.data.supervision import supervision
from situate.geometry.canvas import Letterbox
from situate.geometry.window import Window
from situate.records.batch import Batch
from situate.records.triple import Triple

CONFIG = SampleConfig()
TRIPLE = synthetic_triple(5)


def as_photo(triple: Triple) -> Triple:
    """The same as a photograph: the object stood in a hole that is larger than itself."""
    hole = np.zeros_like(triple.effect)
    rows, columns = np.nonzero(triple.visible_alpha)
    hole[max(rows.min() - 2, 0) : rows.max() + 3, max(columns.min() - 2, 0) : columns.max() + 3] = 255
    return replace(triple, source="photos", hole=hole, effect=triple.visible_alpha)


def tensors(record) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        found |= {field.name: value} if isinstance(value, torch.Tensor) else tensors(value)
    return found


def same(first: Batch, second: Batch) -> bool:
    return all(torch.equal(value, tensors(second)[name]) for name, value in tensors(first).items())


@pytest.mark.parametrize("triple", [TRIPLE, as_photo(TRIPLE)], ids=["scenes", "photos"])
def test_a_training_sample_is_a_function_of_triple_and_seed(triple):
    assert same(training_sample(triple, 11, CONFIG), training_sample(triple, 11, CONFIG))
    assert not same(training_sample(triple, 11, CONFIG), training_sample(triple, 12, CONFIG))


@pytest.mark.parametrize("triple", [TRIPLE, as_photo(TRIPLE)], ids=["scenes", "photos"])
def test_a_validation_sample_is_always_the_same(triple):
    assert same(validation_sample(triple, CONFIG), validation_sample(triple, CONFIG))


@pytest.mark.parametrize("seed", range(8))
def test_everything_lies_in_its_range(seed):
    sample = training_sample(TRIPLE, seed, CONFIG)
    for name in ("background", "pasted", "image"):
        value = tensors(sample)[name]
        assert value.min() >= -1 - 1e-5
        assert value.max() <= 1 + 1e-5
    for name in ("alpha", "pasted_alpha", "image_weight"):
        value = tensors(sample)[name]
        assert value.min() >= 0
        assert value.max() <= 1


@pytest.mark.parametrize("seed", range(12))
def test_pasted_alpha_lies_where_the_object_is(seed):
    sample = training_sample(TRIPLE, seed, CONFIG)
    pasted = sample.synthesis.pasted_alpha[0, 0] > 0.5
    visible = sample.image[0, 3] > 0
    overlap = (pasted & visible).sum() / (pasted | visible).sum()
    assert overlap > 0.6, "paste and truth are in different places"


@pytest.mark.parametrize("seed", range(6))
def test_the_object_stays_whole_in_the_window(seed):
    config = CONFIG.model_copy(update={"crop_probability": 0.0, "flip_probability": 0.0})
    sample = training_sample(TRIPLE, seed, config)
    share = sample.synthesis.window_cxcywh[0, 2].item()
    object_area = (np.asarray(TRIPLE.visible_alpha) > 0).sum() / 64**2
    seen = (sample.image[0, 3] > 0).float().mean().item() * share**2
    assert seen == pytest.approx(object_area, rel=0.3)


def test_the_position_is_the_boxes_foot_on_the_canvas():
    x, y, log_height = validation_sample(TRIPLE, CONFIG).positions[0, 0].tolist()
    cx, cy, _, h = TRIPLE.box_cxcywh
    # 64 x 48 pixels: the canvas has an eighth of padding above and below.
    assert x == pytest.approx(cx, abs=2e-3)
    assert y == pytest.approx(0.125 + 0.75 * (cy + h / 2), abs=2e-3)
    assert np.exp(log_height) == pytest.approx(0.75 * h, rel=1e-4)


def test_an_object_that_stands_on_the_pictures_edge_can_be_learnt():
    from situate.nn.distribution import NUM_PARAMETERS, distribution_from

    triple = replace(TRIPLE, box_cxcywh=(1.0, 0.9, 0.2, 0.2))
    sample = validation_sample(triple, CONFIG)
    density = distribution_from(torch.zeros(1, NUM_PARAMETERS, 16, 16), sample.placement.content_xyxy)
    assert torch.isfinite(density.log_prob(sample.positions)).all()


def test_flipping_a_sample_mirrors_its_position():
    plain = CONFIG.model_copy(update={"flip_probability": 0.0, "crop_probability": 0.0})
    mirrored = plain.model_copy(update={"flip_probability": 1.0})
    first, second = (training_sample(TRIPLE, 4, config) for config in (plain, mirrored))
    assert second.positions[0, 0, 0].item() == pytest.approx(1 - first.positions[0, 0, 0].item(), abs=1e-6)
    assert torch.equal(second.positions[0, 0, 1:], first.positions[0, 0, 1:])
    # Other draws are the same, so the canvases are mirror images.
    torch.testing.assert_close(second.placement.background, first.placement.background.flip(3), atol=0.03, rtol=0)


def test_literal_samples_show_the_whole_picture_and_no_place():
    config = CONFIG.model_copy(update={"conditioning": "literal"})
    assert composing_window(TRIPLE, config) == Window(0, -8, 64)
    first = training_sample(TRIPLE, 3, config).synthesis.pasted_alpha
    moved = training_sample(replace(TRIPLE, box_cxcywh=(0.2, 0.3, 0.1, 0.1)), 3, config).synthesis.pasted_alpha
    assert torch.equal(first, moved)


def test_scenes_teach_everything_and_a_static_camera_all_but_occlusion():
    scenes, static = supervision(TRIPLE), supervision(replace(TRIPLE, source="static"))
    assert min(scenes.colour.min(), scenes.visible_alpha.min(), scenes.effect.min()) == 1
    assert min(static.colour.min(), static.effect.min()) == 1
    assert static.visible_alpha.max() == 0


def test_photographs_teach_colours_outside_the_ring_and_effect_inside_the_object():
    photo = as_photo(TRIPLE)
    known = supervision(photo)
    is_object = photo.visible_alpha == 255
    ring = (photo.hole > 0) & ~is_object
    assert ring.any()
    assert known.colour[ring].max() == 0
    assert known.colour[~ring].min() == 1
    assert known.visible_alpha.max() == 0
    np.testing.assert_array_equal(known.effect, is_object)


def test_the_ring_has_no_weight_in_the_sample_either():
    sample = validation_sample(as_photo(TRIPLE), CONFIG)
    assert sample.image_weight[:, :3].min() == 0
    assert sample.image_weight[:, 3].max() == 0
    assert sample.image_weight[:, 4].max() == 1


def test_outside_the_picture_nothing_is_taught():
    triple = replace(TRIPLE, box_cxcywh=(0.5, 0.5, 0.9, 0.9))
    weight = validation_sample(triple, CONFIG.model_copy(update={"conditioning": "literal"})).image_weight[0]
    assert bool((weight[:, :8] == 0).all())
    assert bool((weight[:, 56:] == 0).all())
    assert bool((weight[:, 9:55] == 1).all())


def with_decoy(triple: Triple) -> Triple:
    """The photograph with a decoy in a corner where the object is not; there the picture was white."""
    decoys = np.zeros((*triple.effect.shape, 4), np.uint8)
    decoys[: triple.effect.shape[0] // 4, : triple.effect.shape[1] // 4] = 255
    decoys[triple.hole > 0] = 0
    return replace(triple, decoys=decoys)


@pytest.mark.parametrize("seed", range(6))
def test_without_decoys_the_background_is_the_same_but_where_they_were(seed):
    photo = with_decoy(as_photo(TRIPLE))
    uncropped = CONFIG.model_copy(update={"crop_probability": 0.0, "flip_probability": 0.0})
    sample = training_sample(photo, seed, uncropped)
    assert sample.has_decoys.item() == 1
    difference = (sample.placement.background - sample.without_decoys).abs().amax(1)[0]
    rows, columns = np.nonzero(photo.decoy_mask)
    left, top = (Letterbox(*photo.effect.shape[::-1]).content_xyxy[axis] * CONFIG.background_size for axis in (0, 1))
    scale = CONFIG.background_size / max(photo.effect.shape)
    is_decoy = torch.zeros_like(difference, dtype=torch.bool)
    is_decoy[(top + (rows + 0.5) * scale).astype(int), (left + (columns + 0.5) * scale).astype(int)] = True
    assert difference[is_decoy].mean() > 0.2
    assert difference[~is_decoy].median() == 0
    assert difference[~is_decoy].mean() < 0.02, "JPEG blocks carry a little over the decoys' border"


def test_flips_and_crops_are_the_same_for_both():
    photo = with_decoy(as_photo(TRIPLE))
    largest = []
    for seed in range(6):
        sample = training_sample(photo, seed, CONFIG)
        difference = (sample.placement.background - sample.without_decoys).abs().amax(1)[0]
        assert difference.median() == 0
        largest.append(difference.max().item())
        assert torch.equal(sample.positions, training_sample(replace(photo, decoys=None), seed, CONFIG).positions)
    assert max(largest) > 0.5


@pytest.mark.parametrize("triple", [TRIPLE, as_photo(TRIPLE)], ids=["scenes", "photos"])
def test_where_there_are_no_decoys_nothing_differs(triple):
    for sample in (training_sample(triple, 0, CONFIG), validation_sample(triple, CONFIG)):
        assert sample.has_decoys.item() == 0
        assert torch.equal(sample.without_decoys, sample.placement.background)


def test_validation_shows_decoys_too():
    sample = validation_sample(with_decoy(as_photo(TRIPLE)), CONFIG)
    assert sample.has_decoys.item() == 1
    assert not torch.equal(sample.without_decoys, sample.placement.background)


def as_places(triple: Triple, boxes: list[tuple[float, float, float, float]]) -> Triple:
    """The same scene as a pair without a composite, and where else its object could stand."""
    nothing = np.zeros_like(triple.effect)
    return replace(
        triple,
        source="places",
        composite=triple.background,
        visible_alpha=nothing,
        effect=nothing,
        places=np.array(boxes, np.float32),
    )


PLACES = [(0.3, 0.7, 0.2, 0.2), (0.6, 0.8, 0.25, 0.25)]
THREE = CONFIG.model_copy(update={"num_positions": 3, "flip_probability": 0.0, "crop_probability": 0.0})


def test_a_pair_without_a_composite_teaches_all_its_places_and_no_picture():
    sample = validation_sample(as_places(TRIPLE, PLACES), THREE)
    assert sample.has_composite.item() == 0
    assert not sample.image_weight.any()
    own = validation_sample(TRIPLE, CONFIG).positions[0, 0]
    assert torch.equal(sample.positions[0, 0], own)
    for found, (cx, cy, _, h) in zip(sample.positions[0, 1:].tolist(), PLACES, strict=True):
        # The picture is 64 x 48, so a quarter of the canvas is padding.
        assert found[0] == pytest.approx(cx, abs=1e-6)
        assert found[1] == pytest.approx(1 / 8 + (cy + h / 2) * 0.75, abs=1e-6)
        assert math.exp(found[2]) == pytest.approx(h * 0.75, abs=1e-6)


def test_training_draws_among_the_places_and_validation_takes_the_first():
    one = CONFIG.model_copy(update={"flip_probability": 0.0, "crop_probability": 0.0})
    pair = as_places(TRIPLE, PLACES)
    all_x = {round(x, 4) for x in validation_sample(pair, THREE).positions[0, :, 0].tolist()}
    drawn = {round(training_sample(pair, seed, one).positions[0, 0, 0].item(), 4) for seed in range(40)}
    assert drawn == all_x
    assert len(all_x) == 3


def test_a_triple_with_one_place_shows_it_as_often_as_others_show_many():
    sample = training_sample(TRIPLE, 3, THREE)
    assert sample.positions.shape == (1, 3, 3)
    assert torch.equal(sample.positions, sample.positions[:, :1].expand(-1, 3, -1))
    assert sample.has_composite.item() == 1


def test_only_the_placement_network_sees_a_photographs_foreground_turned():
    photo = as_photo(TRIPLE)
    never, always = (CONFIG.model_copy(update={"turn_probability": share}) for share in (0.0, 1.0))
    straight, turned = training_sample(photo, 5, never), training_sample(photo, 5, always)
    assert not torch.equal(straight.placement.foreground, turned.placement.foreground)
    assert torch.equal(straight.placement.log_aspect, turned.placement.log_aspect)
    assert torch.equal(straight.synthesis.pasted, turned.synthesis.pasted)
    scene = [training_sample(TRIPLE, 5, config).placement.foreground for config in (never, always)]
    assert torch.equal(*scene)


def test_rendered_pictures_are_worn_where_a_recipe_asks_for_it():
    never, always = (CONFIG.model_copy(update={"wear_probability": share}) for share in (0.0, 1.0))
    clean, worn = training_sample(TRIPLE, 5, never), training_sample(TRIPLE, 5, always)
    assert (clean.placement.background - worn.placement.background).abs().mean() > 1 / 255
    assert torch.equal(clean.placement.foreground, worn.placement.foreground)
    assert torch.equal(clean.positions, worn.positions)
    is_empty = worn.image[:, 4:] == -1
    change = (worn.image[:, :3] - worn.synthesis.background).abs()
    assert change[is_empty.expand_as(change)].mean() < 2 / 127.5  # what JPEG carries over the border of the effect
