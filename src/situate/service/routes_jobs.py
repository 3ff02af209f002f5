"""`/v1/jobs`: a data set is made larger while the client does something else."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, File, Path, Response, UploadFile
from fastapi.responses import FileResponse

from situate.client.answers import Job
from situate.client.options import AugmentOptions
from situate.service.asked import augment_config, options_from
from situate.service.failures import described
from situate.service.jobs import Jobs
from situate.service.opening import Opening
from situate.service.routes_compose import options_form
from situate.service.settings import ServiceSettings
from situate.service.unpack import unpack

OptionsText = Annotated[str, options_form(AugmentOptions, '{"per_image": 2}')]
JobId = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="As POST has answered.", examples=["0" * 24])]
Dataset = Annotated[UploadFile, File(description="Zip file with one COCO annotation file (.json) and its pictures.")]
Cutouts = Annotated[
    UploadFile | None,
    File(description="Zip file with a folder for each class, cut-outs in it; without, the data set's own objects."),
]


def job_routes(jobs: Jobs, opening: Opening, settings: ServiceSettings) -> APIRouter:
    """Return all of them."""
    router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

    @router.post("/augment", status_code=202, responses=described(400, 401, 403, 413, 415, 422, 429, 503, 504))
    async def augment(
        response: Response, dataset: Dataset, options: OptionsText = "{}", cutouts: Cutouts = None
    ) -> Job:
        """Make a detection data set larger. The answer comes at once; GET says how far the job is."""
        opening.studio()
        asked = options_from(AugmentOptions, options)
        augment_config(asked)
        files = dataset.file, None if cutouts is None else cutouts.file
        job = await jobs.submit(partial(unpack, *files, max_bytes=settings.max_unpacked_bytes), asked)
        response.headers["Location"] = f"/v1/jobs/{job.id}"
        return job

    @router.get("/{job_id}", responses=described(401, 403, 404, 422))
    async def read(job_id: JobId) -> Job:
        """Say how far a job is."""
        return jobs.job(job_id)

    @router.get(
        "/{job_id}/result",
        response_class=FileResponse,
        responses={200: {"content": {"application/zip": {}}}} | described(401, 403, 404, 422),
    )
    async def result(job_id: JobId) -> FileResponse:
        """Return the larger data set of a job that is done: annotations, pictures and a report in a zip file."""
        return FileResponse(jobs.result(job_id), media_type="application/zip", filename="augmented.zip")

    @router.delete("/{job_id}", status_code=204, responses=described(401, 403, 404, 422))
    async def cancel(job_id: JobId) -> None:
        """Stop a job if it runs, and forget its result."""
        await jobs.cancel(job_id)

    return router
