"""`situate demo`: everything once, with a report to look at."""

from pathlib import Path


def demo(
    *,
    out: Path = Path("demo"),
    minutes: float = 11.5,
    num_triples: int = 640,
    num_held_out: int = 48,
    num_shown: int = 12,
    size: int = 128,
    recipe: str = "tiny",
    seed: int = 0,
    overwrite: bool = False,
    device: str = "auto",
) -> None:
    """Render scenes, train on them, compose scenes and photographs, and write OUT/report.html.

    Training ends when it has converged or when the budget ends. The report needs no network: open it in a browser.

    Args:
        out: Folder of data, held-out data, run, report.html and demo.json.
        minutes: Budget of the whole demo; training gets what rendering and composing leave.
        num_triples: Triples to render for training; 640 take about three minutes on two cores.
        num_held_out: Triples of other scenes, to look at and to measure on.
        num_shown: Held-out scenes in the report.
        size: Longer side of the rendered pictures in pixels.
        recipe: What to train.
        seed: Of everything random.
        overwrite: Replace an earlier demo in OUT.
        device: auto, cpu or cuda.
    """
    from situate.cli.extras import require

    require("scenes", "train")
    from pydantic import ValidationError

    from situate.demo.plan import DemoConfig, DemoFolder
    from situate.demo.run import run_demo
    from situate.demo.tables import figures_table, times_table
    from situate.errors import ConfigError

    try:
        config = DemoConfig(
            recipe=recipe,
            minutes=minutes,
            num_triples=num_triples,
            num_held_out=num_held_out,
            num_shown=num_shown,
            size_px=size,
            seed=seed,
        )
    except ValidationError as error:
        problems = "; ".join(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
        raise ConfigError(f"the demo cannot be made like this: {problems}") from error
    config.training()
    result = run_demo(config, out, overwrite=overwrite, device=device)
    training = result["training"]
    print(f"{training['steps']} steps; converged: {str(training['converged']).lower()} ({training['reason']})\n")
    print(figures_table(result["trained"], result["shipped"]).as_text() + "\n")
    print(times_table(result["times_s"]).as_text() + "\n")
    print(f"report: {DemoFolder(out).report}")
