"""What a stub network made of a window, and how much of it a caller takes: every promise holds for any network."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pipeline.models import cutout, scene
from tests.pipeline.stub_network import SIZE, changing_image, made, random_image

from situate.errors import InputError
from situate.geometry.boxes import xywh_px_to_cxcywh
from situate.geometry.correction import correction_of
from situate.geometry.paste import paste, place_foreground

WIDTH, HEIGHT = 200, 150
BOX = (70.0, 50.0, 60.0, 45.0)


def pasted(background: np.ndarray, box_xywh_px: tuple[float, float, float, float]) -> np.ndarray:
    return paste(background, cutout(), xywh_px_to_cxcywh(box_xywh_px, (background.shape[1], background.shape[0])))


def object_alpha(box_xywh_px: tuple[float, float, float, float]) -> np.ndarray:
    return place_foreground(cutout(), xywh_px_to_cxcywh(box_xywh_px, (WIDTH, HEIGHT)), (WIDTH, HEIGHT))[1]


@given(
    st.tuples(st.integers(16, 120), st.integers(16, 120)),
    st.tuples(st.floats(-0.1, 1.1), st.floats(-0.1, 1.1), st.floats(0.03, 1.5)),
    st.sampled_from([np.uint8, np.uint16]),
    st.sampled_from([3, 4]),
    st.tuples(st.sampled_from([0.0, 0.3, 1.0]), st.sampled_from(["all", "light", "shadow", "none"])),
    st.integers(0, 2**32 - 1),
)
def test_outside_the_effect_not_one_sample_differs(resolution_wh, place, dtype, channels, options, seed):
    width, height = resolution_wh
    full = np.iinfo(dtype).max
    background = np.random.default_rng(seed).integers(0, full, (height, width, channels), dtype=dtype, endpoint=True)
    side = place[2] * min(resolution_wh)
    box = (place[0] * width - side / 2, place[1] * height - side / 2, side, 0.75 * side)
    composite = made(background, cutout(), box, random_image(seed), correction_of(*options))
    pixels, effect = composite.picture.pixels, composite.effect
    assert pixels.dtype == dtype
    np.testing.assert_array_equal(pixels[effect == 0], background[effect == 0])
    assert effect[effect > 0].min(initial=255) >= 8
    assert (effect[composite.visible_alpha > 0] == 255).all()
    if channels == 4:
        assert (pixels[..., 3] >= background[..., 3]).all()
        assert (pixels[..., 3][composite.visible_alpha == 255] >= full - full // 255).all()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("box", [BOX, (-20.5, 40.3, 80.0, 60.0), (3.3, 2.2, 12.0, 9.0), (-10.0, -5.0, 220.0, 165.0)])
def test_with_strength_0_the_result_is_the_plain_paste(seed, box):
    background = scene(WIDTH, HEIGHT)
    composite = made(background, cutout(), box, random_image(seed), correction_of(0.0, "all"))
    difference = np.abs(composite.picture.pixels.astype(int) - pasted(background, box))
    assert difference.max() <= 1
    is_outside = composite.visible_alpha == 0
    np.testing.assert_array_equal(composite.picture.pixels[composite.effect == 0], background[composite.effect == 0])
    assert (composite.effect[is_outside & (object_alpha(box) == 0)] == 0).all()


def test_the_change_grows_with_the_strength():
    background = scene(WIDTH, HEIGHT)
    made_at = [made(background, cutout(), BOX, random_image(5), correction_of(s, "all")) for s in (0.0, 0.25, 0.5, 1.0)]
    plain = made_at[0].picture.pixels.astype(int)
    changes = [np.abs(one.picture.pixels.astype(int) - plain).mean() for one in made_at]
    assert changes == sorted(changes)
    assert changes[1] == pytest.approx(changes[3] / 4, rel=0.25)
    np.testing.assert_array_equal(
        made_at[3].picture.pixels, made(background, cutout(), BOX, random_image(5)).picture.pixels
    )


def test_matching_light_alone_leaves_the_ground():
    background = scene(WIDTH, HEIGHT)
    composite = made(background, cutout(), BOX, changing_image(), correction_of(1.0, "light"))
    np.testing.assert_array_equal(composite.effect > 0, object_alpha(BOX) >= 0.5 / 255)
    inside = composite.visible_alpha == 255
    assert np.abs(composite.picture.pixels[inside].astype(int) - pasted(background, BOX)[inside]).mean() > 20


def test_matching_shadow_alone_leaves_the_objects_colours():
    background = scene(WIDTH, HEIGHT)
    composite = made(background, cutout(), BOX, changing_image(), correction_of(1.0, "shadow"))
    inside = object_alpha(BOX) > 1 - 1e-6
    assert np.abs(composite.picture.pixels[inside].astype(int) - pasted(background, BOX)[inside]).max() <= 1
    ground = (composite.effect == 255) & (composite.visible_alpha == 0)
    assert ground.sum() > 1000
    assert (composite.picture.pixels[ground].mean(axis=0) > background[ground].mean(axis=0) + 20).all()


def test_what_hides_the_object_does_so_whatever_is_matched_but_not_at_strength_0():
    background = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    image = changing_image()
    image[:, : SIZE // 2, 3] = -1
    for match in ("all", "light", "shadow", "none"):
        composite = made(background, cutout(), BOX, image, correction_of(1.0, match))
        assert (composite.visible_alpha[:, :85] == 0).all(), match
        assert np.abs(composite.visible_alpha[:, 115:] - 255 * object_alpha(BOX)[:, 115:]).max() <= 1, match
    plain = made(background, cutout(), BOX, image, correction_of(0.0, "none"))
    assert np.abs(plain.visible_alpha - 255 * object_alpha(BOX)).max() <= 1


@pytest.mark.parametrize("size", [32, 64, 128])
def test_a_change_of_everything_in_the_window_ends_without_a_step(size):
    """The window of a 100 px object is 256 px wide; what ends at its border fades over a sixteenth of that."""
    background = np.full((900, 900, 3), 60, np.uint8)
    foreground = np.full((100, 100, 4), 255, np.uint8)
    composite = made(background, foreground, (400.0, 400.0, 100.0, 100.0), changing_image(size))
    columns = np.flatnonzero(composite.effect[450])
    first, last = columns[0], columns[-1]
    assert 230 <= last - first + 1 <= 256
    line = composite.picture.pixels[450, :, 0].astype(int)
    outside = np.r_[line[:395], line[505:]]
    assert outside.max() - 60 > 150
    steps = np.abs(np.diff(line[:395]))
    # 170 levels over 16 pixels: a smooth fall is 1.5 times as steep in its middle as an even one, and less at its ends.
    assert steps.max() <= 1.6 * 170 / 16
    assert abs(line[first] - 60) <= 170 / 16
    assert abs(line[last] - 60) <= 170 / 16


def test_an_unsure_network_changes_nothing_far_from_the_object():
    """0.3 everywhere is what a network says of a photograph that it does not understand."""
    image = changing_image()
    image[..., 4] = 2 * 0.3 - 1
    composite = made(scene(WIDTH, HEIGHT), cutout(), BOX, image)
    np.testing.assert_array_equal(composite.effect > 0, object_alpha(BOX) >= 0.5 / 255)


def test_the_networks_patches_leave_no_grid_in_the_effect():
    image = changing_image(64)
    rows, columns = np.mgrid[:64, :64]
    image[..., 4] = np.where((rows + columns) % 2 == 0, 0.15, -0.15)
    composite = made(np.full((400, 400, 3), 90, np.uint8), cutout(), (180.0, 180.0, 40.0, 30.0), image)
    ground = composite.effect[230:250, 190:230].astype(int)
    assert ground.min() > 0
    assert ground.max() - ground.min() < 20


def test_a_grey_picture_stays_grey():
    grey = np.repeat(scene(WIDTH, HEIGHT)[..., :1], 3, axis=2)
    composite = made(grey, cutout(), BOX, random_image(3), is_grey=True)
    pixels = composite.picture.pixels
    assert composite.picture.is_grey
    assert (pixels == pixels[..., :1]).all()
    plain = made(grey, cutout(), BOX, random_image(3), correction_of(0.0, "all"), is_grey=True).picture.pixels
    wanted = cv2.cvtColor(pasted(grey, BOX), cv2.COLOR_RGB2GRAY)
    assert np.abs(plain[..., 0].astype(int) - wanted).max() <= 2


def test_an_object_on_nothing_keeps_its_colours_up_to_its_soft_rim():
    """Black is stored under what is see-through: it must not darken the rim."""
    soft = np.full((30, 40, 4), (200, 60, 30, 255), np.uint8)
    soft[..., 3] = (255 * np.clip(np.minimum(np.arange(40), np.arange(40)[::-1]) / 8, 0, 1)).astype(np.uint8)
    background = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    composite = made(background, soft, BOX, random_image(0), correction_of(0.0, "all"))
    alpha = composite.picture.pixels[..., 3]
    np.testing.assert_array_equal(alpha, composite.visible_alpha)
    shown = alpha > 8
    assert (alpha[shown] < 200).any()
    assert np.abs(composite.picture.pixels[shown][:, :3].astype(int) - (200, 60, 30)).max() <= 3


@pytest.mark.parametrize("option", [{"strength": 0.5}, {"match": "light"}])
def test_a_literal_model_has_nothing_to_choose_between(literal_composer, option):
    with pytest.raises(InputError, match="no paste that its changes could be told from.*`pasted` model"):
        literal_composer(scene(), cutout(), **option)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"strength": 1.5}, "strength is 1.5; it must be between 0"),
        ({"strength": -0.1}, "strength is -0.1"),
        ({"strength": float("nan")}, "strength is nan"),
    ],
)
def test_a_strength_out_of_range_is_refused(composer, option, words):
    with pytest.raises(InputError, match=words):
        composer(scene(), cutout(), **option)


def test_plain_paste_does_not_wait_for_the_synthesis_network(composer, monkeypatch):
    (slow,) = composer(scene(), cutout(), strength=1e-12)
    monkeypatch.setattr(type(composer.pipeline), "_denoise", lambda *_: pytest.fail("it was run"))
    (fast,) = composer(scene(), cutout(), strength=0.0)
    np.testing.assert_array_equal(fast.visible_alpha, slow.visible_alpha)
    # The slow one shades the ground by so little that rounding takes it away: the pictures are the same everywhere.
    np.testing.assert_array_equal(fast.picture.pixels, slow.picture.pixels)
    np.testing.assert_array_equal(fast.effect > 0, fast.visible_alpha > 0)


def test_strength_and_match_reach_one_and_several_objects(composer):
    plain = composer(scene(), cutout(), strength=0.0)[0]
    whole = composer(scene(), cutout())[0]
    assert plain.placement == whole.placement
    assert (plain.effect > 0).sum() < (whole.effect > 0).sum()
    several = composer.compose_several(scene(), [cutout()], strength=0.0)
    np.testing.assert_array_equal(several.picture.pixels, plain.picture.pixels)
    light = composer(scene(), cutout(), match="light")[0]
    np.testing.assert_array_equal(light.effect > 0, plain.effect > 0)
