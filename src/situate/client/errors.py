"""What a service says when it does not do what it was asked."""

from situate.errors import SituateError


class ServiceError(SituateError):
    """A service has refused, or cannot be reached."""

    def __init__(
        self, message: str, status: int = 0, kind: str = "unreachable", retry_after_s: int | None = None
    ) -> None:
        """Tell what happened.

        Args:
            message: What is wrong, and what helps.
            status: Of the answer (429 too busy, 504 too late, 401 no token, ...); 0 if there was none.
            kind: The same as a word.
            retry_after_s: When to ask again, if the service has said so.
        """
        super().__init__(message)
        self.status, self.kind, self.retry_after_s = status, kind, retry_after_s
        self._origin = (message, status, kind, retry_after_s)

    def __reduce__(self) -> tuple[type, tuple[str, int, str, int | None]]:
        """Let a worker process send the error to the one that waits for it."""
        return type(self), self._origin
