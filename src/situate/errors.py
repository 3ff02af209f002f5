"""Every error that situate raises on purpose.

    SituateError
    ├── InputError (also ValueError)     the caller's picture, box or option cannot be used
    │   ├── ImageError                   cannot be decoded; too large; wrong channels
    │   ├── AlphaError                   empty, or covers nothing
    │   └── PlacementError               the constraints leave no place
    ├── DataError                        a data set file is broken: names file, line or id
    ├── OutputError (also OSError)       a result cannot be written: no permission, no folder, disk full
    ├── ConfigError (also ValueError)    all problems of a config at once
    ├── ModelFileError                   weights and config do not belong together
    ├── MissingExtraError                an optional library is not installed: names the extra
    └── NonFiniteLossError               step, terms and seed, so that it can be replayed

A message gives the value, the limit and the remedy.
"""


class SituateError(Exception):
    """Base of every error that situate raises on purpose."""


class InputError(SituateError, ValueError):
    """The caller's picture, box or option cannot be used."""


class ImageError(InputError):
    """A picture cannot be decoded, is too large, or has the wrong channels."""


class AlphaError(InputError):
    """A foreground has no transparency, or covers nothing."""


class PlacementError(InputError):
    """The constraints leave no place for the object."""


class DataError(SituateError):
    """A data set file is broken; the message names the file, line or id."""


class OutputError(SituateError, OSError):
    """A result cannot be written."""


class ConfigError(SituateError, ValueError):
    """A configuration is wrong; the message lists all problems at once."""


class ModelFileError(SituateError):
    """Weights and configuration do not belong together, or are damaged."""


class MissingExtraError(SituateError):
    """An optional library is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        """Name the `library` that is missing and the `extra` that brings it."""
        super().__init__(f"{library} is not installed; install it with: pip install 'situate[{extra}]'")
        self._origin = (library, extra)

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Let a worker process send the error to the one that waits for it."""
        return type(self), self._origin


class NonFiniteLossError(SituateError):
    """The training loss became NaN or infinite."""
