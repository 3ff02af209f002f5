"""The report of `situate evaluate`: the tables on one page."""

from collections.abc import Mapping
from typing import Any

from situate.evaluation.tables import NOTES, tables_of, with_interval
from situate.pages.page import heading, key_figures, page, paragraph, table_html


def evaluation_report(result: Mapping[str, Any]) -> str:
    """Return the page for what `situate evaluate` measured."""
    placement = result["placement"]
    synthesis = next(iter(result["synthesis"].values()))
    highlights = [
        (with_interval(placement["cell_nats_gain_over_prior"], unit=" nats"), "true cell likelier than by the prior"),
        (
            with_interval(synthesis["psnr_db_gain_over_paste"], unit=" dB"),
            "above plain paste where the picture changes",
        ),
        (
            with_interval(result["fused_tokens"]["relative_rise"], 1, 100.0, " %"),
            "worse with another scene's fused tokens",
        ),
    ]
    sections = [
        heading("Situate: evaluation", 1),
        paragraph(
            f"Model {result['model']} ({result['model_fingerprint']}) on {result['num_triples']} triples of "
            f"{result['num_groups']} scenes from {result['data']}.",
            is_soft=True,
        ),
        key_figures(highlights),
        paragraph(NOTES),
        *(table_html(table) for table in tables_of(result)),
    ]
    return page("Situate: evaluation", sections)
