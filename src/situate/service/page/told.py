"""Errors on the page: what is wrong and what helps, never a traceback."""

import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import gradio as gr

from situate.errors import SituateError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
_logger = logging.getLogger(__name__)


def telling(act: Callable[Arguments, Awaitable[Result]]) -> Callable[Arguments, Awaitable[Result]]:
    """Show what an action raises."""

    @wraps(act)
    async def told(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return await act(*args, **kwargs)
        except SituateError as error:
            raise problem(str(error)) from None
        except TimeoutError:
            raise problem("it has taken too long; try a smaller picture, or later") from None
        except gr.Error:
            raise
        except Exception:
            _logger.exception("%s has failed", act.__name__)
            raise problem("something went wrong here; it is in the log of the service") from None

    return told


def problem(message: str) -> gr.Error:
    """Return what shows a message until somebody closes it."""
    return gr.Error(message, title="That did not work", duration=None, print_exception=False)
