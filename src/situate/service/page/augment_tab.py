"""The tab that makes a small data set larger: a COCO zip in, a zip back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from situate.client.answers import Job
from situate.client.options import AugmentOptions
from situate.errors import InputError, SituateError
from situate.service.asked import augment_config
from situate.service.jobs import Jobs
from situate.service.page.files import result_file
from situate.service.page.told import problem
from situate.service.refusals import MissingError
from situate.service.settings import ServiceSettings
from situate.service.unpack import Unpacked, unpack

LOOK_EVERY_S = 0.5
_INTRODUCTION = (
    "Drop a zip file with one COCO annotation file (`.json`) and its pictures. New pictures get objects where "
    "they belong; the zip file that comes back has old and new pictures, exact labels and a report."
)


def augment_tab(jobs: Jobs, settings: ServiceSettings, folder: str) -> None:
    """Put the tab's parts on the page."""
    acts = _AugmentActs(jobs, settings, folder)
    gr.Markdown(_INTRODUCTION)
    with gr.Row():
        with gr.Column(min_width=320):
            dataset = gr.File(label="Data set (.zip)", file_types=[".zip"], elem_id="dataset")
            cutouts = gr.File(
                elem_id="cutouts",
                label="Cut-outs (.zip with a folder for each class); without, the data set's own objects are used",
                file_types=[".zip"],
            )
            per_image = gr.Slider(1, 10, 1, step=1, label="New pictures of each picture")
            most = gr.Slider(1, 5, 1, step=1, label="New objects in a picture, at most")
            keep_clear = gr.Checkbox(label="Keep clear of annotated objects")
            new_only = gr.Checkbox(label="Only new pictures in the result")
        with gr.Column(min_width=320):
            with gr.Row():
                start = gr.Button("Make it larger", variant="primary", elem_id="augment")
                stop = gr.Button("Cancel", variant="stop", elem_id="cancel")
            progress = gr.HTML(_bar(None), elem_id="progress")
            result = gr.DownloadButton("Download the larger data set (.zip)", interactive=False, elem_id="result")
    job_id = gr.State("")
    asked = [dataset, cutouts, per_image, most, keep_clear, new_only]
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    started = start.click(acts.run, inputs=asked, outputs=[job_id, progress, result], **quiet)
    stop.click(acts.cancel, inputs=[job_id], outputs=[job_id, progress], cancels=[started], **quiet)


class _AugmentActs:
    def __init__(self, jobs: Jobs, settings: ServiceSettings, folder: str) -> None:
        self._jobs, self._settings, self._folder = jobs, settings, folder

    async def run(
        self, dataset: str | None, cutouts: str | None, per_image: int, most: int, keep_clear: bool, new_only: bool
    ) -> AsyncIterator[tuple[Any, str, Any]]:
        """Do a job, and say how far it is until it ends."""
        waiting = gr.DownloadButton(value=None, interactive=False)
        job: Job | None = None
        try:
            if dataset is None:
                raise InputError(
                    "there is no data set yet; drop a zip file with a COCO annotation file and its pictures"
                )
            options = AugmentOptions(
                per_image=int(per_image), objects=(1, int(most)), keep_clear=keep_clear, new_only=new_only
            )
            augment_config(options)
            job = await self._jobs.submit(partial(self._unpacked, dataset, cutouts), options)
            while job.state in ("waiting", "running"):
                yield job.id, _bar(job), waiting
                await asyncio.sleep(LOOK_EVERY_S)
                job = self._jobs.job(job.id)
            download = waiting
            if job.state == "done":
                content = await asyncio.to_thread(self._jobs.result(job.id).read_bytes)
                file = await asyncio.to_thread(result_file, content, "augmented.zip", self._folder)
                download = gr.DownloadButton(value=file, interactive=True)
            yield "", _bar(job), download
        except MissingError:
            yield "", _bar(None), waiting
        except SituateError as error:
            raise problem(str(error)) from None
        finally:
            # Also if whoever has asked for it has left the page.
            if job is not None:
                await self._forget(job.id)

    async def cancel(self, job_id: str) -> tuple[str, str]:
        """Stop the job that runs."""
        await self._forget(job_id)
        return "", _bar(None, "cancelled" if job_id else "")

    async def _forget(self, job_id: str) -> None:
        with suppress(MissingError):
            await self._jobs.cancel(job_id)

    def _unpacked(self, dataset: str, cutouts: str | None, folder: Path) -> Unpacked:
        limit = self._settings.max_unpacked_bytes
        with Path(dataset).open("rb") as file:
            if cutouts is None:
                return unpack(file, None, folder, max_bytes=limit)
            with Path(cutouts).open("rb") as others:
                return unpack(file, others, folder, max_bytes=limit)


def _bar(job: Job | None, text: str = "") -> str:
    """How far a job is, as HTML."""
    if job is None:
        return f'<p role="status">{escape(text) or "Nothing runs."}</p>'
    if job.state == "failed":
        return f'<p role="status"><b>That did not work:</b> {escape(job.message)}</p>'
    words = {"waiting": "waiting for another job", "done": "done"}.get(job.state, "composing")
    value = f' value="{job.num_done}" max="{job.num_all}"' if job.num_all else ""
    share = f": {job.num_done} of {job.num_all} pictures" if job.num_all else " ..."
    left_out = f"<p>Left out: {escape(job.message)}</p>" if job.message else ""
    return f'<progress style="width:100%"{value}></progress><p role="status">{words}{share}</p>{left_out}'
