"""How long one picture takes: cold and warm, stage by stage, at three sizes, and how much memory."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from apart import apart, forget_peak
from cyclopts import run
from flop import flop_counter
from pictures import ball_pixels, scene_pixels
from rate import measured_rate, median_s
from tables import Table, publish

from situate.geometry.canvas import Letterbox
from situate.imageio.read import read_picture
from situate.imageio.write import write_picture
from situate.pipeline.composer import Composer
from situate.pipeline.export import export_model
from situate.pipeline.options import DEFAULT_STEPS
from situate.pipeline.order import foreground_u8
from situate.pipeline.runtime import Backend, Runtime, composer_of
from situate.records.picture import Picture

SIZES_WH = ((512, 512), (1920, 1080), (3840, 2160))
STAGES_WH = (1920, 1080)
OBJECT_SHARE = 0.4
"""Side of the cut-out over the shorter side of the picture."""


def main(
    model: Path | None = None,
    *,
    repeats: int = 10,
    steps: int = DEFAULT_STEPS,
    seed: int = 0,
    json: Path | None = None,
) -> None:
    """Time composing with PyTorch, and with OpenVINO if it is installed.

    Args:
        model: Model folder; the shipped weights by default.
        repeats: Calls of each stage; the median is printed.
        steps: Steps of the synthesis.
        seed: Of the synthetic pictures.
        json: Keep the figures here.
    """
    with tempfile.TemporaryDirectory() as scratch:
        backends: list[tuple[Backend, Path | None]] = [("torch", model)]
        if find_spec("openvino"):
            export_model(model, Path(scratch, "exported"))
            backends.append(("openvino", Path(scratch, "exported")))
        rows, stages = [], {}
        for name, folder in backends:
            for size_wh in SIZES_WH:
                times, peak_mib = apart(times_of, folder, name, size_wh, repeats, steps, seed)
                command = command_s(folder, name, size_wh, seed)
                figures = (*(times[column] for column in COLUMNS), command, peak_mib)
                rows.append([f"{size_wh[0]} x {size_wh[1]}, {name}", *figures])
                if size_wh == STAGES_WH:
                    stages[name] = times
    publish([whole_table(rows, repeats, steps), stage_table(stages, model, steps)], json)


COLUMNS = ("load", "first call", "in memory", "JPEG to JPEG", "JPEG to PNG")
STAGES = ("decode", "placement", "best place", "synthesis", "lift", "encode JPEG", "encode PNG")


def whole_table(rows: list[list[str | float]], repeats: int, steps: int) -> Table:
    """Seconds of a whole call."""
    notes = (
        f"{steps} steps; each row in a process of its own, medians of {repeats} warm calls; from file to file in it.",
        "`load` is the model alone, in a process that has imported PyTorch and diffusers; `the whole command` is "
        "`situate compose`, from the shell and back, which imports them.",
    )
    return Table(
        "One picture",
        ("picture", *(f"{name}, s" for name in COLUMNS), "the whole command, s", "peak memory, MiB"),
        rows,
        notes,
    )


def stage_table(stages: dict[str, dict[str, float]], model: Path | None, steps: int) -> Table:
    """Milliseconds of each stage, and how much of the machine's own rate the networks reach."""
    gflop, rate = network_gflop(model, steps), measured_rate()
    rows: list[list[str | float | None]] = []
    for backend, times in stages.items():
        for stage in STAGES:
            seconds, share = times[stage], None
            if stage in gflop:
                share = 100 * gflop[stage] / seconds / rate.network_gflops
            elif stage in (megapixel_rates := picture_rates()):
                share = 100 * STAGES_WH[0] * STAGES_WH[1] / 1e6 / seconds / megapixel_rates[stage]
            rows.append([f"{stage}, {backend}", 1000 * seconds, gflop.get(stage), share])
    notes = (
        "`synthesis` is all steps; `lift` is what else composing does after the place is known: window, noise, tokens, "
        "full-size colours. A share is of this machine's rate for matrix products and convolutions, or of OpenCV's "
        "for decoding and encoding, measured in the same run.",
    )
    title = f"Stages of one picture of {STAGES_WH[0]} x {STAGES_WH[1]}"
    return Table(title, ("stage", "ms", "GFLOP", "share of the machine's rate, %"), rows, notes)


def picture_rates() -> dict[str, float]:
    """Megapixels a second of this machine, by stage."""
    rate = measured_rate()
    return {
        "decode": rate.jpeg_decode_mp_s,
        "encode JPEG": rate.jpeg_encode_mp_s,
        "encode PNG": rate.png_encode_mp_s,
    }


