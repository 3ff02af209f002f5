"""Triples a second from annotated photographs, and whether memory stays flat over many annotations."""

import json
import resource
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from cyclopts import run
from rate import describe_machine

from situate.data.building.build import Workers
from situate.data.photos.build import Annotated, build_photo_triples
from situate.data.photos.config import PhotoConfig
from situate.seeds import seed_for

SIDE_PX = 512
GRID = 5
OBJECTS_PER_PICTURE = GRID**2
KIB_PER_MIB = 1024


def main(
    annotations: Path | None = None,
    images: Path | None = None,
    *,
    size: int = 512,
    num_workers: int = 2,
    limit: int | None = None,
    num_annotations: int = 10_000,
    inpaint: str = "patchmatch",
) -> None:
    """Build a data set from photographs, or from pictures drawn on the spot, and throw it away.

    Args:
        annotations: As for `situate data photos`; without it pictures with `num_annotations` objects are drawn.
        images: Folder of the photographs.
        size: Longest side of the stored pictures.
        num_workers: Processes; 1 works in this one, and shows how its memory grows.
        limit: Use only that many photographs.
        num_annotations: Objects drawn if no annotations are given, 25 in a picture of 512 pixels.
        inpaint: patchmatch or telea.
    """
    print(describe_machine())
    config = PhotoConfig(size_px=size, inpainter=inpaint)
    with tempfile.TemporaryDirectory() as scratch:
        if annotations is None or images is None:
            annotations, images = drawn_set(Path(scratch), num_annotations)
        photos, folder = Annotated(annotations, images, limit=limit), Path(scratch) / "triples"
        start_s = time.perf_counter()
        peaks: list[tuple[int, float]] = []

        def remember(num_done: int, num_all: int) -> None:
            peaks.append((num_done, peak_mib()))

        report = build_photo_triples(config, photos, folder, Workers(num_workers), progress=remember)
        seconds = time.perf_counter() - start_s
    rate = report.num_triples / seconds
    print(
        f"{report.num_triples} triples of {report.num_annotations} annotations in {seconds:.0f} s, {size} px, {inpaint}"
    )
    print(f"  {rate:.2f} triples a second on {num_workers} workers, {num_workers / rate:.2f} s of a worker for each")
    if num_workers == 1:
        shown = [peaks[index] for index in np.linspace(0, len(peaks) - 1, min(6, len(peaks))).round().astype(int)]
        print("  peak memory: " + ", ".join(f"{mib:.0f} MiB after {done} pictures" for done, mib in shown))


def peak_mib() -> float:
    """Most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB


def drawn_set(folder: Path, num_annotations: int) -> tuple[Path, Path]:
    """Draw pictures with a grid of ellipses, each of them annotated."""
    images, entries, objects = folder / "images", [], []
    images.mkdir()
    for number in range(-(-num_annotations // OBJECTS_PER_PICTURE)):
        generator = np.random.default_rng(seed_for(0, "drawn", number))
        pixels = generator.normal(110, 14, (SIDE_PX, SIDE_PX, 3)).clip(0, 255).astype(np.uint8)
        for cell in range(min(OBJECTS_PER_PICTURE, num_annotations - len(objects))):
            centre = [int((place + 0.5) * SIDE_PX / GRID) for place in (cell % GRID, cell // GRID)]
            half = [int(side) for side in generator.integers(14, 26, 2)]
            outline = cv2.ellipse2Poly(centre, half, 0, 0, 360, 10)
            cv2.fillPoly(pixels, [outline], generator.integers(0, 255, 3).tolist())
            polygon = outline.ravel().tolist()
            objects.append({"id": len(objects), "image_id": number, "category_id": 0, "segmentation": [polygon]})
        cv2.imwrite(str(images / f"{number:05d}.jpg"), pixels)
        entries.append({"id": number, "file_name": f"{number:05d}.jpg", "width": SIDE_PX, "height": SIDE_PX})
    content = {"images": entries, "annotations": objects, "categories": [{"id": 0, "name": "ellipse"}]}
    annotations = folder / "instances.json"
    annotations.write_text(json.dumps(content))
    return annotations, images


if __name__ == "__main__":
    run(main)
