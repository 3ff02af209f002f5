"""The model card that is published with weights."""

import json
from collections.abc import Mapping, Sequence
from typing import Any


def model_card(config: Mapping[str, Any], result: Mapping[str, Any], sources: Sequence[Mapping[str, Any]]) -> str:
    """Write the card, Markdown: what it is, what it was trained on, how the run ended, limits, full configuration.

    Args:
        config: The run's configuration.
        result: How the run ended: step, published_step, converged, reason, validation, num_triples, num_samples,
            seconds, num_processes.
        sources: `dataset.json` of each data set, and its `weight` where it had one.
    """
    kinds = sorted({kind for source in sources for kind in source.get("kinds", {})})
    data = "\n".join(
        f"- {source.get('source', 'unknown')}: {source.get('num_triples', '?')} triples, seed {source.get('seed', '?')}"
        + (f", weight {source['weight']:g}" if "weight" in source else "")
        for source in sources
    )
    losses = "\n".join(f"| {name} | {value:.4f} |" for name, value in result["validation"].items())
    return f"""---
license: apache-2.0
library_name: diffusers
tags: [image-composition, object-placement, flow-matching]
---
# situate: {config["recipe"]}

Puts an object (RGBA) into a picture where it belongs: a placement network gives a density over positions, a
flow-matching network makes the composite.

## Data

{data}

Kinds of objects: {", ".join(kinds) or "see the data sets"}. {result["num_triples"]["training"]} triples for training,
{result["num_triples"]["validation"]} held out.

## Training

{result["step"]} steps, {result["num_samples"]} samples, {result["seconds"] / 3600:.1f} hours with
{result["num_processes"]} process(es); converged: {str(result["converged"]).lower()} ({result["reason"]}).
The weights are the averaged ones of step {result["published_step"]}, which validated best.

| validation term | value |
|---|---|
{losses}

## Limits

It knows the kinds of objects and scenes it was trained on. Anything else is a guess; look at the result.

## Configuration

```json
{json.dumps(dict(config), indent=2)}
```
"""
