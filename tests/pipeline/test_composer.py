"""Composing: every pixel without a reason to change is kept, and the same call gives the same bytes."""

from itertools import combinations

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from tests.pipeline.models import cutout, scene

from situate.errors import AlphaError, ImageError, InputError, PlacementError
from situate.geometry.boxes import cxcywh_to_xyxy, iou
from situate.geometry.canvas import Letterbox
from situate.imageio.convert import as_picture
from situate.imageio.foreground import prepare_foreground
from situate.pipeline.order import foreground_u8
from situate.pipeline.places import heatmap_in_picture

BOX = (30.0, 20.0, 40.0, 30.0)


def changed_outside_effect(composite, background: np.ndarray) -> int:
    is_changed = (composite.picture.pixels != background).any(axis=2)
    return int((is_changed & (composite.effect == 0)).sum())


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("width", "height"), [(96, 64), (61, 83), (16, 16), (301, 40)])
def test_a_composite_has_the_backgrounds_size_and_depth_and_nothing_else_changes(composer, dtype, width, height):
    background = scene(width, height, dtype)
    (composite,) = composer(background, cutout())
    assert composite.picture.pixels.shape == background.shape
    assert composite.picture.pixels.dtype == dtype
    assert composite.effect.shape == composite.visible_alpha.shape == (height, width)
    assert (composite.effect > 0).any()
    assert (composite.picture.pixels[composite.effect > 0] != background[composite.effect > 0]).any()
    assert changed_outside_effect(composite, background) == 0
    assert composite.effect[composite.effect > 0].min() >= 8


@pytest.mark.parametrize(("width", "object_px"), [(1365, 400), (1925, 300)])
def test_at_the_far_edge_of_a_wide_picture_the_object_reaches_the_edge_and_nothing_else_changes(
    composer, width, object_px
):
    background = cv2.resize(scene(96, 54), (width, 768), interpolation=cv2.INTER_CUBIC)
    box_xywh_px = (float(width - object_px), 300.0, float(object_px), float(object_px))
    (composite,) = composer(background, cutout(object_px, object_px), box_xywh_px=box_xywh_px)
    assert changed_outside_effect(composite, background) == 0
    assert composite.visible_alpha[:, -1].any()


def test_in_a_full_hd_photograph_no_pixel_changes_outside_the_effect(composer):
    background = cv2.resize(scene(192, 108), (1920, 1080), interpolation=cv2.INTER_CUBIC)
    (composite,) = composer(background, cutout(300, 400))
    assert composite.picture.pixels.shape == (1080, 1920, 3)
    assert changed_outside_effect(composite, background) == 0
    assert (composite.effect == 0).mean() > 0.01


def test_a_literal_model_composes_too(literal_composer):
    background = scene()
    (composite,) = literal_composer(background, cutout())
    assert composite.picture.pixels.shape == background.shape
    assert changed_outside_effect(composite, background) == 0


@pytest.mark.parametrize("options", [{"top_k": 2}, {"box_xywh_px": BOX}])
def test_a_literal_model_which_cannot_be_told_a_place_refuses_to_be(literal_composer, options):
    with pytest.raises(InputError, match="`pasted` model such as small"):
        literal_composer(scene(), cutout(), **options)
    assert len(literal_composer.place(scene(), cutout(), top_k=2).placements) == 2


def test_the_same_call_gives_the_same_bytes(composer):
    first, second = (composer(scene(), cutout(), seed=3)[0] for _ in range(2))
    assert first.picture.pixels.tobytes() == second.picture.pixels.tobytes()
    assert first.effect.tobytes() == second.effect.tobytes()
    assert first.placement == second.placement


def test_another_seed_changes_the_noise_but_not_the_place(composer):
    first, second = (composer(scene(), cutout(), seed=seed)[0] for seed in (0, 1))
    assert first.placement == second.placement
    assert (first.picture.pixels != second.picture.pixels).any()
    assert (first.seed, second.seed) == (0, 1)


def test_one_of_several_is_the_same_as_alone(composer):
    background, foreground = as_picture(scene()), prepare_foreground(as_picture(cutout()))
    together = composer(background, foreground.with_pixels(cutout()), top_k=3, seed=5)
    assert len(together) == 3
    _, prediction = composer.pipeline.predict(background.rgb_u8, foreground_u8(foreground))
    for composite in together:
        (alone,) = composer.pipeline(
            background,
            foreground,
            [composite.placement],
            prediction,
            seed=5,
            num_steps=4,
            model_fingerprint=composer.model_fingerprint,
        )
        difference = composite.picture.pixels.astype(int) - alone.picture.pixels.astype(int)
        # At the threshold of the effect a pixel may be kept in one and blended by 8/255 in the other.
        assert np.percentile(np.abs(difference), 99.9) <= 1
        assert np.abs(difference).max() <= 8


def test_several_places_are_ranked_and_apart(composer):
    composites = composer(scene(), cutout(), top_k=4)
    probabilities = [composite.placement.probability for composite in composites]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(0 < probability <= 1 for probability in probabilities)
    scale = torch.tensor([96.0, 64.0, 96.0, 64.0])
    corners = [cxcywh_to_xyxy(torch.tensor(composite.placement.box_cxcywh) * scale) for composite in composites]
    assert max(iou(*pair).item() for pair in combinations(corners, 2)) < 0.51


