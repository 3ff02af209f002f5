"""The tab that composes: what is on it, and what happens when somebody does something."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from situate.pipeline.options import DEFAULT_STEPS
from situate.service.page.board import Tool, board
from situate.service.page.compose_acts import ComposeActs
from situate.service.page.cutout_panel import cutout_panel
from situate.service.page.examples import EXAMPLES
from situate.service.page.files import picture_input
from situate.service.studio import Studio

_REGIONS = (
    Tool("box", "Box", "Drag a box for the object, or click where its foot shall stand; it is composed there."),
    Tool("allow", "Allowed", "Paint where the object may stand; then press Compose.", "#16a34a"),
    Tool("avoid", "Forbidden", "Paint what the object must not cover; then press Compose.", "#dc2626"),
)
_MOSTLY_AFTER = 5
_MATCHES = [
    ("light and shadow", "all"),
    ("only the object's light", "light"),
    ("only its shadow", "shadow"),
    ("plain paste", "none"),
]


@dataclass(frozen=True)
class _Asked:
    """What people put in."""

    background: gr.Image
    foreground: gr.Image
    drawn: gr.HTML
    box: gr.Textbox
    more: gr.File
    options: list[Any]

    @property
    def inputs(self) -> list[Any]:
        return [self.background, self.foreground, self.more, self.drawn, self.box, *self.options]


@dataclass(frozen=True)
class _Answered:
    """What they see."""

    slider: gr.ImageSlider
    heatmap: gr.Image
    strip: gr.Gallery
    download: gr.DownloadButton
    files: gr.File
    shell: gr.Code
    python: gr.Code
    boxes: gr.State

    def outputs(self, drawn: gr.HTML) -> list[Any]:
        own = [self.slider, self.heatmap, self.strip, self.download, self.files, self.shell, self.python, self.boxes]
        return [*own, drawn]


def compose_tab(studio: Studio, folder: str) -> None:
    """Put the tab's parts on the page; `folder` holds the page's files."""
    acts = ComposeActs(studio, folder)
    with gr.Row():
        with gr.Column(scale=4, min_width=320, elem_id="inputs"):
            background = picture_input("Background", height=220, elem_id="background")
            foreground = picture_input("Object, with transparency", height=180, elem_id="foreground")
            cutout_panel(studio, foreground, folder)
            _examples(background, foreground, folder)
            button = gr.Button("Compose", variant="primary", elem_id="compose")
            with gr.Column(elem_id="by-hand"):
                asked = _asked(background, foreground)
        with gr.Column(scale=6, min_width=320, elem_id="results"):
            answered = _answered()
    run = partial(_composing, acts, asked, answered)
    run(button.click)
    run(asked.box.submit)
    background.change(acts.look_at_background, inputs=[background], outputs=[asked.drawn, asked.box], **_QUIET)
    chosen = answered.strip.select(acts.choose, inputs=[answered.boxes], outputs=[asked.box], **_QUIET)
    run(chosen.then)
    by_hand = asked.drawn.submit(acts.take_box, inputs=[asked.drawn], outputs=[asked.box], **_QUIET)
    run(by_hand.then)


_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def _composing(acts: ComposeActs, asked: _Asked, answered: _Answered, when: Any) -> None:
    when(
        acts.compose,
        inputs=asked.inputs,
        outputs=answered.outputs(asked.drawn),
        show_progress_on=[answered.slider],
        api_visibility="private",
    )


def _examples(background: gr.Image, foreground: gr.Image, folder: str) -> None:
    with gr.Row():
        for example in EXAMPLES:
            button = gr.Button(f"Try: {example.name}", size="sm", min_width=60)
            button.click(partial(example.files, folder), outputs=[background, foreground], **_QUIET)


def _asked(background: gr.Image, foreground: gr.Image) -> _Asked:
    with gr.Accordion("Place by hand, regions", open=True):
        drawn = board("Draw on the background", _REGIONS, clicks=True)
        box = gr.Textbox(
            label="Box by hand",
            info="left,top,width,height in pixels; empty: the model says where. Enter composes.",
            elem_id="box",
            max_lines=1,
        )
        again = gr.Button("Let the model say where", size="sm")
        again.click(lambda: "", outputs=[box], **_QUIET)
    with gr.Accordion("More objects", open=False):
        more = gr.File(
            label="Cut-outs that are put there one after another",
            file_count="multiple",
            file_types=["image"],
            elem_id="more",
        )
        may_overlap = gr.Checkbox(label="Their boxes may overlap")
    with gr.Accordion("Options", open=False):
        with gr.Row():
            seed = gr.Number(0, label="Seed", precision=0, minimum=0, min_width=100)
            steps = gr.Slider(1, 20, DEFAULT_STEPS, step=1, label="Steps", min_width=160)
        with gr.Row():
            least = gr.Textbox(label="At least so tall", placeholder="20% or 80px", max_lines=1, min_width=120)
            most = gr.Textbox(label="At most so tall", placeholder="40% or 300px", max_lines=1, min_width=120)
        strength = gr.Slider(0, 1, 1, step=0.05, label="Strength of light and shadow")
        match = gr.Radio(_MATCHES, value="all", label="What is fitted to the picture")
    return _Asked(background, foreground, drawn, box, more, [seed, steps, least, most, strength, match, may_overlap])


def _answered() -> _Answered:
    with gr.Tabs():
        with gr.Tab("Before and after"):
            slider = gr.ImageSlider(
                label="Drag the handle",
                type="filepath",
                format="png",
                image_mode=None,
                interactive=False,
                elem_id="slider",
                slider_position=_MOSTLY_AFTER,
            )
        with gr.Tab("Heat map"):
            heatmap = gr.Image(
                label="Where its foot may stand",
                format="png",
                interactive=False,
                buttons=["download", "fullscreen"],
                elem_id="heatmap",
            )
    strip = gr.Gallery(
        label="Ranked places with their score: choose one to use it",
        columns=5,
        height=170,
        object_fit="contain",
        format="png",
        allow_preview=False,
        interactive=False,
        elem_id="strip",
    )
    download = gr.DownloadButton("Download the picture (PNG)", variant="primary", elem_id="download", interactive=False)
    files = gr.File(label="Masks, effect, labels", file_count="multiple", interactive=False, elem_id="files")
    with gr.Accordion("The same from a program", open=False):
        shell = gr.Code(
            label="Command line", elem_id="shell", language="shell", interactive=False, wrap_lines=True, lines=1
        )
        python = gr.Code(
            label="Python", elem_id="python", language="python", interactive=False, wrap_lines=True, lines=1
        )
    return _Answered(slider, heatmap, strip, download, files, shell, python, gr.State([]))
