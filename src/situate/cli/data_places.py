"""`situate data places`: rendered backgrounds with objects of other scenes, and where each could stand."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from situate.cli.progress import progress_bar


def places(
    *folders: Path,
    output: Annotated[Path, Parameter(alias="-o")],
    per_background: int = 8,
    num_places: int = 16,
    assets: Path | None = None,
    encoding: Literal["png", "webp"] = "png",
    seed: int = 0,
    num_workers: int | None = None,
    resume: bool = False,
    overwrite: bool = False,
) -> None:
    """Pair backgrounds of rendered scenes with objects of other scenes, and draw where each could stand.

    Nothing is rendered: a scene knows the true distribution of places of any object. What comes out teaches placement
    alone; train on it together with the scenes.

    Args:
        folders: Data sets of rendered scenes (situate data scenes).
        output: Folder of the new data set.
        per_background: Objects for every background, its own among them.
        num_places: Places for every object; where fewer than 4 are found, it is left out.
        assets: Folder with the models that the scenes were made with, if any.
        encoding: How pictures are stored; those that already are so are copied as they are.
        seed: Another seed gives other objects and places.
        num_workers: Workers, by default one for each processor; does not change the result.
        resume: Go on where an earlier run with the same options stopped.
        overwrite: Replace the data set in OUTPUT.
    """
    from situate.data.building.build import Workers
    from situate.data.places.build import build_places
    from situate.data.places.config import PlacesConfig
    from situate.data.starter import data_folder
    from situate.sharding.pool import num_processors

    config = PlacesConfig.checked(per_background=per_background, num_places=num_places, encoding=encoding, seed=seed)
    workers = Workers(num_processors() if num_workers is None else num_workers)
    named = [data_folder(folder, "train") for folder in folders]
    with progress_bar("placing", can_resume=True) as progress:
        report = build_places(
            config,
            named,
            output,
            workers,
            assets=assets,
            resume=resume,
            overwrite=overwrite,
            progress=progress,
        )
    skipped = ", ".join(f"{count} {reason}" for reason, count in report.skipped.items()) or "none"
    print(f"{report.num_triples} pairs of {report.num_pictures} backgrounds in {output} (left out: {skipped})")
