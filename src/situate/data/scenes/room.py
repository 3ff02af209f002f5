"""The world `room`: floor, walls, window and lamp, a table and a cupboard that carry small things."""

from dataclasses import dataclass, replace

import numpy as np

from situate.data.scenes.camera import Camera, CameraRanges, draw_camera
from situate.data.scenes.cast import Cast
from situate.data.scenes.ground import Ground, Point, Surface, Wall, band, heading_vector
from situate.data.scenes.light import Lamp, draw_room_light
from situate.data.scenes.placing import arrange
from situate.data.scenes.plan import Plan
from situate.data.scenes.stage import Block
from situate.data.scenes.things import Thing
from situate.data.scenes.turning import yaw_facing

WHOLE_VIEW = CameraRanges(height_m=(1.3, 1.8), fov_deg=(50.0, 68.0), horizon=(0.05, 0.32))
TABLE_VIEW = CameraRanges(height_m=(1.25, 1.65), fov_deg=(44.0, 60.0), horizon=(-0.45, -0.05))
TABLE_VIEW_SHARE = 0.45
CARRIERS_M, DISTANCE_M = (1.6, 6.0), (0.7, 7.0)
EDGE_M = 0.03
FLOOR_TILE_M, WALL_TILE_M = (1.4, 1.4), (1.2, 1.2)
THICK_M, SKIRTING_M = 0.1, (0.012, 0.09)


