"""The boxes that stand in for models."""

from tests.data.scenes.conftest import assets, cast

__all__ = ["assets", "cast"]
