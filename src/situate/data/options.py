"""What the options of all data sets share."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from situate.errors import ConfigError

Options = TypeVar("Options", bound="DataOptions")


class DataOptions(BaseModel):
    """Frozen options that know no other names than their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def checked(cls: type[Options], **choices: Any) -> Options:
        """Return the options with these `choices`.

        Raises:
            ConfigError: Listing everything that is wrong with them.
        """
        try:
            return cls(**choices)
        except ValidationError as error:
            raise ConfigError("; ".join(_described(problem) for problem in error.errors())) from error


def _described(problem: Mapping[str, Any]) -> str:
    """One problem in words; what is wrong with several options together says itself which."""
    message = problem["msg"].removeprefix("Value error, ")
    name = ".".join(map(str, problem["loc"]))
    return f"{name} is {problem['input']!r}: {message}" if name else message