def network_gflop(model: Path | None, steps: int = DEFAULT_STEPS) -> dict[str, float]:
    """Arithmetic of both networks for one picture, 10^9 operations."""
    pipeline = Composer.from_pretrained(model, device="cpu").pipeline
    scene, cutout = scene_pixels(0, 256, 256), ball_pixels(64)
    with flop_counter() as counter:
        inputs, prediction = pipeline.predict(scene, cutout)
    placing = counter.get_total_flops()
    places = pipeline.ranked(pipeline.lattice(inputs, prediction, Letterbox(256, 256)), 1)
    with flop_counter() as counter:
        options = {"seed": 0, "num_steps": steps, "model_fingerprint": ""}
        pipeline(Picture(scene), Picture(cutout), places, prediction, **options)
    return {"placement": placing / 1e9, "synthesis": counter.get_total_flops() / 1e9}


def times_of(
    folder: Path | None, backend: Backend, size_wh: tuple[int, int], repeats: int, steps: int, seed: int
) -> dict[str, float]:
    """Seconds of each stage and of the whole, in this process."""
    with tempfile.TemporaryDirectory() as scratch:
        background, foreground = Path(scratch, "background.jpg"), Path(scratch, "foreground.png")
        write_picture(Picture(scene_pixels(seed, *size_wh)), background)
        write_picture(Picture(ball_pixels(round(OBJECT_SHARE * min(size_wh)))), foreground)
        forget_peak()
        start_s = time.perf_counter()
        composer = composer_of(folder, Runtime("cpu", backend))
        loaded_s = time.perf_counter()
        composer(background, foreground, num_steps=steps)
        cold = {"load": loaded_s - start_s, "first call": time.perf_counter() - loaded_s}
        return cold | warm_times(composer, background, foreground, repeats, steps)


def command_s(folder: Path | None, backend: Backend, size_wh: tuple[int, int], seed: int) -> float:
    """Seconds of the command, from a JPEG to a JPEG."""
    with tempfile.TemporaryDirectory() as scratch:
        write_picture(Picture(scene_pixels(seed, *size_wh)), Path(scratch, "background.jpg"))
        write_picture(Picture(ball_pixels(round(OBJECT_SHARE * min(size_wh)))), Path(scratch, "foreground.png"))
        words = [sys.executable, "-m", "situate", "compose", "background.jpg", "foreground.png", "-o", "composite.jpg"]
        words += ["--device", "cpu", "--backend", backend, *([] if folder is None else ["--model", str(folder)])]
        start_s = time.perf_counter()
        subprocess.run(words, check=True, capture_output=True, cwd=scratch)  # noqa: S603 - our own words
        return time.perf_counter() - start_s


def warm_times(composer: Composer, background: Path, foreground: Path, repeats: int, steps: int) -> dict[str, float]:
    """Median seconds of each stage and of the whole."""
    pipeline = composer.pipeline
    scene, cutout = read_picture(background), read_picture(foreground)
    inputs, prediction = pipeline.predict(scene.rgb_u8, foreground_u8(cutout))
    letterbox = Letterbox(scene.width_px, scene.height_px)
    places = pipeline.ranked(pipeline.lattice(inputs, prediction, letterbox), 1)
    (composite,) = composer(scene, cutout, num_steps=steps)
    jpeg, png = background.with_name("composite.jpg"), background.with_name("composite.png")

    def synthesise(num_steps: int) -> None:
        pipeline(scene, cutout, places, prediction, seed=0, num_steps=num_steps, model_fingerprint="")

    def file_to_file(path: Path) -> None:
        write_picture(composer(background, foreground, num_steps=steps)[0].picture, path)

    calls: dict[str, Callable[[], object]] = {
        "decode": lambda: read_picture(background),
        "placement": lambda: pipeline.predict(scene.rgb_u8, foreground_u8(cutout)),
        "best place": lambda: pipeline.ranked(pipeline.lattice(inputs, prediction, letterbox), 1),
        "all steps and lift": lambda: synthesise(2 * steps),
        "half of them": lambda: synthesise(steps),
        "encode JPEG": lambda: write_picture(composite.picture, jpeg),
        "encode PNG": lambda: write_picture(composite.picture, png),
        "in memory": lambda: composer(scene, cutout, num_steps=steps),
        "JPEG to JPEG": lambda: file_to_file(jpeg),
        "JPEG to PNG": lambda: file_to_file(png),
    }
    times = {name: median_s(work, repeats) for name, work in calls.items()}
    # What does not grow with the steps is everything but the network.
    times["synthesis"] = times["all steps and lift"] - times["half of them"]
    times["lift"] = times["half of them"] - times["synthesis"]
    return times


if __name__ == "__main__":
    run(main)
