"""`ATTRIBUTION.md` of data sets made from others: it goes wherever the pictures go."""

import re
from collections.abc import Sequence
from pathlib import Path

from situate.data.description import ATTRIBUTION_FILE
from situate.imageio.write import write_bytes

_COUNT = re.compile(r" \(\d+ models?\)$")


def attribute(folders: Sequence[Path], output: Path) -> None:
    """Write into `output` what the files of `folders` say; nothing if none has a file."""
    paths = [folder / ATTRIBUTION_FILE for folder in folders]
    texts = [path.read_text(encoding="utf-8") for path in paths if path.is_file()]
    if texts:
        write_bytes(joined_attributions(texts).encode(), output / ATTRIBUTION_FILE)


def joined_attributions(texts: Sequence[str]) -> str:
    """Join Markdown documents section by section; what several of them say stands there once.

    Counts at the end of headings, which are true of one document only, are left out.
    """
    if len(set(texts)) == 1:
        return texts[0]
    sections: dict[str, list[str]] = {}
    for text in texts:
        for heading, lines in _sections(text).items():
            known = sections.setdefault(heading, [])
            known += [line for line in lines if line not in known] if known else lines
    return "".join(_block(heading, lines) for heading, lines in sections.items())


def _sections(text: str) -> dict[str, list[str]]:
    """Lines under every heading, without empty ones at the end; what stands first is under an empty heading."""
    sections: dict[str, list[str]] = {"": []}
    heading = ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = _COUNT.sub("", line)
            sections.setdefault(heading, [])
        else:
            sections[heading].append(line)
    return {heading: "\n".join(lines).strip("\n").split("\n") for heading, lines in sections.items()}


def _block(heading: str, lines: Sequence[str]) -> str:
    body = "\n".join(lines)
    text = "\n\n".join(part for part in (heading, body) if part)
    return f"{text}\n\n" if text else ""
