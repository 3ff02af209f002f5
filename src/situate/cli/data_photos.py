"""`situate data photos`: triples from annotated photographs."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from situate.cli.build_report import build_and_print, exit_code


def photos(
    annotations: Path,
    images: Path,
    folder: Path,
    *,
    label_format: Annotated[Literal["auto", "coco", "yolo", "voc", "masks"], Parameter(name="--format")] = "auto",
    instances: Literal["values", "components"] = "values",
    size: int = 256,
    foreground_size: int | None = None,
    max_per_image: int = 4,
    kind: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    licence: Annotated[tuple[int, ...], Parameter(name=("--licence", "--license"), negative=())] = (),
    group_by: Literal["image", "folder", "prefix"] = "image",
    matting: str = "guided",
    min_quality: float = 0.2,
    inpaint: str = "auto",
    decoys: tuple[int, int] = (1, 3),
    seed: int = 0,
    limit: int | None = None,
    num_workers: int = 1,
    engine: Literal["local", "ray"] = "local",
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    resume: Annotated[bool, Parameter(negative=())] = False,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Make triples from annotated photographs: COCO, YOLO, Pascal VOC, or a folder of masks.

    Every object that is whole, large enough and not at the picture's edge is cut out, and the picture is repaired where
    it stood and at a few decoys. What was left out, and why, is counted. Exit code 1 if some pictures were unusable;
    they are named in FOLDER/errors.jsonl.

    Args:
        annotations: COCO instances file, YOLO data.yaml, Pascal VOC folder, or folder of masks.
        images: Folder of the photographs.
        folder: Where the data set is written.
        label_format: How annotations are read; auto tells it by what is there.
        instances: What an object of a mask is: each value, or each connected component.
        size: Longest side of the stored pictures in pixels.
        foreground_size: Longest side of the stored cut-outs in pixels; by default as large as in the photograph.
        max_per_image: Most triples from one photograph.
        kind: Category to use; may be given several times. Without it, all.
        licence: Number of a licence in the annotations whose photographs are used; may be given several times. Without
            it, all.
        group_by: What is not split between training and validation: the photograph, its folder, or the series that the
            file name begins with, up to the first `__`.
        matting: How the soft edge is found: guided, closed-form, or the folder of a matting network.
        min_quality: Leave out cut-outs with a lower quality, 0 to 1.
        inpaint: Who repairs: auto (PatchMatch where it is installed), patchmatch, telea, or the folder of an inpainting
            pipeline.
        decoys: Least and most places repaired although nothing stood there.
        seed: Every draw follows from it.
        limit: Use only that many photographs.
        num_workers: Workers; the result does not depend on it.
        engine: Who the workers are: processes of this machine, or Ray actors of a cluster.
        dry_run: Only print what would be made and what left out.
        resume: Go on with a build that was stopped.
        overwrite: Replace the data set in FOLDER.
    """
    from situate.data.building.build import Workers
    from situate.data.photos.build import Annotated as AnnotatedPhotos
    from situate.data.photos.build import build_photo_triples, plan_photo_triples
    from situate.data.photos.config import PhotoConfig
    from situate.data.photos.inpaint import choose_inpainter

    config = PhotoConfig.checked(
        size_px=size,
        foreground_px=foreground_size,
        max_per_image=max_per_image,
        kinds=kind,
        licences=licence,
        group_by=group_by,
        matting=matting,
        min_quality=min_quality,
        inpainter=choose_inpainter(inpaint),
        num_decoys=decoys,
        seed=seed,
    )
    annotated, workers = (
        AnnotatedPhotos(annotations, images, label_format, limit, instances),
        Workers(num_workers, engine),
    )
    report = build_and_print(
        "photographs",
        (lambda: plan_photo_triples(config, annotated, workers)) if dry_run else None,
        lambda progress: build_photo_triples(
            config, annotated, folder, workers, resume=resume, overwrite=overwrite, progress=progress
        ),
        repaired_by=config.inpainter,
    )
    return exit_code(report)
