"""A rendered detection data set with rare classes: street scenes labelled by the renderer, and cut-outs of the rare.

    OUT/train/annotations.json, OUT/train/images/     a few pictures show a rare class, all show a common one
    OUT/test/annotations.json, OUT/test/images/       every class occurs often
    OUT/cutouts/CLASS/                                objects of the rare classes, from scenes of neither part
    OUT/scene_set.json, OUT/ATTRIBUTION.md            options and counts; creators of the models that are shown

Labels are COCO: box and run lengths of where at least half of a pixel shows the object. Scenes are drawn before any is
rendered, and chosen by their objects.
"""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from cyclopts import run
from jaxtyping import Bool

from situate.cli.progress import progress_bar
from situate.data.assets.attribution import attribution
from situate.data.scenes.cast import Cast, read_cast
from situate.data.scenes.cutout import render_cutout
from situate.data.scenes.masks import visible_alpha_of
from situate.data.scenes.render import Renderer
from situate.data.scenes.triple import render_picture, stage_world
from situate.data.scenes.world import World, draw_world
from situate.errors import DataError, InputError, OutputError
from situate.imageio.write import write_bytes, write_json, write_picture
from situate.labels.coco_mask import require_pycocotools
from situate.records.picture import Picture
from situate.seeds import seed_for
from situate.sharding.engine import run_items

COMMON = ("car", "person")
RARE = ("bicycle", "bin", "dog", "park-bench")
CLASSES = (*COMMON, *RARE)
LOOK_ALIKES = ("child", "motorcycle", "van")
"""Kinds of a street that could be taken for a person, a bicycle and a car."""

CUTOUT_SCALE = 2
"""A cut-out has so many times the pixels that the scene's camera would give it: composites may show it nearer."""
HALF_U8 = 128

Item = TypeVar("Item")
_renderer = cache(Renderer)


@dataclass(frozen=True)
class Sizes:
    """Scenes to choose from, pictures of both parts, pictures of a part that show a rare class, cut-outs of one."""

    num_drawn: int = 440
    num_train: int = 60
    num_train_rare: int = 3
    num_test: int = 150
    min_test_rare: int = 30
    num_cutouts: int = 16


@dataclass(frozen=True)
class Choice:
    """Numbers of scenes, none of them for two purposes; a cut-out is a scene and which of its objects."""

    train: tuple[int, ...]
    test: tuple[int, ...]
    cutouts: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Job:
    """A scene to render to a file of the data set: all of it with its labels, or only the object number `cutout`."""

    scene: int
    world: World
    path: Path
    cutout: int | None = None


def main(out: Path, *, assets: Path, seed: int = 0, size: int = 256, num_samples: int = 25, workers: int = 2) -> None:
    """Draw street scenes, choose which of them make a class rare in training only, and render these.

    Args:
        out: Folder of the data set, which must not be there yet; it appears when all of it is made.
        assets: Folder with models (situate data assets).
        seed: Of the scenes and of the choice.
        size: Longer side of the pictures in pixels.
        num_samples: Light paths a pixel, a square number.
        workers: Processes that draw and render; do not change the result.
    """
    if out.exists():
        raise OutputError(f"{out} is already there; remove it or choose another folder")
    start_s, sizes, unfinished = time.monotonic(), Sizes(), out.with_name(f"{out.name}.partial")
    worlds = _done(partial(draw_scene, assets, seed, size), range(sizes.num_drawn), workers, "drawing")
    choice = choose([kinds_of(world) for world in worlds], sizes, np.random.default_rng(seed_for(seed, "choice")))
    shutil.rmtree(unfinished, ignore_errors=True)
    options = {"seed": seed, "size_px": size, "num_samples": num_samples, "sizes": asdict(sizes)}
    report = options | write_set(unfinished, jobs_of(choice, worlds), num_samples, workers)
    write_json(report, unfinished / "scene_set.json")
    unfinished.rename(out)
    print(f"{out}, {time.monotonic() - start_s:.0f} s; of each part pictures that show the class, and objects")
    print(f"{'':12}{'train':>12}{'test':>12}{'cut-outs':>12}")
    for kind in CLASSES:
        parts = "".join("{:>6}{:>6}".format(*report[part][kind].values()) for part in ("train", "test"))
        print(f"{kind:12}{parts}{report['cutouts'].get(kind, 0):>12}")


