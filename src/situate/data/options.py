"""What the options of all data sets share."""

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
            problems = [
                f"{'.'.join(map(str, problem['loc'])) or 'config'} is {problem['input']!r}: {problem['msg']}"
                for problem in error.errors()
            ]
            raise ConfigError("; ".join(problems)) from error
