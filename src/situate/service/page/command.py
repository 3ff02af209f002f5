"""What is on the screen as a command line and as Python, to be copied."""

import shlex
from collections.abc import Sequence
from pathlib import PurePath

from situate.client.client import DEFAULT_URL
from situate.client.options import ComposeOptions

_FLAGS = {"min_size": "min-size", "max_size": "max-size", "seed": "seed", "steps": "steps", "strength": "strength"}


def command_line(names: Sequence[str], options: ComposeOptions, masks: Sequence[str]) -> str:
    """Return the `situate compose` that makes the same picture.

    Args:
        names: Of the files: background, then foregrounds.
        options: As they were asked.
        masks: Which of `allow` and `avoid` were drawn; their files are downloaded beside the picture.
    """
    words = ["situate", "compose", *map(_plain, names), "-o", "composite.png"]
    if options.box is not None:
        words += ["--box", ",".join(f"{side:g}" for side in options.box)]
    for field, flag in _FLAGS.items():
        if field in options.model_fields_set:
            words += [f"--{flag}", str(getattr(options, field))]
    if "match" in options.model_fields_set:
        words += ["--match", options.match]
    for mask in masks:
        words += [f"--{mask}", f"{mask}.png"]
    if options.may_overlap:
        words.append("--may-overlap")
    return shlex.join(words)


def python_code(
    names: Sequence[str], options: ComposeOptions, masks: Sequence[str], url: str, *, has_token: bool
) -> str:
    """Return Python that makes the same picture on the service at `url`; other arguments as for `command_line`."""
    files = ", ".join(f"Path({_plain(name)!r})" for name in names)
    asked = ", ".join(f"{name}={value!r}" for name, value in options.model_dump(exclude_unset=True).items())
    drawn = "".join(f", {mask}=Path({mask + '.png'!r})" for mask in masks)
    where = [] if url == DEFAULT_URL else [repr(url)]
    token, imported = (["token=os.environ['SITUATE_TOKEN']"], "import os\n") if has_token else ([], "")
    return (
        f"{imported}from pathlib import Path\n"
        "from situate.client import Client, ComposeOptions\n\n"
        f"with Client({', '.join(where + token)}) as client:\n"
        f"    picture = client.compose_png({files}, options=ComposeOptions({asked}){drawn})\n"
        'Path("composite.png").write_bytes(picture)'
    )


def _plain(name: str) -> str:
    """The name that a file had where it came from, without folders."""
    return PurePath(name).name or "picture.png"
