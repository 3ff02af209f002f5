"""The tab that says what composes: the model's card, with its figures."""

import gradio as gr

from situate.client.answers import Model

_FRONT_MATTER = "---\n"


def model_tab(model: Model) -> None:
    """Put the tab's parts on the page."""
    sizes = ", ".join(f"{name} {count / 1e6:.1f} M" for name, count in model.num_parameters.items())
    gr.Markdown(
        f"**{model.name}** `{model.fingerprint}`, {model.conditioning}; parameters: {sizes}; runs on {model.device} by "
        f"{model.backend}; situate {model.version}"
    )
    gr.Markdown(_without_front_matter(model.card))


def _without_front_matter(card: str) -> str:
    if not card.startswith(_FRONT_MATTER):
        return card
    return card.split(_FRONT_MATTER, 2)[-1]
