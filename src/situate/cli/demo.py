"""`situate demo`: everything once, with a report to look at."""

from pathlib import Path
from typing import Literal


def demo(
    *,
    out: Path = Path("demo"),
    minutes: float = 11.5,
    data: Literal["starter", "primitives"] = "starter",
    num_triples: int | None = None,
    num_held_out: int = 48,
    num_shown: int = 12,
    size: int | None = None,
    recipe: str = "tiny",
    seed: int = 0,
    overwrite: bool = False,
    device: str = "auto",
) -> None:
    """Train on rendered scenes, compose scenes and photographs, and write OUT/report.html.

    Training ends when it has converged or when the budget ends. The report needs no network: open it in a browser.

    Args:
        out: Folder of the run, report.html and demo.json, and of the data that is rendered.
        minutes: Budget of the whole demo; training gets what all else leaves.
        data: What is trained on: starter is the set that comes with the package (streets, yards, rooms); with
            primitives simple scenes are rendered first.
        num_triples: Triples to render for training, with primitives; the default of 320 takes about three minutes on
            two cores.
        num_held_out: Triples of other scenes, to look at and to measure on.
        num_shown: Held-out scenes in the report.
        size: Longer side of the rendered pictures in pixels, with primitives; 128 by default.
        recipe: What to train.
        seed: Of everything random.
        overwrite: Replace an earlier demo in OUT.
        device: auto, cpu or cuda.
    """
    from situate.cli.extras import require

    require("train", *(["scenes"] if data == "primitives" else []))
    from situate.demo.plan import DemoConfig, DemoFolder
    from situate.demo.run import run_demo
    from situate.demo.tables import figures_table, times_table

    config = DemoConfig.checked(
        recipe=recipe,
        minutes=minutes,
        data=data,
        num_triples=num_triples,
        num_held_out=num_held_out,
        num_shown=num_shown,
        size_px=size,
        seed=seed,
    )
    config.training()
    result = run_demo(config, out, overwrite=overwrite, device=device)
    training = result["training"]
    print(f"{training['steps']} steps; converged: {str(training['converged']).lower()} ({training['reason']})\n")
    print(figures_table(result["trained"], result["shipped"]).as_text() + "\n")
    print(times_table(result["times_s"]).as_text() + "\n")
    print(f"report: {DemoFolder(out).report}")
