"""How many new pictures a second `situate augment` makes, beside copy-paste by the same program; its memory."""

import json as jsonlib
import sys
import tempfile
from pathlib import Path

import numpy as np
from apart import watched
from batch import drawn
from cyclopts import run
from growth import flatness
from tables import Table, publish

PICTURES_WH = (640, 480)
WAYS = {
    "copy-paste at random places": ["--place", "random", "--strength", "0"],
    "pasted at our places": ["--strength", "0"],
    "ours": [],
}


def main(
    model: Path | None = None,
    *,
    num: int = 192,
    many: int = 5000,
    num_workers: int = 2,
    json: Path | None = None,
) -> None:
    """Time the whole command: from JPEG files and a COCO file to PNG files and a COCO file.

    Args:
        model: Model folder; the shipped weights by default.
        num: New pictures of each way, of which the first quarter does not count.
        many: New pictures of a long run, for its memory; 0 leaves it out.
        num_workers: Processes, with one thread each.
        json: Keep the figures here.
    """
    options = ["--num-workers", str(num_workers), *([] if model is None else ["--model", str(model)])]
    with tempfile.TemporaryDirectory() as scratch:
        data = data_set(Path(scratch))
        rates = {name: rate_of(data, num, [*way, *options]) for name, way in WAYS.items()}
        tables = [rate_table(rates, num_workers)]
        if many:
            tables.append(memory_table(augment(data, many, options)[1], many))
    publish(tables, json)


def rate_table(rates: dict[str, float], num_workers: int) -> Table:
    """Pictures a second, and over those of copy-paste."""
    first, *_ = rates.values()
    rows = [[name, rate, 1000 * num_workers / rate, 100 * rate / first] for name, rate in rates.items()]
    width, height = PICTURES_WH
    notes = (
        f"{num_workers} processes of one thread; one object in a picture; the time that processes take to start is not "
        "counted. Every way decodes, updates masks and boxes, and encodes.",
    )
    columns = ("way", "new pictures a second", "ms of a process for each", "rate over copy-paste, %")
    return Table(f"Augmenting {width} x {height}", columns, rows, notes)


def memory_table(held: list[tuple[float, float]], many: int) -> Table:
    """Memory of all processes of a long run."""
    early, late = flatness(held)
    rows: list[list[str | float | None]] = [[str(many), held[-1][0], max(mib for _, mib in held), early, late]]
    columns = ("new pictures", "seconds", "most memory, MiB", "mean memory, second tenth", "last tenth")
    return Table("Memory of a long run", columns, rows)


def rate_of(data: Path, num: int, options: list[str]) -> float:
    """New pictures a second, once all processes work: told by the times of their files."""
    written_s = np.sort(augment(data, num, options)[0])
    warm_up = max(len(written_s) // 4, 1)
    return (len(written_s) - warm_up) / (written_s[-1] - written_s[warm_up - 1])


def augment(data: Path, num: int, options: list[str]) -> tuple[list[float], list[tuple[float, float]]]:
    """Run the command; return when each new picture was written, and the memory of its processes while it ran."""
    output = data / "out"
    words = [sys.executable, "-m", "situate", "augment", str(data / "instances.json"), str(data / "scenes")]
    words += [str(data / "cutouts"), str(output), "--new-only", "--total", str(num), "--overwrite", *options]
    _, held = watched(words, data / "log")
    times = [path.stat().st_mtime for path in (output / "images").iterdir()]
    return times, held


def data_set(folder: Path) -> Path:
    """Draw a data set with an annotated object in each picture, and a cut-out of its class."""
    scenes, cutout = drawn(folder, PICTURES_WH)
    width, height = PICTURES_WH
    images = [
        {"id": number, "file_name": path.name, "width": width, "height": height} for number, path in enumerate(scenes)
    ]
    ring = [200, 300, 320, 300, 320, 420, 200, 420]
    annotations = [
        {"id": number, "image_id": number, "category_id": 1, "bbox": [200, 300, 120, 120], "segmentation": [ring]}
        for number in range(len(scenes))
    ]
    content = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "ball"}]}
    (folder / "instances.json").write_text(jsonlib.dumps(content))
    (folder / "cutouts" / "ball").mkdir(parents=True)
    cutout.rename(folder / "cutouts" / "ball" / "object.png")
    return folder


if __name__ == "__main__":
    run(main)
