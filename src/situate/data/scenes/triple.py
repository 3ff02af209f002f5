"""From one world to its triples: full render, a render without each object, the object alone, and the masks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from situate.data.scenes.light import Light, developed, draw_light
from situate.data.scenes.materials import paint_kind
from situate.data.scenes.render import Crop, Renderer, Shapes
from situate.data.scenes.stage import ground_meshes, scenery_meshes, stage_paints
from situate.data.scenes.things import Thing
from situate.data.scenes.world import World
from situate.records.triple import Triple
from situate.seeds import seed_for

FOREGROUND_PX = 72
TRIM_ALPHA = 0.05
EFFECT_LEVELS = 2
MIN_PIECE_PX = 6
FEATHER_U8 = (170, 85)
MIN_VISIBLE = 0.6


@dataclass(frozen=True)
class _Set:
    """A world made of Mitsuba shapes: `stage` is what stays, `objects` can be taken away one by one."""

    world: World
    stage: Shapes
    objects: list[Shapes]

    def without(self, index: int | None) -> Shapes:
        kept = [shapes for number, shapes in enumerate(self.objects) if number != index]
        return [*self.stage, *(shape for shapes in kept for shape in shapes)]


@dataclass(frozen=True)
class Cutout:
    """An object alone: RGBA bytes, where it lies (fractions) and how many picture pixels it covers."""

    foreground: UInt8[np.ndarray, "fh fw 4"]
    box_cxcywh: tuple[float, float, float, float]
    area_px: float


def render_triples(
    renderer: Renderer, world: World, group: str, indices: Sequence[int], skipped: Counter[str]
) -> list[Triple]:
    """Render the triples of the objects `indices` of a world; what cannot be used is counted in `skipped`."""
    made = _build(renderer, world)
    composite = _picture(renderer, made, None)
    triples = []
    for index in indices:
        cutout = render_cutout(renderer, world, index)
        visible = _visible(renderer, world, index)
        if visible.sum() / 255 < MIN_VISIBLE * cutout.area_px:
            skipped["less than 60 % visible"] += 1
            continue
        background = _picture(renderer, made, index)
        effect = effect_of(background, composite, visible)
        triples.append(
            Triple(
                key=f"{group}-{index}",
                group=group,
                source="scenes",
                kind=world.things[index].kind,
                background=background,
                composite=np.where(effect[..., None] > 0, composite, background),
                foreground=cutout.foreground,
                visible_alpha=visible,
                effect=effect,
                hole=np.zeros_like(effect),
                box_cxcywh=cutout.box_cxcywh,
            )
        )
    return triples


def _build(renderer: Renderer, world: World) -> _Set:
    generator = np.random.default_rng(seed_for(world.seed, "stage"))
    meshes = [*ground_meshes(world.ground), *scenery_meshes(generator)]
    stage = renderer.shapes(meshes, stage_paints(generator))
    return _Set(world, stage, [_painted(renderer, thing) for thing in world.things])


def _painted(renderer: Renderer, thing: Thing) -> Shapes:
    paints = paint_kind(thing.kind, np.random.default_rng(seed_for(thing.seed, "paint")))
    return renderer.shapes(thing.placed_body(), paints)


def _picture(renderer: Renderer, made: _Set, left_out: int | None) -> UInt8[np.ndarray, "h w 3"]:
    world = made.world
    radiance = renderer.radiance(made.without(left_out), world.light, world.camera, _sample_seed(world))
    return developed(radiance[..., :3], world.light.gain)


def _sample_seed(world: World) -> int:
    return seed_for(world.seed, "samples") % 2**31


def crop_around(world: World, index: int, scale: int) -> Crop:
    """Return the part of the picture, `scale` times larger, that holds all of object `index` and a margin."""
    points_px = world.camera.project(world.things[index].placed_points_m) * scale
    low = np.maximum(np.floor(points_px.min(0)).astype(int) - 1, 0)
    limit = np.array([world.camera.width_px, world.camera.height_px]) * scale
    high = np.minimum(np.ceil(points_px.max(0)).astype(int) + 1, limit)
    return Crop(scale, int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


def render_cutout(renderer: Renderer, world: World, index: int) -> Cutout:
    """Render object `index` alone, as the world's camera sees it but larger and in another light."""
    thing = world.things[index]
    longest_px = float(np.ptp(world.camera.project(thing.placed_points_m), axis=0).max())
    crop = crop_around(world, index, max(1, round(FOREGROUND_PX / longest_px)))
    light = draw_light(np.random.default_rng(seed_for(thing.seed, "light")))
    seed = seed_for(thing.seed, "samples") % 2**31
    rgba = renderer.radiance(_painted(renderer, thing), light, world.camera, seed, crop=crop)
    alpha = np.clip(rgba[..., 3], 0, 1)
    rows, columns = np.flatnonzero(alpha.max(1) > TRIM_ALPHA), np.flatnonzero(alpha.max(0) > TRIM_ALPHA)
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    width, height = world.camera.width_px * crop.scale, world.camera.height_px * crop.scale
    centre_x, centre_y = crop.left_px + (left + right) / 2, crop.top_px + (top + bottom) / 2
    box = (centre_x / width, centre_y / height, (right - left) / width, (bottom - top) / height)
    foreground = _straight(rgba, alpha, light)[top:bottom, left:right]
    return Cutout(np.ascontiguousarray(foreground), box, float(alpha.sum()) / crop.scale**2)