@pytest.mark.parametrize(
    ("box_xywh_px", "expected"),
    [
        ((20.0, 10.0, 40.0, 30.0), (20, 10, 40, 30)),  # the cut-out's own aspect: the box itself
        ((20.0, 10.0, 60.0, 30.0), (30, 10, 40, 30)),  # too wide: in the middle
        ((20.0, 10.0, 20.0, 40.0), (20, 35, 20, 15)),  # too tall: on the ground
        ((-20.0, 30.0, 40.0, 30.0), (-20, 30, 40, 30)),  # half outside is allowed
    ],
)
def test_a_cutout_is_fitted_into_a_given_box_and_never_stretched(composer, box_xywh_px, expected):
    (composite,) = composer(scene(), cutout(40, 30), box_xywh_px=box_xywh_px)
    assert composite.box_xywh_px == pytest.approx(expected, abs=1e-6)
    assert composite.placement.probability is None


def test_the_object_shows_where_the_box_says(composer):
    (composite,) = composer(scene(), cutout(40, 30), box_xywh_px=BOX)
    rows, columns = np.nonzero(composite.visible_alpha)
    left, top, width, height = BOX
    assert left - 1 <= columns.min()
    assert columns.max() <= left + width
    assert top - 1 <= rows.min()
    assert rows.max() <= top + height


@pytest.mark.parametrize(
    ("box_xywh_px", "message"),
    [
        ((200.0, 10.0, 20.0, 20.0), "lies 0% inside the background of 96 x 64"),  # beside the picture
        ((-21.0, 10.0, 40.0, 20.0), "at least 50% is needed"),  # just under half
        ((10.0, 10.0, 0.0, 20.0), "is empty"),  # no width
        ((10.0, 10.0, -5.0, 20.0), "is empty"),  # corners instead of a size
        ((10.0, 10.0, float("nan"), 20.0), "is empty"),  # float("nan") is a number to Python
        ((float("nan"), 10.0, 20.0, 20.0), "at least 50% is needed"),
        ((float("inf"), 10.0, 20.0, 20.0), "at least 50% is needed"),
        ((0.0, 0.0, 1e6, 1e6), "at least 50% is needed"),  # far larger than the picture
    ],
)
def test_a_box_that_cannot_be_used_is_refused(composer, box_xywh_px, message):
    with pytest.raises(InputError, match=message):
        composer(scene(), cutout(), box_xywh_px=box_xywh_px)


def test_a_cutout_that_lies_outside_once_it_is_fitted_is_refused(composer):
    with pytest.raises(InputError, match=r"fitted .* lies 0% inside the background of 100 x 100"):
        composer(scene(100, 100), cutout(100, 10), box_xywh_px=(0.0, 50.0, 100.0, 100.0))


def test_the_heat_map_is_not_dimmed_at_the_letter_boxs_edge(composer):
    _, prediction = composer.pipeline.predict(scene(90, 50), cutout())
    is_picture = prediction.distribution.cell_log_prob[0].isfinite()
    heatmap = heatmap_in_picture(is_picture.float(), Letterbox(90, 50))
    assert heatmap.min() == pytest.approx(heatmap.max(), rel=1e-4)


@pytest.mark.parametrize(("option", "value"), [("top_k", 0), ("num_steps", 0), ("seed", -1)])
def test_an_option_out_of_range_is_refused(composer, option, value):
    with pytest.raises(InputError, match=f"is {value}; it must be at least"):
        composer(scene(), cutout(), **{option: value})


def test_paths_pictures_and_arrays_give_the_same(composer, tmp_path):
    Image.fromarray(scene()).save(tmp_path / "scene.png")
    Image.fromarray(cutout()).save(tmp_path / "cutout.png")
    inputs = [
        (scene(), cutout()),
        (tmp_path / "scene.png", str(tmp_path / "cutout.png")),
        (Image.fromarray(scene()), Image.fromarray(cutout())),
    ]
    pictures = [composer(*pair)[0].picture.pixels for pair in inputs]
    assert all((picture == pictures[0]).all() for picture in pictures[1:])


@pytest.mark.parametrize(("width", "height"), [(5, 4), (12, 9), (700, 900)])
def test_a_cutout_of_any_size_will_do(composer, width, height):
    (composite,) = composer(scene(), cutout(width, height), box_xywh_px=BOX)
    assert (composite.effect > 0).sum() > 100


def test_an_object_as_large_as_the_picture_will_do(composer):
    background = scene()
    (composite,) = composer(background, cutout(96, 64), box_xywh_px=(0.0, 0.0, 96.0, 64.0))
    assert changed_outside_effect(composite, background) == 0
    assert (composite.effect > 0).mean() > 0.5


def test_one_step_is_enough_to_compose(composer):
    assert composer(scene(), cutout(), num_steps=1)[0].picture.pixels.shape == (64, 96, 3)


def test_the_heat_map_is_a_share_of_probability_a_pixel(composer):
    heatmap = composer.place(scene(80, 50), cutout(), top_k=2).heatmap
    assert heatmap.shape == (50, 80)
    assert heatmap.sum() == pytest.approx(1, abs=1e-4)
    assert heatmap.min() >= 0


def test_pictures_that_cannot_be_used_are_refused(composer):
    empty = cutout()
    empty[..., 3] = 0
    with pytest.raises(AlphaError, match="alpha covers 0.0 %"):
        composer(scene(), empty)
    with pytest.raises(AlphaError, match="situate cutout"):
        composer(scene(), scene())
    with pytest.raises(ImageError, match="at least 16"):
        composer(scene(96, 15), cutout())
    with pytest.raises(PlacementError, match="no place is left"):
        composer(scene(), np.concatenate([np.zeros((2, 1, 4), np.uint8), np.full((2, 900, 4), 255, np.uint8)], axis=1))
