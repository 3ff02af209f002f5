import numpy as np
import pytest

from situate.data.scenes.camera import Camera, seen_from
from situate.data.scenes.light import LUMINANCE, SEEN_LEVEL, Lamp, draw_light, draw_room_light, seen_gain
from situate.data.scenes.masks import support_of
from situate.data.scenes.meadow import road_ground
from situate.data.scenes.stage import STAGE_PAINTS

CAMERA = Camera(height_m=1.7, pitch_rad=0.25, fov_deg=55.0, width_px=128, height_px=96)


@pytest.mark.parametrize("height_m", [0.0, 0.75])
def test_unprojecting_undoes_projecting(height_m):
    generator = np.random.default_rng(0)
    places = generator.uniform((-2, 2), (2, 9), (40, 2))
    pixels = CAMERA.project(np.column_stack([places, np.full(40, height_m)]))
    np.testing.assert_allclose(CAMERA.unproject(pixels, height_m), places, atol=1e-9)


def test_nothing_on_the_ground_is_above_the_horizon():
    assert np.isnan(CAMERA.unproject(np.array([[64.0, 1.0]]))).all()


@pytest.mark.parametrize("lift_deg", [-3.0, 0.0, 3.0])
def test_a_steeper_view_keeps_the_point_it_looks_at(lift_deg):
    point = np.array([0.8, 4.0, 0.5])
    other = seen_from(CAMERA, point, np.radians(lift_deg), 20)
    here, there = CAMERA.project(point[None])[0], other.project(point[None])[0] - 20
    np.testing.assert_allclose(there, here, atol=0.5)
    assert other.pitch_rad == pytest.approx(CAMERA.pitch_rad + np.radians(lift_deg))
    assert other.focal_px == pytest.approx(CAMERA.focal_px)


def test_support_is_the_road_where_the_road_is_seen():
    ground = road_ground((0.0, 5.0), 0.0, 3.0, 0.0)
    support = support_of(CAMERA, ground, "cone")
    rows, columns = np.nonzero(support)
    places = CAMERA.unproject(np.stack([columns + 0.5, rows + 0.5], 1))
    assert (np.abs(places[:, 0]) <= 1.5).all()
    assert support[90, 64] == 255
    assert not support[:10].any()
    assert not (support & support_of(CAMERA, ground, "tent")).any()


@pytest.mark.parametrize("name", STAGE_PAINTS)
def test_every_paint_is_a_reflectance_that_is_not_flat(name):
    for seed in range(4):
        texture = STAGE_PAINTS[name](np.random.default_rng(seed)).texture
        assert texture.dtype == np.float32
        assert texture.min() >= 0
        assert texture.max() <= 1
        assert texture.std() > 0


def test_exposure_brings_what_is_seen_to_grey():
    light = draw_light(np.random.default_rng(3))
    radiance = np.full((4, 4, 3), 0.02, np.float32)
    gain = np.array(seen_gain(light, radiance))
    assert 0.02 * gain @ np.array(LUMINANCE) == pytest.approx(SEEN_LEVEL * light.bias, rel=1e-5)


def test_exposure_does_not_depend_on_how_bright_a_room_is():
    lamps = [
        Lamp((0.0, 0.0, 2.0), (0.0, 0.0, -1.0), (1.0, 1.0), (scale, 0.8 * scale, 0.6 * scale)) for scale in (1.0, 9.0)
    ]
    radiance = np.random.default_rng(0).uniform(0.1, 0.5, (8, 8, 3)).astype(np.float32)
    pictures = [
        radiance
        * scale
        * np.array(seen_gain(draw_room_light(np.random.default_rng(1), (lamp,), 60.0), radiance * scale))
        for lamp, scale in zip(lamps, (1.0, 9.0), strict=True)
    ]
    np.testing.assert_allclose(pictures[0], pictures[1], rtol=1e-4)