def _straight(rgba: Float32[np.ndarray, "h w 4"], alpha: np.ndarray, light: Light) -> UInt8[np.ndarray, "h w 4"]:
    colours = developed(rgba[..., :3] / np.maximum(alpha, 1e-3)[..., None], light.gain)
    # An unseen pixel takes the mean colour, so that resizing never mixes in black.
    colours[alpha == 0] = colours[alpha > TRIM_ALPHA].mean(0).round()
    return np.dstack([colours, np.rint(alpha * 255).astype(np.uint8)])


def _visible(renderer: Renderer, world: World, index: int) -> UInt8[np.ndarray, "h w"]:
    crop = crop_around(world, index, 1)
    shapes = [
        shape
        for number, thing in enumerate(world.things)
        if _meet(crop, crop_around(world, number, 1))
        for shape in renderer.coded_shapes(thing.placed_body(), (float(number == index), 0.0, 1.0))
    ]
    share = np.clip(renderer.coverage(shapes, world.camera, crop)[..., 0], 0, 1)
    visible = np.zeros((world.camera.height_px, world.camera.width_px), np.uint8)
    rows, columns = slice(crop.top_px, crop.top_px + crop.height_px), slice(crop.left_px, crop.left_px + crop.width_px)
    visible[rows, columns] = np.rint(share * 255).astype(np.uint8)
    return visible


def _meet(first: Crop, second: Crop) -> bool:
    across = abs(2 * (first.left_px - second.left_px) + first.width_px - second.width_px)
    along = abs(2 * (first.top_px - second.top_px) + first.height_px - second.height_px)
    return across < first.width_px + second.width_px and along < first.height_px + second.height_px


def effect_of(
    background: UInt8[np.ndarray, "h w 3"], composite: UInt8[np.ndarray, "h w 3"], visible: UInt8[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w"]:
    """Return 255 where the pictures differ by more than noise or the object is seen, feathered outside that set."""
    differs = (cv2.absdiff(background, composite).max(2) > EFFECT_LEVELS).astype(np.uint8)
    differs = cv2.morphologyEx(cv2.medianBlur(differs, 3), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    support = np.maximum(differs, (visible > 0).astype(np.uint8))
    pieces = np.asarray(cv2.connectedComponents(support, connectivity=8)[1], np.int64)
    area_px = np.bincount(pieces.ravel())
    is_seen = np.bincount(pieces[visible > 0], minlength=len(area_px)) > 0
    is_kept = is_seen | (area_px >= MIN_PIECE_PX)
    is_kept[0] = False  # piece 0 is what does not differ
    support = is_kept[pieces]
    away = cv2.distanceTransform((~support).astype(np.uint8), cv2.DIST_C, 3)
    effect = np.where(support, 255, 0).astype(np.uint8)
    for distance, level in enumerate(FEATHER_U8, start=1):
        effect[(away > distance - 0.5) & (away < distance + 0.5)] = level
    return effect
