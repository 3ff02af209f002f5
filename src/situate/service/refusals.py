"""Why the service does not do what it is asked, besides what the library itself refuses."""

from situate.errors import ImageError, SituateError


class BusyError(SituateError):
    """There is no room for another request."""

    def __init__(self, waiting: int, retry_after_s: int) -> None:
        """Say how many wait, and when to come back."""
        super().__init__(f"{waiting} requests wait already, which is the limit; try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class UnavailableError(SituateError):
    """The service does not answer yet, or no longer."""


class MissingError(SituateError):
    """There is nothing of that name."""


class FormatError(ImageError):
    """An upload is no file that can be read."""
