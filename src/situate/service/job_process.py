"""What a job runs as: a process of its own, so that cancelling it, or its crash, touches nothing else.

`python -m situate.service.job_process FOLDER` reads `FOLDER/job.json` and writes `FOLDER/result.zip`; lines of JSON on
stdout say how far it is. It ends when its standard input does: with the service that has started it.
"""

import json
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from situate.augment.run import augment
from situate.augment.source import AugmentOutput, AugmentSource
from situate.client.options import AugmentOptions
from situate.data.building.build import Workers
from situate.errors import ConfigError, DataError, InputError
from situate.pipeline.runtime import Runtime, default_workers
from situate.service.asked import augment_config
from situate.service.job_files import JOB_FILE, RESULT_FILE
from situate.service.pack import pack

NICENESS = 10
"""Requests that somebody waits for go first."""
EXIT_REFUSED = 2
_LONGEST_MESSAGE = 2000


def main(folder: Path) -> int:
    """Do the job that lies in a folder; return the exit code."""
    os.nice(NICENESS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    job = json.loads((folder / JOB_FILE).read_bytes())
    try:
        report = _augmented(folder, job)
    except (InputError, DataError, ConfigError) as error:
        _tell(error=_without_paths(str(error), folder))
        return EXIT_REFUSED
    pack(folder / "result", job["names"], folder / RESULT_FILE)
    shutil.rmtree(folder / "result")
    _tell(message=_without_paths("; ".join(f"{one['file']}: {one['error']}" for one in report.errors), folder))
    return 0


def _augmented(folder: Path, job: dict[str, Any]) -> Any:
    options = AugmentOptions(**job["options"])
    runtime = Runtime(**job["runtime"])
    cutouts = folder / "cutouts" if job["has_cutouts"] else Path("self")
    model = None if job["model"] is None else Path(job["model"])
    source = AugmentSource(folder / "annotations.json", folder / "images", cutouts, "coco", model, runtime)
    output = AugmentOutput(folder / "result", "coco", options.new_only)
    workers = Workers(default_workers(runtime))
    return augment(
        augment_config(options),
        source,
        output,
        workers,
        progress=lambda done, whole: _tell(num_done=done, num_all=whole),
    )


def _without_paths(text: str, folder: Path) -> str:
    return text.replace(f"{folder}{os.sep}", "").replace(str(folder), "the upload")[:_LONGEST_MESSAGE]


def _tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def _end_with_parent() -> None:
    # Not by `sys.stdin`: what waits in it would keep Python from ending.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
