"""Asks a service over HTTP."""

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from situate.client.answers import Composition, Failed, FoundPlaces, Job, Model
from situate.client.errors import ServiceError
from situate.client.options import AugmentOptions, ComposeOptions, PlaceOptions

Answer = TypeVar("Answer", bound=BaseModel)
PictureFile = bytes | Path
"""A picture's file: its bytes, or where it lies."""
DEFAULT_URL = "http://127.0.0.1:8000"
_LONGER_THAN_ITS_DEADLINE_S = 90.0


class Client:
    """Composes on a service; every method raises `ServiceError` if the service refuses or cannot be reached."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        token: str | None = None,
        timeout_s: float = _LONGER_THAN_ITS_DEADLINE_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Say where the service is.

        Args:
            url: Of the service.
            token: What it was started with as SITUATE_TOKEN.
            timeout_s: How long to wait for an answer.
            transport: What carries requests, other than the network.
        """
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        # What the environment says of proxies is not meant for a service on this machine.
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=timeout_s, transport=transport, trust_env=not _is_local(url)
        )

    def compose(
        self,
        background: PictureFile,
        *foregrounds: PictureFile,
        options: ComposeOptions | None = None,
        allow: PictureFile | None = None,
        avoid: PictureFile | None = None,
    ) -> Composition:
        """Put an object, or several one after another, into a picture where they belong.

        Args:
            background: The picture.
            foregrounds: Objects with transparency.
            options: How.
            allow: Mask of the background's size, white where the object may stand.
            avoid: The same, white what it must not cover.

        Returns:
            Composites with masks, boxes and effects.
        """
        files = _files(background, foregrounds, allow, avoid)
        answer = self._post("/v1/compose", files, options or ComposeOptions(), "application/json")
        return _read(Composition, answer)

    def compose_png(
        self,
        background: PictureFile,
        *foregrounds: PictureFile,
        options: ComposeOptions | None = None,
        allow: PictureFile | None = None,
        avoid: PictureFile | None = None,
    ) -> bytes:
        """Do as `compose`; return nothing but the best composite, as a PNG file."""
        files = _files(background, foregrounds, allow, avoid)
        return self._post("/v1/compose", files, options or ComposeOptions(), "image/png").content

    def place(
        self,
        background: PictureFile,
        foreground: PictureFile,
        options: PlaceOptions | None = None,
        allow: PictureFile | None = None,
        avoid: PictureFile | None = None,
    ) -> FoundPlaces:
        """Find places for an object; arguments as for `compose`."""
        files = _files(background, [foreground], allow, avoid)
        answer = self._post("/v1/place", files, options or PlaceOptions(), "application/json")
        return _read(FoundPlaces, answer)

    def heatmap_png(
        self,
        background: PictureFile,
        foreground: PictureFile,
        options: PlaceOptions | None = None,
        allow: PictureFile | None = None,
        avoid: PictureFile | None = None,
    ) -> bytes:
        """Draw how likely each place is over the background, as a PNG file; arguments as for `compose`."""
        files = _files(background, [foreground], allow, avoid)
        return self._post("/v1/place", files, options or PlaceOptions(), "image/png").content

    def augment(
        self, dataset: PictureFile, cutouts: PictureFile | None = None, options: AugmentOptions | None = None
    ) -> Job:
        """Begin to make a data set larger.

        Args:
            dataset: Zip file with one COCO annotation file and its pictures.
            cutouts: Zip file with cut-outs, in a folder for each class; None takes the data set's own objects.
            options: How.
        """
        files = [("dataset", ("dataset.zip", _content(dataset)))]
        files += [] if cutouts is None else [("cutouts", ("cutouts.zip", _content(cutouts)))]
        answer = self._post("/v1/jobs/augment", files, options or AugmentOptions(), "application/json")
        return _read(Job, answer)

    def job(self, job_id: str) -> Job:
        """Ask how far a job is."""
        return _read(Job, self._ask("GET", f"/v1/jobs/{job_id}"))

    def wait(self, job_id: str, *, every_s: float = 1.0) -> Job:
        """Wait until a job is done or has failed."""
        while (job := self.job(job_id)).state in ("waiting", "running"):
            time.sleep(every_s)
        return job

    def result(self, job_id: str) -> bytes:
        """Return the larger data set of a job that is done, as a zip file."""
        return self._ask("GET", f"/v1/jobs/{job_id}/result").content

    def cancel(self, job_id: str) -> None:
        """Stop a job if it runs, and forget its result."""
        self._ask("DELETE", f"/v1/jobs/{job_id}")

    def model(self) -> Model:
        """Ask which model composes, and what the service takes."""
        return _read(Model, self._ask("GET", "/v1/model"))

    def is_ready(self) -> bool:
        """Ask whether the service answers requests already; False too if it cannot be reached."""
        try:
            return self._http.get("/readyz").is_success
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        """Close connections."""
        self._http.close()

    def __enter__(self) -> "Client":
        """Use it in a `with` statement."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close connections."""
        self.close()

    def _post(self, path: str, files: Any, options: PlaceOptions | AugmentOptions, accept: str) -> httpx.Response:
        fields = {"options": options.model_dump_json(exclude_defaults=True)}
        return self._ask("POST", path, files=files, data=fields, headers={"Accept": accept})

    def _ask(self, method: str, path: str, **about: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **about)
        except httpx.HTTPError as error:
            what = str(error) or type(error).__name__
            raise ServiceError(
                f"{self._http.base_url} cannot be reached ({what}); is `situate serve` running there?"
            ) from error
        if not answer.is_success:
            raise _failure(answer)
        return answer


def _files(
    background: PictureFile, foregrounds: Sequence[PictureFile], allow: PictureFile | None, avoid: PictureFile | None
) -> list[tuple[str, tuple[str, bytes]]]:
    named = [
        ("background", background),
        *[("foreground", one) for one in foregrounds],
        ("allow", allow),
        ("avoid", avoid),
    ]
    return [(name, (name, _content(one))) for name, one in named if one is not None]


def _content(file: PictureFile) -> bytes:
    return file if isinstance(file, bytes) else file.read_bytes()


def _read(kind: type[Answer], answer: httpx.Response) -> Answer:
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise ServiceError(f"{answer.url} does not answer as situate does; is it another service?") from error


def _failure(answer: httpx.Response) -> ServiceError:
    retry_after = answer.headers.get("retry-after", "")
    retry_after_s = int(retry_after) if retry_after.isdigit() else None
    try:
        failed = Failed.model_validate_json(answer.content).error
    except ValidationError:
        return ServiceError(
            f"the service has answered {answer.status_code}", answer.status_code, "failed", retry_after_s
        )
    return ServiceError(failed.message, answer.status_code, failed.type, retry_after_s)


def _is_local(url: str) -> bool:
    return httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")
