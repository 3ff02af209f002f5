"""The world `street`: a road between pavements, verges of grass and house fronts, with lamps and trees."""

from dataclasses import dataclass, replace

import numpy as np

from situate.data.scenes.camera import Camera, CameraRanges, draw_camera
from situate.data.scenes.cast import Cast
from situate.data.scenes.ground import Ground, Point, Surface, band, heading_vector
from situate.data.scenes.light import draw_light
from situate.data.scenes.meadow import PAVEMENT_TILE_M, ROAD_TILE_M, far_blocks, meadow_surface
from situate.data.scenes.plan import Plan
from situate.data.scenes.stage import Block
from situate.data.scenes.things import Thing

CAMERA = CameraRanges(height_m=(1.4, 3.4), fov_deg=(42.0, 62.0), horizon=(0.16, 0.42))
DISTANCE_M = (2.5, 26.0)
ALONG_M = (-60.0, 140.0)
VERGE_TILE_M = (7.0, 7.0)
KERB_M = 0.16
BAY_M, FLOOR_M = 3.2, 3.0
HOUSE_DEPTH_M, ROOF_M = 8.0, 0.35
ROW_M = (-12.0, 110.0)
FAR_M = (115.0, 140.0)
TRUNK_SHARE = 0.12
MAX_PROPS = 4
PROP_DISTANCE_M = (5.0, 45.0)


@dataclass(frozen=True)
class _Street:
    """Half widths from the middle of the road outwards."""

    centre_m: Point
    heading_rad: float
    kerb_m: float
    lawn_m: float
    front_m: float
    is_crossing: bool

    def corners(self, lateral_m: tuple[float, float]) -> tuple[Point, ...]:
        return band(self.centre_m, self.heading_rad, lateral_m, ALONG_M)

    def point(self, lateral_m: float, along_m: float) -> Point:
        along, right = heading_vector(self.heading_rad), heading_vector(self.heading_rad + np.pi / 2)
        x, y = np.asarray(self.centre_m) + lateral_m * right + along_m * along
        return float(x), float(y)

    @property
    def sides(self) -> tuple[int, ...]:
        """The sides with houses: behind the camera of a crossing street there are none."""
        return (-1,) if self.is_crossing else (-1, 1)


def draw_street(generator: np.random.Generator, cast: Cast, width_px: int, height_px: int) -> Plan:
    """Draw a street: seven of ten lead away from the camera, the others cross the view."""
    light, camera = draw_light(generator), draw_camera(generator, width_px, height_px, CAMERA)
    street = _draw_layout(generator)
    ground = Ground(_surfaces(street), street.centre_m, street.heading_rad, distance_m=DISTANCE_M)
    blocks = [block for side in street.sides for block in _houses(generator, street, side)]
    props = _props(generator, cast, street, camera)
    return Plan(camera, ground, light, (*blocks, *far_blocks(generator, FAR_M)), props)


def _draw_layout(generator: np.random.Generator) -> _Street:
    kerb_m, pavement_m = float(generator.uniform(2.6, 3.8)), float(generator.uniform(1.8, 3.6))
    verge_m = float(generator.uniform(1.2, 5.0))
    lawn_m, front_m = kerb_m + pavement_m, kerb_m + pavement_m + verge_m
    if generator.random() < 0.3:
        centre = (0.0, float(generator.uniform(kerb_m + 4.0, kerb_m + 8.0)))
        return _Street(centre, float(np.radians(90 + generator.normal(0, 9))), kerb_m, lawn_m, front_m, True)
    heading = float(np.radians(generator.normal(0, 15)))
    aside_m = float(generator.uniform(-1, 1)) * (front_m - 1.0)
    x, y = -aside_m * heading_vector(heading + np.pi / 2)
    return _Street((float(x), float(y)), heading, kerb_m, lawn_m, front_m, False)


