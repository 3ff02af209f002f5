"""Models drawn side by side, each beside a measuring rod, for people to look at."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from situate.data.assets.body import load_body
from situate.data.assets.model import AssetBody, AssetModel
from situate.data.scenes.camera import Camera
from situate.data.scenes.light import Light, developed
from situate.data.scenes.materials import Paint
from situate.data.scenes.meshes import Mesh, box, moved, polygons
from situate.data.scenes.render import Renderer
from situate.errors import InputError

NUM_SAMPLES = 16
HEADER_PX = 30
GAP_PX = 4
PAPER = (24, 24, 28)
INK = (210, 210, 210)
MIN_CELL_PX = 48
# The front, turned a little so that depth is seen.
YAW_RAD = np.radians(28)
PITCH_RAD = np.radians(16)
FOV_DEG = 28.0
# Length of one band of the rod for models up to a height.
BANDS_M = ((0.4, 0.01, "1 cm"), (4.0, 0.1, "10 cm"), (float("inf"), 1.0, "1 m"))
_FLOOR = Paint(np.full((2, 2, 3), 0.35, np.float32))
_RED = Paint(np.full((2, 2, 3), (0.6, 0.03, 0.03), np.float32))
_WHITE = Paint(np.full((2, 2, 3), 0.8, np.float32))
_LIGHT = Light(
    sun_direction=(0.48, 0.6, -0.64),
    sun_irradiance=(2.2, 2.1, 2.0),
    sky_zenith=(0.5, 0.52, 0.55),
    sky_horizon=(0.6, 0.6, 0.6),
    bounce=(0.25, 0.24, 0.22),
    cloud=0.0,
    gain=(0.85, 0.85, 0.85),
    seed=0,
)


def model_sheet(
    models: Sequence[AssetModel],
    *,
    cache: Path | None = None,
    columns: int = 8,
    cell_px: int = 160,
    progress: Callable[[int], None] = lambda num_done: None,
) -> UInt8[np.ndarray, "h w 3"]:
    """Draw every model from its front, with its name, size and category above.

    Each is enlarged to fill its cell; the bands of the rod on its left tell its true size.

    Args:
        models: Usable ones.
        cache: As in `load_body`.
        columns: Models beside each other.
        cell_px: Side of one picture.
        progress: Told after each model how many are done.

    Raises:
        InputError: If there is nothing to draw, or `columns` or `cell_px` is too small.
        DataError: If a model cannot be used.
    """
    if not models:
        raise InputError("there are 0 models to draw; pass at least 1")
    if columns < 1 or cell_px < MIN_CELL_PX:
        raise InputError(f"{columns} columns of {cell_px} px cannot be drawn; pass at least 1 and {MIN_CELL_PX} px")
    renderer = Renderer(NUM_SAMPLES)
    num_columns = min(columns, len(models))
    height, width = HEADER_PX + cell_px + GAP_PX, cell_px + GAP_PX
    sheet = np.full((height * -(-len(models) // num_columns), width * num_columns, 3), PAPER, np.uint8)
    for place, model in enumerate(models):
        top, left = place // num_columns * height, place % num_columns * width
        sheet[top : top + HEADER_PX, left : left + cell_px] = _header(model, cell_px)
        picture = _picture(renderer, load_body(model, cache=cache), model, cell_px)
        sheet[top + HEADER_PX : top + HEADER_PX + cell_px, left : left + cell_px] = picture
        progress(place + 1)
    return sheet


def _header(model: AssetModel, width_px: int) -> np.ndarray:
    header = Image.new("RGB", (width_px, HEADER_PX), PAPER)
    pen = ImageDraw.Draw(header)
    font = ImageFont.load_default(size=10)
    size = " x ".join(f"{length_m:.3g}" for length_m in model.size_m)
    pen.text((2, 1), f"{model.name} - {model.category}", fill=INK, font=font)
    pen.text((2, 15), f"{size} m, rod {_bands(model)[1]}", fill=INK, font=font)
    return np.asarray(header)


def _bands(model: AssetModel) -> tuple[float, str]:
    return next((band_m, name) for up_to_m, band_m, name in BANDS_M if model.height_m <= up_to_m)


def _picture(renderer: Renderer, body: AssetBody, model: AssetModel, cell_px: int) -> np.ndarray:
    width_m, depth_m, height_m = model.size_m
    radius_m = float(np.linalg.norm([width_m, depth_m, height_m])) / 2
    # Everything is drawn as if the radius were 1 m: a coin would be nearer than the camera can see.
    distance, middle = 1.05 / np.sin(np.radians(FOV_DEG / 2)), height_m / 2 / radius_m
    camera = Camera(middle + distance * np.sin(PITCH_RAD), float(PITCH_RAD), FOV_DEG, cell_px, cell_px)
    place = (0.0, distance * float(np.cos(PITCH_RAD)), 0.0)
    rod_m = (-radius_m * 1.02, 0.0)
    meshes = [moved(_scaled(mesh, radius_m), float(YAW_RAD), place) for mesh in body.meshes]
    meshes += [moved(_scaled(band, radius_m), 0.0, place) for band in _rod(model, rod_m, 0.03 * radius_m)]
    meshes.append(moved(_floor(), 0.0, place))
    paints = body.paints | {"floor": _FLOOR, "red": _RED, "white": _WHITE}
    return developed(renderer.radiance(renderer.shapes(meshes, paints), _LIGHT, camera, 0)[..., :3], _LIGHT.gain)


def _rod(model: AssetModel, place_m: tuple[float, float], thickness_m: float) -> list[Mesh]:
    band_m, _ = _bands(model)
    num_bands = max(1, int(np.ceil(model.height_m / band_m - 1e-6)))
    size_m = (thickness_m, thickness_m, band_m)
    return [box(size_m, (*place_m, number * band_m), slot=("red", "white")[number % 2]) for number in range(num_bands)]


def _floor() -> Mesh:
    reach = 40.0
    corners = [(-reach, -reach, -0.002), (reach, -reach, -0.002), (reach, reach, -0.002), (-reach, reach, -0.002)]
    return polygons([corners], slot="floor")


def _scaled(mesh: Mesh, metres: float) -> Mesh:
    return replace(mesh, vertices_m=(mesh.vertices_m / metres).astype(np.float32))
