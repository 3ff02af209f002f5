"""The pictures that ship with the package."""

import re
from pathlib import Path

import pytest
from PIL import Image

import situate

EXAMPLES = Path(situate.__file__).parent / "examples"
PICTURES = sorted(path for suffix in ("jpg", "png") for path in EXAMPLES.rglob(f"*.{suffix}"))
LONGEST_SIDE_PX = 1024
TOTAL_BYTES = 3_000_000
FREE_LICENCES = re.compile(r"CC BY 4\.0|CC BY-SA 3\.0|CC BY-SA 4\.0|CC0|public domain|Apache-2\.0")


def attributed_files() -> dict[str, str]:
    """Line of the attribution table for each file it names."""
    lines = (EXAMPLES / "ATTRIBUTION.md").read_text(encoding="utf-8").splitlines()
    return {match[1]: line for line in lines if (match := re.match(r"\| `([^`]+)` \|", line))}


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_every_example_opens_and_is_small(path):
    with Image.open(path) as picture:
        picture.load()
        assert max(picture.size) <= LONGEST_SIDE_PX
        assert min(picture.size) >= 16
        assert not picture.getexif(), "metadata of a photograph may name a place or a person"


def test_every_example_is_attributed_and_every_attribution_has_its_file():
    assert set(attributed_files()) == {path.relative_to(EXAMPLES).as_posix() for path in PICTURES}


def test_every_attribution_names_a_free_licence():
    assert [name for name, line in attributed_files().items() if not FREE_LICENCES.search(line)] == []


def test_examples_keep_the_package_light():
    assert sum(path.stat().st_size for path in PICTURES) <= TOTAL_BYTES