def draw_scene(assets: Path, seed: int, size_px: int, scene: int) -> World:
    """Draw scene number `scene`, with nothing in it that looks like a labelled class and is none."""
    cast = Cast({kind: found for kind, found in read_cast(assets).by_kind.items() if kind not in LOOK_ALIKES})
    return draw_world(np.random.default_rng(seed_for(seed, "detector scene", scene)), size_px, "street", cast)


def kinds_of(world: World) -> list[str]:
    """List the kinds of a world's objects in their order."""
    return [thing.kind for thing in world.things]


def choose(kinds: Sequence[Sequence[str]], sizes: Sizes, generator: np.random.Generator) -> Choice:
    """Choose scenes by the kinds of their objects.

    A training picture shows a common class, and one object of one rare class or none. Test pictures are taken for
    every rare class first, then from all that show a class.

    Args:
        kinds: Of every scene's objects.
        sizes: How much is wanted.
        generator: Draws the order in which scenes are taken.

    Raises:
        InputError: If the scenes do not suffice.
    """
    left = [int(scene) for scene in generator.permutation(len(kinds))]
    rare_in = [[kind for kind in found if kind in RARE] for found in kinds]
    trainable = [scene for scene in left if set(kinds[scene]) & set(COMMON)]
    train: list[int] = []
    for kind in RARE:
        alone = [scene for scene in trainable if rare_in[scene] == [kind]]
        train += _first(sizes.num_train_rare, alone, f"train {kind}")
    train += _first(sizes.num_train - len(train), [scene for scene in trainable if not rare_in[scene]], "train")
    left = [scene for scene in left if scene not in train]
    test: list[int] = []
    for kind in RARE:
        num_missing = sizes.min_test_rare - sum(kind in kinds[scene] for scene in test)
        more = [scene for scene in left if kind in kinds[scene] and scene not in test]
        test += _first(max(num_missing, 0), more, f"test {kind}")
    left = [scene for scene in left if scene not in test]
    test += _first(sizes.num_test - len(test), [scene for scene in left if set(kinds[scene]) & set(CLASSES)], "test")
    left = [scene for scene in left if scene not in test]
    cutouts: list[tuple[int, int]] = []
    for kind in RARE:
        objects = [(scene, index) for scene in left for index, found in enumerate(kinds[scene]) if found == kind]
        cutouts += _first(sizes.num_cutouts, objects, f"cut-outs {kind}")
    return Choice(tuple(sorted(train)), tuple(sorted(test)), tuple(cutouts))


def _first(num: int, found: list[Item], what: str) -> list[Item]:
    if not 0 <= num <= len(found):
        raise InputError(f"{what}: {num} wanted and {len(found)} found; draw more scenes or another seed")
    return found[:num]


def jobs_of(choice: Choice, worlds: Sequence[World]) -> list[Job]:
    """Return what is to be rendered, and where to."""
    jobs = []
    for part, scenes in (("train", choice.train), ("test", choice.test)):
        jobs += [Job(scene, worlds[scene], Path(part, "images", f"scene{scene:04d}.png")) for scene in scenes]
    for scene, index in choice.cutouts:
        kind = worlds[scene].things[index].kind
        jobs.append(Job(scene, worlds[scene], Path("cutouts", kind, f"{scene:04d}-{index}.png"), index))
    return jobs


