"""Each part of a cut-out's quality speaks for what it says, and the worst of real photographs come last."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from situate.data.objects.crops import MaskCrop, crop_of
from situate.data.objects.occlusion import occlusion_of
from situate.data.objects.quality import CutoutQuality, cutout_quality
from situate.imageio.read import read_picture
from situate.labels.coco import read_coco
from situate.labels.coco_mask import mask_of

SIDE = 256
RED, GREEN = (200, 40, 40), (60, 150, 70)


def disc(radius_px: int = 40, x: int = 128, y: int = 128, side_px: int = SIDE) -> MaskCrop:
    return crop_of(cv2.circle(np.zeros((side_px, side_px), np.uint8), (x, y), radius_px, 1, -1).astype(bool))


def drawn(crop: MaskCrop, *, blur_px: float = 0, side_px: int = SIDE, colour: Sequence[int] = RED) -> np.ndarray:
    """The object in one colour before another, with a little grain."""
    pixels = np.full((side_px, side_px, 3), GREEN, np.uint8)
    pixels[crop.window(0, 0, side_px, side_px)] = colour
    if blur_px:
        pixels = cv2.GaussianBlur(pixels, (0, 0), blur_px)
    grain = np.random.default_rng(0).normal(0, 2, pixels.shape)
    return np.clip(np.round(pixels + grain), 0, 255).astype(np.uint8)


def quality_of(crop: MaskCrop, *others: MaskCrop, **keywords: Any) -> CutoutQuality:
    return cutout_quality(drawn(crop, **keywords), crop, others)


def test_a_large_whole_sharp_object_by_itself_is_perfect() -> None:
    quality = quality_of(disc())
    assert (quality.size, quality.wholeness, quality.openness) == (1, 1, 1)
    assert quality.sharpness > 0.85
    assert quality.score == pytest.approx(quality.sharpness)


def test_the_score_is_the_product_of_the_parts() -> None:
    assert CutoutQuality(size=0.5, sharpness=0.5, wholeness=0.8, openness=1.0).score == pytest.approx(0.2)


def test_smaller_is_worse_and_counts_in_the_stored_picture() -> None:
    sizes = [quality_of(disc(radius_px)).size for radius_px in (40, 20, 10, 6)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 1
    assert 0.2 < sizes[-1] < 0.5
    large = disc(80, 512, 512, side_px=1024)
    stored = cutout_quality(drawn(large, side_px=1024), large, [], size_px=256)
    assert stored.size == pytest.approx(sizes[1], abs=0.01)


def test_blur_costs_sharpness() -> None:
    sharpness = [quality_of(disc(), blur_px=blur_px).sharpness for blur_px in (0, 0.8, 1.2, 3)]
    assert sharpness == sorted(sharpness, reverse=True)
    assert sharpness[-1] == 0


def test_blur_counts_at_the_size_that_is_looked_at() -> None:
    """What would be hopeless in a small object is little in one four times as large as what is kept of it."""
    large = disc(480, 512, 512, side_px=1024)
    assert quality_of(disc(), blur_px=2).sharpness < 0.1
    assert cutout_quality(drawn(large, blur_px=2, side_px=1024), large, []).sharpness > 0.6


@pytest.mark.parametrize("colour", [GREEN, (62, 151, 72)])
def test_what_has_the_colours_of_its_background_is_not_sharp(colour: tuple[int, int, int]) -> None:
    assert quality_of(disc(), colour=colour).score < 0.05


def test_a_mask_beside_the_object_is_not_sharp() -> None:
    pixels = drawn(disc(20, 60, 60))
    assert cutout_quality(pixels, disc(20, 160, 160), []).score < 0.05


def test_a_mask_that_is_far_too_large_is_not_sharp() -> None:
    assert cutout_quality(drawn(disc(30)), disc(45), []).score < 0.05


def test_near_the_edge_and_in_pieces_is_less_whole() -> None:
    assert quality_of(disc(40, 46)).wholeness == pytest.approx(0.89, abs=0.02)
    pieces = crop_of(disc(40, 80).window(0, 0, SIDE, SIDE) | disc(15, 180).window(0, 0, SIDE, SIDE))
    assert 0.2 < quality_of(pieces).wholeness < 0.5


def test_others_cost_openness() -> None:
    touching, on_it, far = disc(40, 210), disc(20, 165), disc(10, 30, 30)
    assert quality_of(disc(), far).openness == 1
    assert quality_of(disc(), touching).openness < 1
    assert quality_of(disc(), on_it).openness < 0.8


def test_occlusion_is_measured_in_shares() -> None:
    square = crop_of(np.pad(np.ones((40, 40), bool), 40))
    half = crop_of(np.pad(np.ones((40, 20), bool), ((40, 40), (40, 60))))
    beside = crop_of(np.pad(np.ones((40, 20), bool), ((40, 40), (81, 19))))
    table = crop_of(np.ones((120, 120), bool))
    assert occlusion_of(square, [half], 2).covered == pytest.approx(0.5)
    assert occlusion_of(square, [half], 2).intrusion == 0
    assert occlusion_of(square, [beside], 2).contact == pytest.approx(40 / 156, abs=0.03)
    assert occlusion_of(square, [table], 2) == occlusion_of(square, [], 2)


@pytest.mark.parametrize("pixel", [0, 127, 255])
def test_one_pixel_at_the_picture_border_has_a_quality(pixel: int) -> None:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[pixel, pixel] = True
    assert 0 <= quality_of(crop_of(mask)).score <= 1


def test_a_mask_of_the_whole_picture_has_a_quality() -> None:
    assert quality_of(crop_of(np.ones((SIDE, SIDE), bool))).score == 0


def test_what_is_hard_to_see_in_real_photographs_comes_last(shared_data: Path) -> None:
    """Judged by eye: lost in the dark, behind a mirror, white on white; and a zebra, a stop sign, a fire hydrant."""
    bad, good = (129, 593, 1032, 2691), (532, 533, 2798)
    dataset = read_coco(shared_data / "coco" / "instances.json")
    images = {image.id: image for image in dataset.images}
    scores = {}
    for annotation in dataset.annotations:
        if annotation.id not in bad + good:
            continue
        image = images[annotation.image_id]
        own = [other for other in dataset.annotations if other.image_id == image.id]
        crops = {other.id: crop_of(mask_of(other, image.height, image.width)) for other in own}
        crop = crops.pop(annotation.id)
        pixels = read_picture(shared_data / "coco" / "images" / image.file_name).rgb_u8
        scores[annotation.id] = cutout_quality(pixels, crop, list(crops.values())).score
    assert max(scores[object_id] for object_id in bad) < 0.05
    assert min(scores[object_id] for object_id in good) > 0.9
