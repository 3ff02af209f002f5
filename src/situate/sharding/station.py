"""What happens inside a worker, the same in every engine: the outcome of a call, good or bad, is sent home."""

import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from situate.errors import SituateError


@dataclass(frozen=True)
class Outcome:
    """What a call gave: a value, or the error that it raised."""

    value: Any = None
    error: Exception | None = None


def outcome_of(call: Callable[..., Any], *arguments: Any) -> Outcome:
    """Call; an error is caught, for the one who waits for the value.

    What is no `Exception` (`SystemExit`) passes: it ends the worker.
    """
    try:
        return Outcome(call(*arguments))
    except Exception as error:  # noqa: BLE001 - nothing is hidden: it is raised again at home
        return Outcome(error=_portable(error))


def _portable(error: Exception) -> Exception:
    """Return `error` so that it can be pickled; what situate did not foresee keeps its trace as a note."""
    trace = "".join(traceback.format_exception(error))
    if not isinstance(error, SituateError):
        error.add_note(f"in a worker:\n{trace}")
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled on this line
    except Exception:  # noqa: BLE001 - a class that is not ours fails as it likes
        return RuntimeError(f"a worker failed:\n{trace}")
    return error