@dataclass(frozen=True)
class Shell:
    """The empty room: a rectangle round the camera, which stands at the origin near its front.

    Attributes:
        heading_rad: Direction from the front to the back wall, clockwise from +y.
        left_m: How far the left wall is to the left.
        right_m: How far the right wall is to the right.
        front_m: How far the front wall is behind the camera.
        back_m: How far the back wall is ahead.
        height_m: From floor to ceiling.
    """

    heading_rad: float
    left_m: float
    right_m: float
    front_m: float
    back_m: float
    height_m: float

    def point(self, lateral_m: float, along_m: float) -> Point:
        """Return the point so far to the right of and ahead of the camera, in the room's own directions."""
        right, along = heading_vector(self.heading_rad + np.pi / 2), heading_vector(self.heading_rad)
        x, y = lateral_m * right + along_m * along
        return float(x), float(y)

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the floor, to the right of and ahead of the camera."""
        return (self.right_m - self.left_m) / 2, (self.back_m - self.front_m) / 2

    @property
    def size(self) -> tuple[float, float]:
        """Width and length."""
        return self.left_m + self.right_m, self.front_m + self.back_m

    def walls(self) -> tuple[Wall, Wall, Wall]:
        """Return back, left and right wall."""
        across, along = self.middle
        return (
            Wall(self.point(across, self.back_m), self.heading_rad + np.pi),
            Wall(self.point(-self.left_m, along), self.heading_rad + np.pi / 2),
            Wall(self.point(self.right_m, along), self.heading_rad - np.pi / 2),
        )

    def lengths(self) -> tuple[float, float, float]:
        """Return the lengths of back, left and right wall."""
        width, length = self.size
        return width, length, length


def draw_room(generator: np.random.Generator, cast: Cast, width_px: int, height_px: int) -> Plan | None:
    """Draw a room, seen whole or over its table; None if its furniture finds no place."""
    is_table_view = "table" in cast.by_kind and generator.random() < TABLE_VIEW_SHARE
    camera = draw_camera(generator, width_px, height_px, TABLE_VIEW if is_table_view else WHOLE_VIEW)
    shell = _draw_shell(generator)
    lateral_m, along_m = (-shell.left_m, shell.right_m), (-shell.front_m, shell.back_m)
    floor = Surface(
        "floor", band((0.0, 0.0), shell.heading_rad, lateral_m, along_m), 0.0, FLOOR_TILE_M, shell.heading_rad
    )
    surfaces = (floor, *_rug(generator, shell))
    ground = Ground(surfaces, (0.0, 0.0), shell.heading_rad, shell.walls(), CARRIERS_M)
    carriers = _carriers(generator, cast, camera, ground, is_table_view)
    if carriers is None:
        return None
    tops = tuple(_top(carrier) for carrier in carriers)
    lamps, fittings = _lamps(generator, shell)
    blocks = (*_shell_blocks(shell), *fittings, *_pictures(generator, shell))
    width_m, length_m = shell.size
    area_m2 = 2 * (width_m * length_m + (width_m + length_m) * shell.height_m)
    light = draw_room_light(generator, lamps, area_m2)
    return Plan(camera, replace(ground, surfaces=(*surfaces, *tops), distance_m=DISTANCE_M), light, blocks, carriers)


def _draw_shell(generator: np.random.Generator) -> Shell:
    width_m, length_m = float(generator.uniform(3.4, 5.6)), float(generator.uniform(4.2, 6.6))
    share, front_m = float(generator.uniform(0.25, 0.75)), float(generator.uniform(0.3, 0.7))
    heading = float(np.radians(generator.uniform(-35, 35)))
    height_m = float(generator.uniform(2.4, 2.9))
    return Shell(heading, share * width_m, (1 - share) * width_m, front_m, length_m - front_m, height_m)


def _rug(generator: np.random.Generator, shell: Shell) -> tuple[Surface, ...]:
    """Draw a rug, which is floor of another colour; half of the rooms have one."""
    if generator.random() < 0.5:
        return ()
    half, reach = generator.uniform(0.5, 0.9), generator.uniform(0.7, 1.2)
    across, along = shell.middle
    centre = shell.point(across + float(generator.uniform(-0.4, 0.4)), along + float(generator.uniform(-0.3, 0.8)))
    corners = band(centre, shell.heading_rad, (-half, half), (-reach, reach))
    return (Surface("floor", corners, 0.0, (2 * half, 2 * reach), shell.heading_rad, "rug"),)


def _carriers(
    generator: np.random.Generator, cast: Cast, camera: Camera, ground: Ground, is_table_view: bool
) -> tuple[Thing, ...] | None:
    """Draw the fixed furniture: a table and a cupboard seen whole, or the table that the camera stands at."""
    if is_table_view:
        table = cast.draw(generator, "table")
        along = float(generator.uniform(0.75, 1.15)) + table.depth_m / 2
        place_m = float(generator.normal(0, 0.25)), along
        way = ground.heading_rad + np.pi * float(generator.integers(2)) + generator.normal(0, 0.2)
        table = replace(table, position_m=place_m, yaw_rad=float(yaw_facing(np.array([way]))[0]))
        held = ground.holds(("floor",), table.placed_footprint_m[None])[0]
        return (table,) if held else None
    names = [name for name in ("table", "shelf") if name in cast.by_kind and generator.random() < 0.85]
    return arrange(generator, camera, ground, [cast.draw(generator, name) for name in names])


def _top(carrier: Thing) -> Surface:
    corners = carrier.placed_footprint_m
    middle = corners.mean(0)
    half = np.array([carrier.width_m, carrier.depth_m]) / 2
    # Every corner moves in by EDGE_M along both sides.
    local = np.sign(carrier.footprint_m) * np.maximum(half - EDGE_M, 0.01)
    cos, sin = np.cos(carrier.yaw_rad), np.sin(carrier.yaw_rad)
    inner = local @ np.array([[cos, sin], [-sin, cos]]) + middle
    return Surface(carrier.kind, tuple((float(x), float(y)) for x, y in inner), carrier.top_m)


def _shell_blocks(shell: Shell) -> list[Block]:
    yaw = -shell.heading_rad
    width, length = shell.size
    centre = shell.point(*shell.middle)
    blocks = [Block("ceiling", (width, length, THICK_M), (*centre, shell.height_m), yaw)]
    for wall, wall_m in zip(shell.walls(), shell.lengths(), strict=True):
        turn, size = _along_wall(wall), (wall_m + 2 * THICK_M, THICK_M, shell.height_m)
        blocks.append(Block("wall", size, _off(wall, 0.0, 0.0, -THICK_M / 2), turn, WALL_TILE_M))
        skirting = (wall_m, SKIRTING_M[0], SKIRTING_M[1])
        blocks.append(Block("trim", skirting, _off(wall, 0.0, 0.0, SKIRTING_M[0] / 2), turn))
    front = shell.point(shell.middle[0], -shell.front_m - THICK_M / 2)
    blocks.append(Block("wall", (width + 2 * THICK_M, THICK_M, shell.height_m), (*front, 0.0), yaw, WALL_TILE_M))
    return blocks


def _along_wall(wall: Wall) -> float:
    """Return the turn of a block whose x runs along a wall."""
    return -wall.facing_rad


def _off(wall: Wall, along_m: float, height_m: float, out_m: float) -> tuple[float, float, float]:
    """Return the point so far along a wall from its middle, above the floor and out of it."""
    right = heading_vector(wall.facing_rad + np.pi / 2)
    x, y = np.asarray(wall.point_m) + along_m * right + out_m * wall.facing
    return float(x), float(y), height_m


def _lamps(generator: np.random.Generator, shell: Shell) -> tuple[tuple[Lamp, ...], list[Block]]:
    """Draw a window with its frame, and a panel at the ceiling."""
    day = np.array([1.0, 1.0, 1.0]) * (1 + generator.uniform(0, 0.25) * np.array([-1.0, 0.0, 1.0]))
    warm = np.array([1.0, 0.85, 0.62]) ** generator.uniform(0.3, 1.2)
    chosen = int(generator.integers(3))
    wall, wall_m = shell.walls()[chosen], shell.lengths()[chosen]
    width, height, sill = (float(generator.uniform(*bounds)) for bounds in ((1.0, 1.7), (1.0, 1.4), (0.75, 0.95)))
    along = float(generator.uniform(-1, 1)) * max(wall_m / 2 - width / 2 - 0.3, 0.0)
    middle = _off(wall, along, sill + height / 2, 0.002)
    facing = (float(wall.facing[0]), float(wall.facing[1]), 0.0)
    window = Lamp(middle, facing, (width, height), _colour(day * generator.uniform(3.0, 9.0)))
    frame = _frame(wall, along, sill, (width, height))
    panel_m = float(generator.uniform(0.4, 0.8))
    panel_at = (*shell.point(*shell.middle), shell.height_m - 0.02)
    panel = Lamp(panel_at, (0.0, 0.0, -1.0), (panel_m, panel_m), _colour(warm * generator.uniform(1.0, 8.0)))
    return (window, panel), frame


def _frame(wall: Wall, along_m: float, sill_m: float, size_m: tuple[float, float]) -> list[Block]:
    """Return the four sides of a window frame and its middle bar, flat, so that none is lit from very near."""
    (width, height), bar, turn = size_m, 0.06, _along_wall(wall)
    bottom, top = (width + 2 * bar, 0.04, bar), (width + 2 * bar, 0.02, bar)
    blocks = [
        Block("trim", bottom, _off(wall, along_m, sill_m - bar, 0.02), turn),
        Block("trim", top, _off(wall, along_m, sill_m + height, 0.01), turn),
    ]
    upright, offsets = (bar, 0.02, height), (-(width + bar) / 2, 0.0, (width + bar) / 2)
    posts = [Block("trim", upright, _off(wall, along_m + offset, sill_m, 0.01), turn) for offset in offsets]
    return blocks + posts


def _pictures(generator: np.random.Generator, shell: Shell) -> list[Block]:
    """Draw up to two pictures on the walls, above the furniture."""
    blocks = []
    for number in range(int(generator.integers(0, 3))):
        index = int(generator.integers(3))
        wall, wall_m = shell.walls()[index], shell.lengths()[index]
        width, height = float(generator.uniform(0.4, 0.9)), float(generator.uniform(0.35, 0.7))
        along = float(generator.uniform(-1, 1)) * (wall_m / 2 - 0.8)
        # Flatter than a window frame, so that a picture that meets one goes behind it.
        place = _off(wall, along, float(generator.uniform(1.3, 1.5)), 0.01)
        blocks.append(Block(f"picture{number}", (width, 0.02, height), place, _along_wall(wall)))
    return blocks


def _colour(values: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
