"""docs/service.md lists the options that requests take as they are in the code, and every refusal."""

import json
from pathlib import Path

import pytest

from situate.client.options import AugmentOptions, ComposeOptions, PlaceOptions
from situate.service.failures import _NAMES as REFUSALS

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "service.md").read_text(encoding="utf-8")
ANSWERED = {status: kind for status, kind in REFUSALS.items() if status != 409}
"""What a service answers; 409 has a name, but nothing answers it."""


def limits_of(schema):
    """What a JSON schema says of a value's range, in words."""
    for one in (schema, *schema.get("anyOf", ())):
        if "enum" in one:
            return ", ".join(one["enum"])
        if "minimum" in one and "maximum" in one:
            return f"{one['minimum']:,.10g} to {one['maximum']:,.16g}"
        if "maxItems" in one and "minItems" not in one:
            return f"at most {one['maxItems']}"
    return ""


def table_of(options):
    """The fields of options as rows of a table."""
    return [
        f"| `{name}` | {json.dumps(one.get('default'))} | {limits_of(one)} | {one['description'].rstrip('.')} |"
        for name, one in options.model_json_schema()["properties"].items()
    ]


@pytest.mark.parametrize("options", [PlaceOptions, ComposeOptions, AugmentOptions])
def test_options_are_listed_as_they_are(options):
    assert [row for row in table_of(options) if row not in DOCUMENT.splitlines()] == []


def test_every_refusal_is_explained():
    assert [f"{status}" for status, kind in ANSWERED.items() if f"| {status} | `{kind}` |" not in DOCUMENT] == []
