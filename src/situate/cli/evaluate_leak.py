"""The suite `leak` of `situate evaluate`: do repaired backgrounds give away where the object stood?"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from situate.errors import InputError
from situate.pipeline.runtime import Runtime, composer_of

if TYPE_CHECKING:
    from situate.evaluation.leak.suite import LeakData


@dataclass(frozen=True)
class LeakOptions:
    """What was asked for; see `situate evaluate`."""

    model: Path | None
    data: list[Path]
    limit: int | None
    inpaint: str
    seed: int


def evaluate_leak_suite(options: LeakOptions, json: Path | None, report: Path | None, runtime: Runtime) -> None:
    """Measure the leak; print tables and write what was asked for."""
    from situate.data.photos.inpaint import choose_inpainter, require_inpainter
    from situate.evaluation.leak.report import leak_report
    from situate.evaluation.leak.suite import LeakConfig, leak_figures
    from situate.evaluation.leak.tables import NOTES, tables_of
    from situate.imageio.write import write_bytes, write_json

    if not options.data:
        raise InputError("--suite leak needs triples; pass --data FOLDER: rendered, static, or photographs with decoys")
    inpainter = choose_inpainter(options.inpaint)
    require_inpainter(inpainter)
    data = [_opened(folder, options) for folder in options.data]
    composer = composer_of(options.model, runtime)
    config = LeakConfig(inpainter, options.seed)
    figures = leak_figures(composer.pipeline, data, config, lambda step: print(step, file=sys.stderr))
    result = {
        "suite": "leak",
        "model": str(options.model or "shipped"),
        "model_fingerprint": composer.model_fingerprint,
        **figures,
    }
    print(f"{NOTES}\n")
    print("\n\n".join(table.as_text() for table in tables_of(result)))
    if json is not None:
        write_json(result, json)
    if report is not None:
        write_bytes(leak_report(result, data, config).encode(), report)


def _opened(folder: Path, options: LeakOptions) -> "LeakData":
    from situate.data.loader import TripleUnion
    from situate.evaluation.leak.suite import LeakData
    from situate.evaluation.selection import selected

    union = TripleUnion([folder])
    sources = {union.label(index)["source"] for index in range(len(union))}
    if "photos" in sources and len(sources) > 1:
        raise InputError(f"{folder} mixes photos with {', '.join(sorted(sources - {'photos'}))}; pass them apart")
    chosen = selected(union, validation_fraction=None, num=options.limit, seed=options.seed)
    labels = [chosen.label(index) for index in range(len(chosen))]
    boxes = [(label["kind"], tuple(label["box_cxcywh"])) for label in labels]
    return LeakData(str(folder), chosen, boxes, is_repaired="photos" in sources)
