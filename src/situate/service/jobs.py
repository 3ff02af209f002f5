"""Jobs that take minutes: they wait for each other, can be looked at and cancelled, and are forgotten after a while."""

import asyncio
import json
import logging
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from situate.client.answers import Job, State
from situate.client.options import AugmentOptions
from situate.errors import InputError
from situate.service.job_files import JOB_FILE, RESULT_FILE
from situate.service.job_run import run_job
from situate.service.refusals import BusyError, MissingError, UnavailableError
from situate.service.settings import ServiceSettings
from situate.service.unpack import Unpacked

RETRY_AFTER_S = 60
_ID_BYTES = 12
_IN_THE_LOG = "something went wrong here; it is in the log of the service"
_logger = logging.getLogger(__name__)


@dataclass
class _Kept:
    """A job and where its files are."""

    id: str
    folder: Path
    state: State = "waiting"
    num_done: int = 0
    num_all: int = 0
    message: str = ""
    ended_s: float = 0.0
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)

    def hear(self, told: Mapping[str, Any]) -> None:
        """Note what the job's process says."""
        self.num_done, self.num_all = told.get("num_done", self.num_done), told.get("num_all", self.num_all)
        self.message = told.get("error", told.get("message", self.message))

    def answer(self) -> Job:
        """As clients see it."""
        return Job(id=self.id, state=self.state, num_done=self.num_done, num_all=self.num_all, message=self.message)


class Jobs:
    """All jobs of a service; one runs at a time, in a process of its own."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Begin with none."""
        self._settings = settings
        self._jobs: dict[str, _Kept] = {}
        self._one_at_a_time = asyncio.Lock()
        self._root: Path | None = None
        self._is_closed = False

    def check_room(self) -> None:
        """Find out whether another job would be taken.

        Raises:
            BusyError: If too many wait or run.
            UnavailableError: If the service is stopping.
        """
        if self._is_closed:
            raise UnavailableError("the service is stopping; ask again when it is back")
        self._forget_old()
        open_jobs = [job for job in self._jobs.values() if job.state in ("waiting", "running")]
        if len(open_jobs) >= self._settings.max_jobs:
            raise BusyError(len(open_jobs), RETRY_AFTER_S)

    async def submit(self, unpack: Callable[[Path], Unpacked], options: AugmentOptions) -> Job:
        """Take a job.

        Args:
            unpack: Puts its files into the folder that it is given.
            options: What is asked.

        Raises:
            BusyError: If too many wait or run.
            InputError: If its files cannot be used.
        """
        self.check_room()
        if self._root is None:
            self._root = Path(tempfile.mkdtemp(prefix="situate-jobs-"))
        kept = _Kept(secrets.token_hex(_ID_BYTES), Path(tempfile.mkdtemp(dir=self._root)))
        self._jobs[kept.id] = kept
        unpacking = asyncio.ensure_future(asyncio.to_thread(unpack, kept.folder))
        try:
            unpacked = await asyncio.shield(unpacking)
            (kept.folder / JOB_FILE).write_text(json.dumps(self._description(unpacked, options)))
        except BaseException:
            # Whoever is cancelled goes; the thread cannot, and its folder and place are given back when it has ended.
            unpacking.add_done_callback(lambda done: (done.cancelled() or done.exception(), self._remove(kept)))
            raise
        kept.task = asyncio.create_task(self._run(kept))
        return kept.answer()

    def job(self, job_id: str) -> Job:
        """Say how far a job is.

        Raises:
            MissingError: If there is none.
        """
        return self._kept(job_id).answer()

    def result(self, job_id: str) -> Path:
        """Return the zip file of a job that is done.

        Raises:
            MissingError: If there is no such job.
            InputError: If it is not done.
        """
        kept = self._kept(job_id)
        if kept.state != "done":
            raise InputError(f"the job is {kept.state}; a result is there as soon as it is done")
        return kept.folder / RESULT_FILE

    async def cancel(self, job_id: str) -> None:
        """Stop a job and forget it.

        Raises:
            MissingError: If there is none.
        """
        kept = self._kept(job_id)
        await self._stop(kept)
        self._remove(kept)

    async def close(self) -> None:
        """Stop and forget all jobs, and take no other."""
        self._is_closed = True
        for kept in list(self._jobs.values()):
            await self._stop(kept)
            self._remove(kept)
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)

    def _kept(self, job_id: str) -> _Kept:
        self._forget_old()
        if job_id not in self._jobs:
            raise MissingError("there is no such job; it was cancelled, is forgotten, or never was")
        return self._jobs[job_id]

    def _description(self, unpacked: Unpacked, options: AugmentOptions) -> dict[str, object]:
        model = self._settings.model
        return {
            "options": options.model_dump(),
            "names": dict(unpacked.names),
            "has_cutouts": unpacked.cutouts is not None,
            "model": None if model is None else str(model.absolute()),
            "runtime": asdict(self._settings.runtime),
        }

    async def _run(self, kept: _Kept) -> None:
        log, max_s = kept.folder / "log.txt", self._settings.max_job_s
        async with self._one_at_a_time:
            kept.state = "running"
            try:
                code = await run_job(kept.folder, log, kept.hear, max_s)
            except TimeoutError:
                code, kept.message = 1, f"it was ended after {max_s:g} s, which is the limit; send fewer pictures"
            except Exception:
                _logger.exception("a job has failed")
                code, kept.message = 1, _IN_THE_LOG
            kept.state = "done" if code == 0 else "failed"
            if kept.state == "failed" and not kept.message:
                _logger.error("a job has failed:\n%s", log.read_text(errors="replace"))
                kept.message = _IN_THE_LOG
            kept.ended_s = time.monotonic()

    async def _stop(self, kept: _Kept) -> None:
        if kept.task is not None:
            kept.task.cancel()
            with suppress(asyncio.CancelledError):
                await kept.task

    def _remove(self, kept: _Kept) -> None:
        self._jobs.pop(kept.id, None)
        shutil.rmtree(kept.folder, ignore_errors=True)

    def _forget_old(self) -> None:
        before_s = time.monotonic() - self._settings.job_kept_s
        for kept in [one for one in self._jobs.values() if one.ended_s and one.ended_s < before_s]:
            self._remove(kept)
