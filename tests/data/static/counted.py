"""What a plan counts, also of frames nothing of which can be used."""

from pathlib import Path

from situate.data.building.report import BuildReport, add_reports
from situate.data.static import build as build_module
from situate.data.static.build import StaticFrames
from situate.data.static.config import StaticConfig


def counted(config: StaticConfig, origin: StaticFrames, cache: Path) -> BuildReport:
    """Return the sum of all blocks' plans."""
    source = build_module._source(config, origin, cache, cache)
    return add_reports(BuildReport.from_json(source.plan_block(block)["report"]) for block in source.blocks)
