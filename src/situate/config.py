"""Overriding single fields of a configuration by dotted names."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from situate.errors import ConfigError
from situate.training.config import RunConfig, problems_of


def with_overrides(config: RunConfig, assignments: Sequence[str]) -> RunConfig:
    """Return the configuration with `optim.learning_rate=0.001` and the like applied.

    Raises:
        ConfigError: Naming every assignment that is not `name=value`, every unknown field and every wrong value.
    """
    malformed = [text for text in assignments if "=" not in text]
    if malformed:
        raise ConfigError(f"not of the form name=value: {', '.join(malformed)}; for example batch_size=8")
    values = config.model_dump()
    for text in assignments:
        name, _, value = text.partition("=")
        _assign(values, name.strip(), _parsed(value.strip()))
    return validated(values)


def validated(values: Mapping[str, Any]) -> RunConfig:
    """Build a configuration, all problems in one message."""
    try:
        return RunConfig.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigError(problems_of(error)) from error


def _assign(values: dict[str, Any], name: str, value: Any) -> None:
    *path, last = name.split(".")
    here: Any = values
    for part in path:
        here = here.get(part) if isinstance(here, dict) else None
    if not isinstance(here, dict) or last not in here:
        raise ConfigError(f"there is no field {name!r}; the fields are those of config.json in a run folder")
    here[last] = value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
