"""The `situate` program: which commands there are, and how errors reach the shell.

Exit codes: 0 done; 1 some items failed (a command returns it); 2 usage, or a SituateError; 130 interrupted; 141 the
reader of our output went away.
"""

import errno
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

from situate import __version__
from situate.errors import SituateError

EXIT_OK = 0
EXIT_ERROR = 2
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141

_PLAIN_ERRORS = {
    errno.ENOSPC: "free some space, or choose another place",
    errno.EDQUOT: "free some space, or choose another place",
    errno.EACCES: "choose a place that you may read and write",
    errno.EROFS: "choose a place that you may read and write",
    errno.ENAMETOOLONG: "choose a shorter name",
}

COMMANDS = {
    "compose": "Put an object into a picture where it belongs.",
    "place": "Say where an object belongs in a picture: ranked boxes, heat map.",
    "cutout": "Cut an object out of a photograph, to be composed elsewhere.",
    "augment": "Make a detection data set larger: new pictures with correct labels.",
    "train": "Train a model on triples.",
    "evaluate": "Measure a model on held-out triples.",
    "export": "Write a model that OpenVINO can run, which is faster on processors.",
    "serve": "Serve a page to try it on, and an HTTP API to build on.",
    "demo": "Train, compose and write a report to look at, in minutes.",
    "info": "Print versions, device, instruction sets and the model's card.",
}
DATA_COMMANDS = {
    "assets": "Get 3D models for rendered scenes, check them and name their creators.",
    "scenes": "Make triples from rendered scenes.",
    "places": "Pair rendered backgrounds with objects of other scenes, and draw where each could stand.",
    "photos": "Make triples from annotated photographs: COCO, YOLO, Pascal VOC, masks.",
    "static": "Make triples from the frames of a fixed camera.",
    "inspect": "Look at a data set: counts, and some of its triples on a page or a sheet.",
    "stats": "Measure a data set: counts, sizes and places, as a page with charts.",
    "verify": "Check every file and triple of a data set.",
    "split": "Split a data set by group, for example into train, val and test.",
    "merge": "Merge data sets, or convert one between tar shards and a folder of pictures.",
}


def _build_app() -> App:
    app = App(
        name="situate",
        help="Put an object into a picture where it belongs, at the right size, in its light and with a shadow.",
        version=__version__,
        help_format="markdown",
        suppress_keyboard_interrupt=False,
        # A flag is off unless it is given: no --no-flag beside each of them.
        default_parameter=Parameter(negative=()),
    )
    data = App(name="data", help="Make and look at training data.")
    # By import string: a command's module is imported only when that command is called or asked for its help.
    for name, line in COMMANDS.items():
        app.command(f"situate.cli.{name}:{name}", name=name, help=line)
    for name, line in DATA_COMMANDS.items():
        data.command(f"situate.cli.data_{name}:{name}", name=name, help=line)
    app.command(data)
    return app


app = _build_app()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: Words after the program's name; None takes them from the process.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(words)
        sys.stdout.flush()
    except (SituateError, CycloptsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Python flushes stdout once more when it ends; give it something that takes the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except OSError as error:
        if error.errno not in _PLAIN_ERRORS:
            raise
        name = "" if error.filename is None else f"{error.filename}: "
        print(f"error: {name}{error.strerror}; {_PLAIN_ERRORS[error.errno]}", file=sys.stderr)
        return EXIT_ERROR
    return code


def _run(words: list[str]) -> int:
    _show_own_docstring(words)
    result = app(words, result_action="return_value", exit_on_error=False, print_error=False)
    return result if isinstance(result, int) else EXIT_OK


def _show_own_docstring(words: list[str]) -> None:
    """Let a command's own help page show its docstring; the line above is for the list of commands."""
    # Without flags: --help counts as a command of its own.
    _, apps, _ = app.parse_commands([word for word in words if not word.startswith("-")])
    command = apps[-1].default_command
    if command is not None and command.__doc__:
        apps[-1].help = command.__doc__
