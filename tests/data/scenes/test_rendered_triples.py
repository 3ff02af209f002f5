import json
from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pytest

from situate.data.scenes.camera import Camera
from situate.data.scenes.cards import card_brightness
from situate.data.scenes.cutout import crop_around
from situate.data.scenes.render import Crop
from situate.data.scenes.things import Thing
from situate.data.scenes.triple import effect_of, render_picture, render_triples, stage_world
from situate.data.scenes.world import draw_world

SIZE_PX = 64


def triples_of(rendered):
    return [(scene.world, triple) for scene in rendered for triple in scene.triples]


def pasted_alpha(triple) -> np.ndarray:
    """The cut-out's alpha, shrunk into its box on the picture's canvas by averaging areas."""
    height, width = triple.effect.shape
    scale = 8
    canvas = np.zeros((height * scale, width * scale), np.float32)
    centre_x, centre_y, box_width, box_height = triple.box_cxcywh
    left, top = round((centre_x - box_width / 2) * width * scale), round((centre_y - box_height / 2) * height * scale)
    size = round(box_width * width * scale), round(box_height * height * scale)
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(triple.foreground[..., 3], size)
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)


def test_pictures_agree_bit_for_bit_outside_the_effect(rendered):
    for _, triple in triples_of(rendered):
        outside = triple.effect == 0
        assert outside.any()
        np.testing.assert_array_equal(triple.composite[outside], triple.background[outside])


def test_effect_is_full_wherever_the_object_is_seen(rendered):
    for _, triple in triples_of(rendered):
        assert triple.visible_alpha.max() > 200
        assert (triple.effect[triple.visible_alpha > 0] == 255).all()


def test_object_changes_the_picture_where_it_is_seen(rendered):
    for _, triple in triples_of(rendered):
        change = cv2.absdiff(triple.composite, triple.background).max(2)
        assert change[triple.visible_alpha > 200].mean() > 10


def test_visible_alpha_never_exceeds_the_amodal_alpha(rendered):
    for _, triple in triples_of(rendered):
        assert (triple.visible_alpha <= triple.amodal_alpha).all()
        assert (triple.effect[triple.visible_alpha > 0] == 255).all()


def test_the_pasted_cutout_covers_what_the_object_would(rendered):
    # The cut-out is seen from a slightly different pitch, so outlines differ by a part of a pixel.
    for _, triple in triples_of(rendered):
        difference = np.abs(triple.amodal_alpha / 255 - pasted_alpha(triple) / 255)
        assert difference.sum() < 0.22 * triple.amodal_alpha.sum() / 255


def test_support_holds_the_contact_of_the_object(rendered):
    for world, triple in triples_of(rendered):
        contact = triple.truth["things"][triple.truth["object"]]["contact_px"]
        column, row = (int(np.floor(value)) for value in contact)
        assert triple.support.shape == triple.effect.shape
        assert triple.support[row, column] == 255
        assert triple.truth["seed"] == world.seed


def test_truth_is_plain_json_with_the_camera_and_every_footprint(rendered):
    for world, triple in triples_of(rendered):
        told = json.loads(json.dumps(triple.truth))
        assert told == triple.truth
        assert Camera(**told["camera"]) == world.camera
        assert [thing["kind"] for thing in told["things"]] == [thing.kind for thing in world.things]


def test_an_object_with_nothing_in_front_is_seen_as_it_is_pasted(rendered):
    nearest = [
        (scene.world, min(range(len(scene.world.things)), key=lambda k: np.hypot(*scene.world.things[k].position_m)))
        for scene in rendered
    ]
    for scene, (_, index) in zip(rendered, nearest, strict=True):
        triple = next(triple for triple in scene.triples if triple.key.endswith(f"-{index}"))
        assert triple.visible_alpha.sum() == pytest.approx(pasted_alpha(triple).sum(), rel=0.08)


def test_box_is_the_outline_of_the_projected_body(rendered):
    for world, triple in triples_of(rendered):
        index = int(triple.key.rsplit("-", 1)[1])
        points_px = world.camera.project(world.things[index].placed_points_m)
        size_px = np.array([world.camera.width_px, world.camera.height_px])
        centre, size = np.array(triple.box_cxcywh[:2]) * size_px, np.array(triple.box_cxcywh[2:]) * size_px
        np.testing.assert_allclose(centre - size / 2, points_px.min(0), atol=0.6)
        np.testing.assert_allclose(centre + size / 2, points_px.max(0), atol=0.6)


