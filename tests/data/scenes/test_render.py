"""What the renderer makes of simple panes: what is seen of them, what shines through, what light reaches a wall."""

from dataclasses import replace

import numpy as np
import pytest

from situate.data.scenes.camera import Camera
from situate.data.scenes.light import Lamp, Light
from situate.data.scenes.materials import Paint
from situate.data.scenes.meshes import Mesh, polygons
from situate.data.scenes.render import Crop

SIZE_PX = 16
CAMERA = Camera(1.5, 0.0, 45.0, SIZE_PX, SIZE_PX)
WHOLE = Crop(1, 0, 0, SIZE_PX, SIZE_PX)
GREY = Paint(np.full((2, 2, 3), 0.5, np.float32))
GLASS = Paint(GREY.texture, opacity=0.25)
WHITE = Paint(np.ones((2, 2, 3), np.float32))
LEFT_HALF_OPEN = Paint(GREY.texture, opacity=np.repeat([[0.0] * 4 + [1.0] * 4], 8, 0).astype(np.float32))
DARK = (0.0, 0.0, 0.0)
FALLING = (0.0, 0.9, -0.436)
NIGHT = Light((0.0, 0.0, -1.0), DARK, DARK, DARK, DARK, 0.0, (1.0, 1.0, 1.0), 0)


def pane(distance_m: float, slot: str, *, mirrored: bool = False) -> Mesh:
    """A square across the view, much larger than the picture; mirrored, its front looks away from the camera."""
    x = -9.0 if mirrored else 9.0
    return polygons(
        [[(-x, distance_m, -9.0), (x, distance_m, -9.0), (x, distance_m, 9.0), (-x, distance_m, 9.0)]], slot
    )


def middle(picture: np.ndarray) -> np.ndarray:
    return picture[4:12, 4:12].reshape(-1, *picture.shape[2:]).mean(0)


@pytest.fixture
def wall(renderer):
    return renderer.shapes([pane(6.0, "wall")], {"wall": GREY})


@pytest.mark.parametrize("mirrored", [False, True])
def test_what_stands_behind_is_not_seen_and_what_stands_in_front_is(renderer, wall, mirrored):
    near = renderer.shapes([pane(3.0, "near", mirrored=mirrored)], {"near": GREY})
    assert renderer.coverage(near, wall, CAMERA, WHOLE).min() == 1
    assert renderer.coverage(wall, near, CAMERA, WHOLE).max() == 0


@pytest.mark.parametrize(("paint", "opacity"), [(GLASS, 0.25), (LEFT_HALF_OPEN, 0.5)])
def test_glass_covers_and_hides_by_its_opacity(renderer, wall, paint, opacity):
    glass = renderer.shapes([pane(3.0, "glass")], {"glass": paint})
    covered, behind = renderer.coverage(glass, wall, CAMERA, WHOLE), renderer.coverage(wall, glass, CAMERA, WHOLE)
    assert covered.mean() == pytest.approx(opacity, abs=0.08)
    assert behind.mean() == pytest.approx(1 - opacity, abs=0.08)
    assert renderer.alpha(glass, CAMERA, WHOLE).mean() == pytest.approx(opacity, abs=0.08)


def test_light_shines_through_glass_on_its_way(renderer, wall):
    """The sun comes from above the eye, so its rays cross the pane before they meet the wall."""
    sun = replace(NIGHT, sun_direction=FALLING, sun_irradiance=(3.0, 3.0, 3.0), sky_horizon=(1e-6,) * 3)
    glass = renderer.shapes([pane(-1.0, "glass")], {"glass": GLASS})
    open_air, shaded = (renderer.radiance(shapes, sun, CAMERA, 1) for shapes in (wall, [*wall, *glass]))
    assert middle(open_air)[:3] == pytest.approx(0.5 / np.pi * 3 * 0.9, rel=0.02)
    assert middle(shaded)[0] / middle(open_air)[0] == pytest.approx(0.75, abs=0.1)


@pytest.mark.parametrize("mirrored", [False, True])
def test_ambient_light_is_the_same_on_both_sides_and_has_no_shadow(renderer, mirrored):
    lamp = Lamp((0.0, -3.0, 1.5), (0.0, -1.0, 0.0), (0.1, 0.1), (1e-3,) * 3)
    light = replace(NIGHT, lamps=(lamp,), ambient=(0.4, 0.3, 0.2))
    shapes = renderer.shapes([pane(3.0, "pane", mirrored=mirrored)], {"pane": GREY})
    np.testing.assert_allclose(middle(renderer.radiance(shapes, light, CAMERA, 1))[:3], [0.2, 0.15, 0.1], rtol=1e-3)


@pytest.mark.parametrize(("paint", "opacity"), [(GLASS, 0.25), (LEFT_HALF_OPEN, 0.5)])
def test_ambient_light_is_seen_through_glass(renderer, paint, opacity):
    lamp = Lamp((0.0, -3.0, 1.5), (0.0, -1.0, 0.0), (0.1, 0.1), (1e-3,) * 3)
    shapes = renderer.shapes([pane(3.0, "glass"), pane(6.0, "wall")], {"glass": paint, "wall": WHITE})
    seen = renderer.radiance(shapes, replace(NIGHT, lamps=(lamp,), ambient=(0.4,) * 3), CAMERA, 1)[..., :3]
    assert seen.mean() == pytest.approx(0.4 * (opacity * 0.5 + (1 - opacity)), abs=0.02)