def write_set(folder: Path, jobs: Sequence[Job], num_samples: int, workers: int) -> dict[str, Any]:
    """Render and write pictures, cut-outs, labels and creators; return how often every class is shown."""
    for parent in {job.path.parent for job in jobs}:
        (folder / parent).mkdir(parents=True)
    images = _done(partial(render_job, folder, num_samples), jobs, workers, "rendering")
    report: dict[str, Any] = {}
    for part in ("train", "test"):
        dataset = coco_of(image for image, job in zip(images, jobs, strict=True) if job.path.parts[0] == part)
        write_json(dataset, folder / part / "annotations.json")
        report[part] = counts_of(dataset)
    shown = {thing.model for job in jobs for thing in (*job.world.things, *job.world.props) if thing.model is not None}
    write_bytes(attribution(sorted(shown, key=lambda model: model.key)).encode(), folder / "ATTRIBUTION.md")
    return report | {"cutouts": dict(Counter(job.path.parts[1] for job in jobs if job.cutout is not None))}


def render_job(folder: Path, num_samples: int, job: Job) -> dict[str, Any]:
    """Render and write one picture; return its COCO image with its `objects`; of a cut-out, nothing."""
    renderer, world = _renderer(num_samples), job.world
    height, width = world.camera.height_px, world.camera.width_px
    if job.cutout is not None:
        thing = world.things[job.cutout]
        camera = replace(world.camera, width_px=width * CUTOUT_SCALE, height_px=height * CUTOUT_SCALE)
        cutout = render_cutout(renderer, camera, thing, renderer.shapes(thing.placed_body(), thing.paints()))
        write_picture(Picture(cutout.foreground), folder / job.path)
        return {}
    staged = stage_world(renderer, world)
    write_picture(Picture(render_picture(renderer, staged)), folder / job.path)
    shapes, nothing_cut = [*staged.objects, *staged.props], np.full((height, width), 255, np.uint8)
    objects = [
        labelled(kind, visible_alpha_of(renderer, world, index, shapes, nothing_cut) >= HALF_U8)
        for index, kind in enumerate(kinds_of(world))
        if kind in CLASSES
    ]
    return {"file_name": job.path.name, "width": width, "height": height, "scene": job.scene, "objects": objects}


def labelled(kind: str, mask: Bool[np.ndarray, "h w"]) -> dict[str, Any]:
    """Return the COCO annotation of an object, without its ids.

    Raises:
        DataError: If nothing of it is seen, so that the picture's labels could not be complete.
    """
    if not mask.any():
        raise DataError(f"nothing is seen of a {kind}; pass another --seed or a larger --size")
    shown = mask.astype(np.uint8)
    runs = require_pycocotools().encode(np.asfortranarray(shown))
    segmentation = {"size": list(mask.shape), "counts": runs["counts"].decode()}
    label = {"category_id": CLASSES.index(kind) + 1, "bbox": list(cv2.boundingRect(shown)), "area": int(mask.sum())}
    return label | {"iscrowd": 0, "segmentation": segmentation}


def coco_of(rendered: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Join what `render_job` returned."""
    images, annotations = list[dict[str, Any]](), list[dict[str, Any]]()
    for image_id, image in enumerate(rendered, start=1):
        images.append({"id": image_id} | {key: value for key, value in image.items() if key != "objects"})
        for label in image["objects"]:
            annotations.append({"id": len(annotations) + 1, "image_id": image_id} | label)
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)]
    return {"images": images, "annotations": annotations, "categories": categories}


def counts_of(dataset: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Count the pictures that show a class, and its objects."""
    pairs = [(CLASSES[entry["category_id"] - 1], entry["image_id"]) for entry in dataset["annotations"]]
    objects, pictures = Counter(kind for kind, _ in pairs), Counter(kind for kind, _ in set(pairs))
    return {kind: {"pictures": pictures[kind], "objects": objects[kind]} for kind in CLASSES}


def _done(work: Callable[[Any], Any], items: Sequence[Any], workers: int, what: str) -> list[Any]:
    """Do `work` on all items in several processes; return the results in the order of the items."""
    results: dict[int, Any] = {}
    with progress_bar(what) as progress:
        for position, result in run_items(work, items, num_workers=workers):
            results[position] = result
            progress(len(results), len(items))
    return [results[position] for position in range(len(items))]


if __name__ == "__main__":
    run(main)
