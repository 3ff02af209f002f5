"""A data set, cut-outs and a model for all tests of augmenting."""

from pathlib import Path

import pytest
from tests.augment.made import write_cutouts, write_data_set
from tests.pipeline.models import publish_untrained


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was never trained: its places are anywhere, it has no score."""
    return publish_untrained(tmp_path_factory.mktemp("models") / "model")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("data") / "set")


@pytest.fixture(scope="session")
def cutouts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cutouts(tmp_path_factory.mktemp("objects") / "cutouts")
