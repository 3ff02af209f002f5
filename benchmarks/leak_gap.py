"""The leak gap of models trained on true backgrounds, and on the same scenes repaired, without and with decoys.

What is shown is whether the metric finds a leak that is there, and whether decoys close it. Everything lies in OUT, and
what is there already is not made again.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from cyclopts import run
from rate import describe_machine

from situate.config import with_overrides
from situate.data.description import write_description
from situate.data.photos.decoys import StandHistogram
from situate.data.photos.repair import RepairConfig
from situate.data.starter import starter_set
from situate.data.store import TripleStore
from situate.data.writer import TripleWriter
from situate.evaluation.leak.remake import remade, stands_in
from situate.evaluation.leak.suite import NUM_DECOYS, LeakConfig, LeakData, leak_figures
from situate.evaluation.leak.tables import tables_of
from situate.imageio.write import write_json
from situate.pipeline.composer import Composer
from situate.recipes import recipe_named
from situate.sharding.engine import run_items
from situate.training.run import train

BLOCK = 48
DECOYS = {name.replace(" ", "-"): num_decoys for name, num_decoys in NUM_DECOYS.items()}
Backgrounds = Literal["true", "without-decoys", "with-decoys"]


def main(
    out: Path,
    *,
    backgrounds: tuple[Backgrounds, ...] = ("without-decoys", "with-decoys"),
    data: tuple[Path, ...] = (),
    num_steps: int = 500,
    inpaint: str = "patchmatch",
    seed: int = 0,
    num_workers: int = 2,
) -> None:
    """Make the data sets from the starter set, train, and measure on its test part.

    Args:
        out: Where data sets and runs go.
        backgrounds: What to train on.
        data: More triples with true backgrounds to measure on, such as a static camera's.
        num_steps: Of each training.
        inpaint: Who repairs.
        seed: Of holes, decoys and training.
        num_workers: Processes that repair.
    """
    print(describe_machine())
    config = with_overrides(recipe_named("tiny"), [f"num_steps={num_steps}", f"seed={seed}"])
    measured = [measured_set(folder) for folder in (starter_set("test"), *data)]
    for name in backgrounds:
        training, validation = starter_set("train"), starter_set("val")
        if name != "true":
            repair = RepairConfig(inpaint, DECOYS[name], seed)
            training, validation = (
                remade_set(part, out / name / part.name, repair, num_workers) for part in (training, validation)
            )
        model = out / name / "run" / "model"
        if not model.is_dir():
            train(config, [training], out / name / "run", validation=[validation])
        pipeline = Composer.from_pretrained(model).pipeline
        figures = leak_figures(pipeline, measured, LeakConfig(inpaint, seed))
        write_json(figures, out / name / "leak.json")
        print(f"\ntrained on backgrounds that are {name}, {num_steps} steps")
        print("\n".join(table.as_text() for table in tables_of(figures)), flush=True)


def measured_set(folder: Path) -> LeakData:
    """Triples with true backgrounds."""
    store = TripleStore(folder)
    boxes = [(label["kind"], tuple(label["box_cxcywh"])) for label in store.labels]
    return LeakData(folder.name, store, boxes, is_repaired=False)


def remade_set(source: Path, folder: Path, repair: RepairConfig, num_workers: int) -> Path:
    """Repair all triples of `source`, as if they were photographs."""
    if (folder / "dataset.json").is_file():
        return folder
    store = TripleStore(source)
    stands = stands_in([(label["kind"], tuple(label["box_cxcywh"])) for label in store.labels])
    starts = list(range(0, len(store), BLOCK))
    work = partial(_block, source=source, folder=folder, stands=stands, repair=repair)
    for _ in run_items(work, starts, num_workers=num_workers):
        pass
    write_description(folder, {"source": "photos", "parent": source.name, "seed": repair.seed})
    return folder


def _block(start: int, source: Path, folder: Path, stands: StandHistogram, repair: RepairConfig) -> None:
    store: Sequence = TripleStore(source)
    with TripleWriter(folder, first_shard=start // BLOCK, triples_per_shard=BLOCK) as writer:
        for index in range(start, min(start + BLOCK, len(store))):
            writer.write(remade(store[index], stands, repair))


if __name__ == "__main__":
    run(main)