def test_contact_with_the_ground_is_at_the_bottom_of_the_box(rendered):
    for world, triple in triples_of(rendered):
        thing = world.things[int(triple.key.rsplit("-", 1)[1])]
        footprint = thing.placed_points_m.copy()
        footprint[:, 2] = 0
        nearest_row = world.camera.project(footprint)[:, 1].max()
        bottom_px = (triple.box_cxcywh[1] + triple.box_cxcywh[3] / 2) * world.camera.height_px
        contact_row = world.camera.project(np.array([[*thing.position_m, 0.0]]))[0, 1]
        assert contact_row - 0.6 <= bottom_px <= nearest_row + 0.6


def test_cutout_is_trimmed_and_of_a_useful_size(rendered):
    for _, triple in triples_of(rendered):
        alpha = triple.foreground[..., 3]
        assert 30 <= max(alpha.shape) <= 110
        for edge in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]):
            assert edge.max() > 0.05 * 255 - 1


def test_cutout_was_lit_by_another_light(rendered):
    differences = []
    for _, triple in triples_of(rendered):
        inside = triple.visible_alpha == 255
        if inside.sum() >= 20:
            own = triple.foreground[triple.foreground[..., 3] == 255, :3].mean(0)
            differences.append(np.abs(own - triple.composite[inside].mean(0)).max())
    assert np.mean(differences) > 5


def test_every_object_becomes_a_triple_or_is_counted(rendered):
    for scene in rendered:
        assert len(scene.triples) + sum(scene.skipped.values()) == len(scene.world.things)


def test_what_is_hidden_is_skipped_and_counted(renderer, monkeypatch):
    from collections import Counter

    from situate.data.scenes import triple as module

    monkeypatch.setattr(module, "MIN_VISIBLE", 2.0)
    skipped = Counter()
    assert module.render_triples(renderer, draw_world(np.random.default_rng(0), 32), "scene", [0], skipped) == []
    assert sum(skipped.values()) == 1


def test_crop_holds_the_whole_body(rendered):
    world = rendered[0].world
    for thing in world.things:
        crop: Crop = crop_around(world.camera, thing, 3)
        points_px = world.camera.project(thing.placed_points_m) * 3
        assert (points_px.min(0) >= (crop.left_px, crop.top_px)).all()
        assert (points_px.max(0) <= (crop.left_px + crop.width_px, crop.top_px + crop.height_px)).all()


def test_effect_drops_lone_pixels_and_fades_within_two_pixels():
    background = np.full((24, 24, 3), 100, np.uint8)
    composite, visible = background.copy(), np.zeros((24, 24), np.uint8)
    composite[2, 2] = 120  # a lone Monte Carlo pixel
    composite[10:14, 6:16] = 60  # a shadow, wider than the object
    composite[18:22, 18:22] = 102  # a change within the noise
    visible[10:14, 8:12] = 255
    effect = effect_of(background, composite, visible)
    assert effect[2, 2] == 0
    assert (effect[10:14, 8:12] == 255).all()
    assert (effect[11:13, 6:16] == 255).all()
    assert list(effect[11, 15:19]) == [255, 170, 85, 0]
    assert not effect[17:, 17:].any()


def test_taking_away_the_only_see_through_object_changes_nothing_far_from_it(renderer, monkeypatch):
    world, real = draw_world(np.random.default_rng(0), SIZE_PX), Thing.paints

    def glassy_first(thing):
        opacity = 0.5 if thing == world.things[0] else None
        return {slot: replace(paint, opacity=opacity) for slot, paint in real(thing).items()}

    monkeypatch.setattr(Thing, "paints", glassy_first)
    staged = stage_world(renderer, world)
    change = cv2.absdiff(render_picture(renderer, staged), render_picture(renderer, staged, left_out=0)).max(2)
    assert change.max() > 0
    assert (change > 0).mean() < 0.05


def test_the_ground_hides_the_lower_sky_from_a_thing_but_not_from_its_cutout(rendered, renderer):
    """`bounce` lights what is rendered alone; in the scene nothing of it arrives, and the label says so."""
    world, triple = rendered[0].world, rendered[0].triples[0]
    index = triple.truth["object"]
    dim = replace(world, light=replace(world.light, bounce=(0.0, 0.0, 0.0)))
    again = render_triples(renderer, dim, "scene", [index], Counter())[0]
    np.testing.assert_allclose(again.light, triple.light, atol=0.02)
    middle_m = (*world.things[index].position_m, world.things[index].height_m / 2)
    lit_from_below = card_brightness(world.light, stage_world(renderer, world).gain, middle_m)
    assert (lit_from_below[4] > triple.light[0, 4] + 0.03).all()