def _surfaces(street: _Street) -> tuple[Surface, ...]:
    heading, kerb_m, lawn_m = street.heading_rad, street.kerb_m, street.lawn_m
    surfaces = [meadow_surface("field")]
    for side in (-1, 1):
        # Nothing stands on the camera's own side of a crossing street but on its verge, which is wide there.
        front_m = street.front_m + (12.0 if street.is_crossing and side == 1 else 0.0)
        verge = street.corners(_ordered(side * lawn_m, side * front_m))
        pavement = street.corners(_ordered(side * kerb_m, side * lawn_m))
        kerb = street.corners(_ordered(side * kerb_m, side * (kerb_m - KERB_M)))
        surfaces.append(Surface("grass", verge, 0.0, VERGE_TILE_M, heading))
        surfaces.append(Surface("pavement", pavement, 0.0, PAVEMENT_TILE_M, heading))
        surfaces.append(Surface("kerb", kerb, 0.0, (KERB_M, 1.0), heading))
    road_m = kerb_m - KERB_M
    road = street.corners((-road_m, road_m))
    surfaces.append(Surface("road", road, 0.0, (2 * road_m, ROAD_TILE_M), heading, "asphalt"))
    return tuple(surfaces)


def _ordered(first: float, second: float) -> tuple[float, float]:
    return min(first, second), max(first, second)


def _houses(generator: np.random.Generator, street: _Street, side: int) -> list[Block]:
    """Draw a row of houses of whole bays and floors, with a gap here and there."""
    blocks, start_m = [], ROW_M[0] if not street.is_crossing else -45.0
    end_m = ROW_M[1] if not street.is_crossing else 45.0
    yaw_rad = np.pi / 2 - street.heading_rad
    while start_m < end_m:
        num_bays, num_floors = int(generator.integers(2, 6)), int(generator.integers(0, 4))
        width_m = num_bays * BAY_M
        x, y = street.point(side * (street.front_m + HOUSE_DEPTH_M / 2), start_m + width_m / 2)
        style, shop = int(generator.integers(4)), int(generator.integers(4))
        base_m, upper_m = FLOOR_M * 1.1, num_floors * FLOOR_M
        size = (width_m, HOUSE_DEPTH_M, base_m)
        blocks.append(Block(f"shop{shop}", size, (x, y, 0.0), yaw_rad, (BAY_M, base_m)))
        if num_floors:
            size = (width_m, HOUSE_DEPTH_M, upper_m)
            blocks.append(Block(f"facade{style}", size, (x, y, base_m), yaw_rad, (BAY_M, FLOOR_M)))
        size = (width_m + 0.3, HOUSE_DEPTH_M + 0.5, ROOF_M)
        blocks.append(Block(f"roof{style % 2}", size, (x, y, base_m + upper_m), yaw_rad, (1.5, 1.5)))
        start_m += width_m + (float(generator.uniform(3, 9)) if generator.random() < 0.25 else 0.0)
    return blocks


def _props(generator: np.random.Generator, cast: Cast, street: _Street, camera: Camera) -> tuple[Thing, ...]:
    """Draw lamps along the kerb and trees along the verge, one model of each, where the camera sees them."""
    lines = [("street-lamp", street.kerb_m + 0.4, 18.0, 1.0)]
    if street.front_m - street.lawn_m > 2.0:
        lines.append(("tree", (street.lawn_m + street.front_m) / 2, 10.0, TRUNK_SHARE))
    props: list[Thing] = []
    for name, lateral_m, spacing_m, foot_share in lines:
        if name not in cast.by_kind or generator.random() < 0.3:
            continue
        pattern = replace(cast.draw(generator, name), foot_share=foot_share)
        along_m = np.arange(-30, 60, spacing_m) + generator.uniform(0, spacing_m)
        rows = [(side, float(at)) for at in along_m for side in (-1, 1)]
        places = [street.point(side * lateral_m, at) for side, at in rows]
        seen = [place for place in places if _is_in_view(camera, place)][:MAX_PROPS]
        yaws = generator.uniform(0, 2 * np.pi, len(seen))
        props += [replace(pattern, position_m=place, yaw_rad=float(yaw)) for place, yaw in zip(seen, yaws, strict=True)]
    return tuple(props)


def _is_in_view(camera: Camera, place_m: Point) -> bool:
    x, y = place_m
    edge_m = float(np.tan(np.radians(camera.fov_deg) / 2)) * y + 2.0
    return PROP_DISTANCE_M[0] <= y <= PROP_DISTANCE_M[1] and abs(x) <= edge_m
