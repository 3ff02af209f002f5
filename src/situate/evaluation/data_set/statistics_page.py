"""One page that shows what a data set holds."""

from collections.abc import Mapping

from situate.data.sets.statistics import Statistics, summary
from situate.pages.charts import bar_chart, chart_row, heat_map, histogram
from situate.pages.page import heading, key_figures, page, paragraph, table_html
from situate.pages.table import Table

MOST_BARS = 30
OTHERS = "all others"
HISTOGRAMS = {
    "height": ("Height of objects", "fraction of the picture's height"),
    "height_px": ("Height of objects in pixels", "pixels"),
    "aspect": ("Aspect ratio of objects", "width / height, in pixels"),
    "visible": ("How much of the object is seen", "fraction of its alpha"),
    "soft_edge": ("Soft edge of cut-outs", "partly transparent, of pixels that show"),
    "quality": ("Quality of cut-outs", "0 to 1"),
    "decoys": ("Decoys", "places repaired without an object, per triple"),
    "num_places": ("Other places", "where the object could stand as well, per triple"),
}


def statistics_page(statistics: Statistics) -> str:
    """Return the HTML of a page that needs nothing but itself."""
    return page(f"Data set {statistics.name}", [_head(statistics), *_counts(statistics), *_objects(statistics)])


def _head(statistics: Statistics) -> str:
    figures = [
        (f"{statistics.num_triples:,}", "triples"),
        (f"{len(statistics.triples_per_group):,}", "groups (scenes, photographs, series)"),
        (str(len(statistics.counts["kind"])), "kinds of objects"),
        (", ".join(statistics.counts["source"]), "source"),
    ]
    return heading(f"Data set {statistics.name}", 1) + key_figures(figures)


def _counts(statistics: Statistics) -> list[str]:
    charts = [
        bar_chart("Triples of every kind", _most(statistics.counts["kind"])),
        bar_chart("Triples of every picture size", _most(statistics.counts["picture"])),
        bar_chart("Triples of every source", statistics.counts["source"]),
    ]
    if max(statistics.triples_per_group) > 1:
        charts.append(
            histogram("Triples per group", statistics.triples_per_group, "triples of one group", counted="groups")
        )
    return [heading("Counts"), chart_row(charts)]


def _objects(statistics: Statistics) -> list[str]:
    note = f"{statistics.num_outside} outside the picture"
    charts = [heat_map("Bottom centres of boxes", statistics.places, note)]
    charts += [
        histogram(title, statistics.values[name], unit)
        for name, (title, unit) in HISTOGRAMS.items()
        if statistics.values[name]
    ]
    text = "Boxes are those of the whole cut-out, hidden parts included."
    return [heading("Objects"), paragraph(text, is_soft=True), chart_row(charts), table_html(_table(statistics))]


def _table(statistics: Statistics) -> Table:
    columns = ("num", "mean", "min", "p05", "p50", "p95", "max")
    rows = []
    for name, (title, unit) in HISTOGRAMS.items():
        if statistics.values[name]:
            numbers = summary(statistics.values[name])
            rows.append((f"{title} ({unit})", *(f"{numbers[column]:g}" for column in columns)))
    return Table("In numbers", ("measure", "triples", *columns[1:]), tuple(rows))


def _most(counts: Mapping[str, int]) -> dict[str, int]:
    """The most frequent ones, and the rest together."""
    names = list(counts)
    shown = {name: counts[name] for name in names[:MOST_BARS]}
    rest = sum(counts[name] for name in names[MOST_BARS:])
    return shown | ({f"{OTHERS} ({len(names) - MOST_BARS})": rest} if rest else {})
