"""The figures as tables with words that people understand, for the terminal and for reports."""

from collections.abc import Mapping, Sequence
from typing import Any

from situate.pages.table import Table

NOTES = (
    "Each value with its 95 % interval (bootstrap over scenes). PSNR is the mean over samples of each sample's own "
    "PSNR, in the union of true and generated effect, on the finished composite at the data's resolution."
)


def tables_of(result: Mapping[str, Any]) -> list[Table]:
    """All figures of `evaluate_scenes`."""
    first = next(iter(result["synthesis"]))
    tables = [
        _cells(result["placement"]),
        _overlaps(result["placement"]),
        _synthesis(result["synthesis"][first], int(first), result["conditioning"]),
        _fused(result["fused_tokens"]),
    ]
    if len(result["synthesis"]) > 1:
        tables.insert(3, _by_steps(result["synthesis"]))
    return tables


def with_interval(estimate: Mapping[str, Any], digits: int = 2, factor: float = 1.0, unit: str = "") -> str:
    """`3.21 [3.10, 3.33] dB`."""
    value, low, high = (f"{factor * estimate[name]:.{digits}f}" for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]{unit}"


def _cells(figures: Mapping[str, Any]) -> Table:
    names = {
        "model": "model",
        "prior": "prior (where objects stood in other scenes)",
        "uniform": "uniform over the picture",
    }
    rows = [(text, with_interval(figures[f"cell_nats_{name}"], unit=" nats")) for name, text in names.items()]
    rows += [
        ("model above prior", with_interval(figures["cell_nats_gain_over_prior"], unit=" nats")),
        (
            "median size error, likeliest height in the true cell",
            with_interval(figures["median_size_error_at_true_cell"], 1, 100.0, " %"),
        ),
    ]
    return Table("Placement: log-likelihood of the true cell", ("what", "value"), tuple(rows))


def _overlaps(figures: Mapping[str, Any]) -> Table:
    rows = [
        (
            name,
            with_interval(figures[f"iou50_at_1_{name}"], 1, 100.0, " %"),
            with_interval(figures[f"iou50_at_5_{name}"], 1, 100.0, " %"),
        )
        for name in ("model", "prior", "random")
    ]
    title = "Placement: a proposed box overlaps the true one by half (IoU >= 0.5)"
    return Table(title, ("whose boxes", "first", "best of five"), tuple(rows))


def _synthesis(figures: Mapping[str, Any], steps: int, conditioning: str) -> Table:
    # A literal model is not told the true box: it finds a place itself.
    place = "where the model itself puts the object" if conditioning == "literal" else "at the true box"
    names = {
        "psnr_db_model": ("model", 2, " dB"),
        "psnr_db_paste": ("plain paste", 2, " dB"),
        "psnr_db_poisson": ("Poisson cloning (OpenCV)", 2, " dB"),
        "psnr_db_untouched": ("background untouched", 2, " dB"),
        "psnr_db_gain_over_paste": ("model above paste", 2, " dB"),
        "psnr_db_gain_over_poisson": ("model above Poisson", 2, " dB"),
        "shadow_iou": ("IoU of the effect outside the object", 3, ""),
    }
    rows = [
        (text, with_interval(figures[name], digits, 1.0, unit))
        for name, (text, digits, unit) in names.items()
        if name in figures
    ]
    rows.append(("pixels changed outside the effect", str(figures["num_pixels_changed_outside_effect"])))
    return Table(f"Synthesis {place}, {steps} steps: PSNR where the picture changes", ("what", "value"), tuple(rows))


def _by_steps(by_steps: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = [
        (
            steps,
            with_interval(figures["psnr_db_model"], unit=" dB"),
            with_interval(figures["psnr_db_gain_over_paste"], unit=" dB"),
            with_interval(figures["shadow_iou"], 3) if "shadow_iou" in figures else "-",
        )
        for steps, figures in sorted(by_steps.items(), key=lambda item: int(item[0]))
    ]
    return Table(
        "Synthesis by number of steps", ("steps", "PSNR", "above paste", "IoU of the effect outside"), tuple(rows)
    )


def _fused(figures: Mapping[str, Any]) -> Table:
    rows: Sequence[tuple[str, str]] = [
        ("its own fused tokens", with_interval(figures["loss_own_tokens"], 4)),
        ("those of another scene", with_interval(figures["loss_other_tokens"], 4)),
        ("relative rise", with_interval(figures["relative_rise"], 1, 100.0, " %")),
    ]
    return Table("Fused tokens: synthesis loss with", ("tokens", "loss"), tuple(rows))
