"""What a service may be told: where it listens, who may ask, and how much it takes on."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from situate.errors import ConfigError
from situate.pipeline.runtime import Runtime

_TOKEN = re.compile(r"[!-~]+")
_ABOVE_0 = {
    "batch_shape": "--batch",
    "max_waiting": "--max-waiting",
    "deadline_s": "--deadline",
    "max_body_bytes": "--max-megabytes",
    "max_pixels": "--max-megapixels",
    "max_unpacked_bytes": "max_unpacked_bytes",
    "max_jobs": "max_jobs",
    "max_job_s": "max_job_s",
    "job_kept_s": "job_kept_s",
}
"""What must be above 0, and what people know it by."""
LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class ServiceSettings:
    """A service.

    Attributes:
        model: Model folder; None for the shipped weights.
        runtime: Where and by whom the networks are run.
        token: Who asks must show it; None lets everybody.
        host_names: Names and addresses under which it may be asked for, without ports; None for any. The local ones
            keep other sites from giving their own name this machine's address.
        batch_shape: Pictures that the networks always see at once, so that an answer does not depend on its neighbours;
            fewer are answered sooner when nobody else asks, more make more a second.
        gather_s: How long the first of a batch waits for others.
        max_waiting: Requests that may wait; more are told to come back.
        deadline_s: A request is answered within so many seconds, or given up.
        max_body_bytes: Largest request.
        max_pixels: Largest picture.
        max_unpacked_bytes: Largest data set of a job, unpacked.
        max_jobs: Augmenting jobs that may wait or run; one runs at a time.
        max_job_s: A job that runs longer is ended.
        job_kept_s: How long the result of a job is kept.
    """

    model: Path | None = None
    runtime: Runtime = field(default_factory=Runtime)
    token: str | None = None
    host_names: tuple[str, ...] | None = LOCAL_HOSTS
    batch_shape: int = 4
    gather_s: float = 0.004
    max_waiting: int = 32
    deadline_s: float = 60.0
    max_body_bytes: int = 64_000_000
    max_pixels: int = 40_000_000
    max_unpacked_bytes: int = 1_000_000_000
    max_jobs: int = 4
    max_job_s: float = 3600.0
    job_kept_s: float = 3600.0

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ConfigError: Listing those that make no sense.
        """
        problems = [
            f"{option} is {getattr(self, name):g}; it must be above 0"
            for name, option in _ABOVE_0.items()
            if not getattr(self, name) > 0
        ]
        if not self.gather_s >= 0:
            problems.append(f"gather_s is {self.gather_s:g}; it must be 0 or more")
        if self.token is not None and not _TOKEN.fullmatch(self.token):
            problems.append(
                "the token is empty, or has blanks or other than ASCII characters; set one of plain letters"
            )
        if problems:
            raise ConfigError("; ".join(problems))
