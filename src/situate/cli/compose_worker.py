"""One process that composes batches of pairs: it loads the model once and computes on one thread."""

from collections.abc import Sequence
from pathlib import Path

from situate.cli.compose_folder import Done, Job, Settings, Task
from situate.errors import SituateError
from situate.imageio.read import read_picture
from situate.pipeline.batch import Pair, composed
from situate.pipeline.inputs import cutout_from, scene_from
from situate.pipeline.options import check_composing
from situate.pipeline.output import write_composites
from situate.pipeline.runtime import kept_composer, one_thread
from situate.records.placement import Composite


def compose_job(job: Job) -> Done:
    """Compose a batch and write it.

    Raises:
        InputError: If the model does not take the options.
        OutputError: If something cannot be written.
    """
    settings = job.settings
    synthesis, top_k = settings.synthesis, settings.top_k
    with one_thread():
        composer = kept_composer(settings.model, settings.runtime)
        demanded = settings.constraints.without_masks()
        check_composing(composer.pipeline.conditioning, synthesis, top_k, settings.box_xywh_px, demanded)
        readings = [_read(task, settings) for task in job.tasks]
        pairs = [pair for pair in readings if isinstance(pair, Pair)]
        made = composed(composer.pipeline, pairs, synthesis, top_k, composer.model_fingerprint)
        failures, pictures = [], []
        for task, reading in zip(job.tasks, readings, strict=True):
            result = next(made) if isinstance(reading, Pair) else reading
            if isinstance(result, SituateError):
                failures.append(_failure(task, result))
            else:
                pictures += _write(result, task, is_numbered=top_k > 1)
    return Done(pictures, failures)


def _read(task: Task, settings: Settings) -> Pair | SituateError:
    try:
        scene = scene_from(read_picture(task.background))
        demanded = settings.constraints.for_background(scene)
        return Pair(scene, cutout_from(task.foreground), task.seed, settings.box_xywh_px, demanded)
    except SituateError as error:
        return error


def _write(composites: Sequence[Composite], task: Task, *, is_numbered: bool) -> list[Path]:
    label = task.output.with_suffix(".json")
    return write_composites(composites, task.output, is_numbered=is_numbered, with_masks=True, json_path=label)


def _failure(task: Task, error: SituateError) -> dict[str, str]:
    given = {"background": str(task.background), "foreground": str(task.foreground)}
    return {**given, "output": task.output.name, "error": str(error)}
