"""`situate data scenes`: triples from rendered scenes."""

from pathlib import Path
from typing import Literal

from situate.cli.progress import progress_bar


def scenes(
    folder: Path,
    *,
    num: int = 1500,
    world: Literal["primitives", "street", "yard", "room", "mixed"] = "primitives",
    assets: Path | None = None,
    models: Literal["all", "train", "test"] = "all",
    size: int = 128,
    triples_per_scene: int = 3,
    encoding: Literal["png", "webp"] = "png",
    seed: int = 0,
    num_samples: int = 36,
    num_workers: int | None = None,
    engine: Literal["local", "ray"] = "local",
    resume: bool = False,
    overwrite: bool = False,
) -> None:
    """Render scenes and write triples: background, composite, foreground and the object's true place.

    Args:
        folder: Where the data set goes.
        num: How many triples to make.
        world: What is rendered; `mixed` is street, yard and room.
        assets: Folder with models (situate data assets), which all worlds but `primitives` need.
        models: Which models may be objects: all, or those kept for training or for testing.
        size: Longer side of the pictures in pixels.
        triples_per_scene: At most so many objects of one scene; fewer take longer a triple, and teach more.
        encoding: How pictures are stored; webp takes less space, and its backgrounds are lossy.
        seed: Another seed gives other scenes.
        num_samples: Light paths a pixel, a square number; 16 take half the time, and are noisier.
        num_workers: Workers that render, by default one for each processor; does not change the result.
        engine: Who runs the workers: processes of this machine, or Ray actors of a cluster.
        resume: Go on where an earlier run with the same options stopped.
        overwrite: Remove an earlier data set in the folder first.
    """
    from situate.data.scenes.build import build_scene_triples
    from situate.data.scenes.config import SceneConfig
    from situate.sharding.pool import num_processors

    config = SceneConfig.checked(
        num_triples=num,
        size_px=size,
        triples_per_scene=triples_per_scene,
        num_samples=num_samples,
        seed=seed,
        world=world,
        assets=assets,
        models=models,
        encoding=encoding,
    )
    with progress_bar("rendering", can_resume=True) as progress:
        made = build_scene_triples(
            config,
            folder,
            num_workers=num_processors() if num_workers is None else num_workers,
            engine=engine,
            resume=resume,
            overwrite=overwrite,
            progress=progress,
        )
    skipped = ", ".join(f"{count} {reason}" for reason, count in made["skipped"].items()) or "none"
    print(f"{made['num_triples']} triples from {made['num_scenes']} scenes in {folder} (objects skipped: {skipped})")
