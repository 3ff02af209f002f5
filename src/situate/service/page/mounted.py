"""Builds the page with Gradio and puts it into the application, at /page."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import gradio as gr
from fastapi import FastAPI
from gradio.themes import Default

from situate.service.jobs import Jobs
from situate.service.page.augment_tab import augment_tab
from situate.service.page.compose_tab import compose_tab
from situate.service.page.model_tab import model_tab
from situate.service.page.offline import at_home
from situate.service.routes_page import PAGE_PATH
from situate.service.routes_status import model_of
from situate.service.settings import ServiceSettings
from situate.service.studio import Studio

CLEAN_EVERY_S, KEEP_S = 600, 3600
MAX_TOGETHER = 8
# Names of fonts as plain text: Gradio's own come from another machine.
_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
_MONOSPACE = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
_STYLE = """
.gradio-container { max-width: 1500px !important; }
@media (max-width: 700px) {
  .gradio-container { padding: 8px !important; }
  /* The result follows the button, and what may be drawn comes after it. */
  #inputs { display: contents; }
  #results { order: 1; }
  #by-hand { order: 2; }
}
"""


@asynccontextmanager
async def mounted(
    api: FastAPI, studio: Studio, jobs: Jobs, settings: ServiceSettings
) -> AsyncIterator[Callable[[], None]]:
    """Keep the page in an application; yields what lets go of browsers that have it open.

    What people upload and get lies in a temporary folder, of which old files are removed, and in the end all.
    """
    with tempfile.TemporaryDirectory(prefix="situate-page-") as folder, at_home(folder):
        blocks = await asyncio.to_thread(_built, studio, jobs, settings, folder)
        gr.mount_gradio_app(
            api,
            blocks,
            path=PAGE_PATH,
            footer_links=[],
            run_history=False,
            max_file_size=settings.max_body_bytes,
            show_error=False,
            ssr_mode=False,
            enable_monitoring=False,
            theme=Default(font=_FONTS, font_mono=_MONOSPACE),
            css=_STYLE,
        )
        page = api.routes[-1].app  # type: ignore[attr-defined]
        async with page.router.lifespan_context(page):
            blocks.run_startup_events()
            await blocks.run_extra_startup_events()
            yield page.stop_event.set


def _built(studio: Studio, jobs: Jobs, settings: ServiceSettings, folder: str) -> gr.Blocks:
    model = model_of(studio, settings)
    with gr.Blocks(title="Situate", analytics_enabled=False, delete_cache=(CLEAN_EVERY_S, KEEP_S)) as blocks:
        gr.Markdown("# Situate\nPut an object into a picture where it belongs. Nobody has to say where.")
        with gr.Tabs():
            with gr.Tab("Compose"):
                compose_tab(studio, folder)
            with gr.Tab("Augment a data set"):
                augment_tab(jobs, settings, folder)
            with gr.Tab("Model"):
                model_tab(model)
    blocks.queue(default_concurrency_limit=MAX_TOGETHER, api_open=False, max_size=settings.max_waiting)
    return blocks
